// Every row of docs/mapping-compiler.md: what the published packages do, and what we do instead. Where a package
// changes its mind, the row fails and can go.
// biome-ignore-all lint/suspicious/noThenProperty: the directive's own word
import { transform } from '@segment/actions-core'
import { Liquid } from 'liquidjs'
import { compileMapping, validateMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { compileTrigger } from '../../../core/mapping-kit/compile-trigger.ts'
import { createLiquidCompiler } from '../../../core/mapping-kit/liquid.ts'
import { ours, theirs, theirTrigger } from './oracle.ts'

const path = (place: string) => ({ '@path': place })
const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>

const valueRows: readonly {
  name: string
  mapping: Record<string, unknown>
  event: Record<string, unknown>
  their: unknown
  our: unknown
}[] = [
  {
    name: 'what is only inherited cannot be read',
    mapping: { a: path('$.properties.__proto__'), b: path('$.properties.toString.name') },
    event: { properties: {} },
    their: '{"a":{},"b":"toString"}',
    our: '{}',
  },
  {
    name: 'a key __proto__ does not become a prototype',
    mapping: {
      v: { '@transform': { apply: path('$.properties'), mapping: { admin: path('$.admin') } } },
    },
    event: parsed('{"properties":{"__proto__":{"admin":true}}}'),
    their: '{"v":{"admin":true}}',
    our: '{"v":{}}',
  },
  {
    name: 'what a value holds is no placeholder',
    mapping: { v: { '@template': '{{{properties.note}}}' } },
    event: { properties: { note: '{{userId}}' }, userId: 'secret' },
    their: '{"v":"secret"}',
    our: '{"v":"{{userId}}"}',
  },
]

const throwRows = [
  {
    name: 'an object with a toString of its own in a template',
    mapping: { v: { '@template': '{{properties.o}}' } },
    our: '{"v":"[object Object]"}',
  },
  {
    name: 'an object with a toString of its own in @if blank',
    mapping: { v: { '@if': { blank: path('$.properties.o'), then: 1, else: 2 } } },
    our: '{"v":1}',
  },
]

// The original maps these events, by leaving the fault out of account.
const refusedRows: readonly { name: string; value: unknown; their: string; says: string }[] = [
  {
    name: '@merge direction in capitals works as "right"',
    value: { '@merge': { direction: 'LEFT', objects: [{ a: 1 }, { a: 2 }] } },
    their: '{"v":{"a":2}}',
    says: 'want "left" or "right", got "LEFT"',
  },
  {
    name: '@json mode in capitals gives nothing',
    value: { '@json': { mode: 'Encode', value: { a: 1 } } },
    their: '{}',
    says: 'want "encode" or "decode", got "Encode"',
  },
  {
    name: '@replace pattern2 that is no text is skipped',
    value: { '@replace': { pattern: 'a', pattern2: 5, value: 'a5' } },
    their: '{"v":"5"}',
    says: 'want text, got a number',
  },
  {
    name: '@case with an unknown operator passes what is no text',
    value: { '@case': { operator: 'title', value: path('$.properties.n') } },
    their: '{"v":5}',
    says: 'want "lower" or "upper", got "title"',
  },
  {
    name: 'a directive with another key, in a list, is taken for an object',
    value: [{ '@path': '$.userId', b: 1 }],
    their: '{"v":[{"@path":"$.userId","b":1}]}',
    says: '"b" stands beside "@path"',
  },
  {
    name: 'two directives in a list: the first counts',
    value: [{ '@path': '$.userId', '@literal': 1 }],
    their: '{"v":["u"]}',
    says: '"@literal" stands beside "@path"',
  },
  {
    name: 'a fault in a list in a branch that is not taken',
    value: { '@if': { exists: path('$.userId'), then: 1, else: [{ '@nope': 1 }] } },
    their: '{"v":1}',
    says: '"@nope" is no directive',
  },
  {
    name: 'a placeholder inside a placeholder',
    value: { '@template': '{{ {{{properties.which}}} }}' },
    their: '{"v":"u"}',
    says: 'a placeholder inside a placeholder',
  },
  {
    name: 'a date of JavaScript',
    value: new Date(0),
    their: '{"v":"1970-01-01T00:00:00.000Z"}',
    says: 'write a date as text',
  },
  {
    name: 'a field called __proto__ vanishes',
    value: parsed('{"__proto__":1,"a":2}'),
    their: '{"v":{"a":2}}',
    says: '"__proto__" is no name',
  },
]

describe('compileMapping() differs from transform()', () => {
  test.each(valueRows)('$name', ({ mapping, event, their, our }) => {
    expect(theirs(mapping, event)).toEqual({ value: their })
    expect(ours(mapping, event)).toEqual({ value: our })
  })

  test.each(throwRows)('$name is no error', ({ mapping, our }) => {
    const event = { properties: { o: { toString: 'x', valueOf: 'y' } } }
    expect(theirs(mapping, event)).toEqual({ threw: 'Cannot convert object to primitive value' })
    expect(ours(mapping, event)).toEqual({ value: our })
  })

  test.each(refusedRows)('refused: $name', ({ value, their, says }) => {
    const event = { userId: 'u', properties: { n: 5, which: 'userId' } }
    expect(theirs({ v: value }, event)).toEqual({ value: their })
    expect(validateMapping({ v: value })).toEqual([
      expect.objectContaining({ message: expect.stringContaining(says) }),
    ])
  })

  test('refused: a root directive that is a list of one', () => {
    const mapping = { __segment_internal_directive: [{ '@path': '$.userId' }], a: 1 }
    expect(theirs(mapping, { userId: 'u' })).toHaveProperty('value')
    expect(validateMapping(mapping)).toHaveLength(1)
  })

  test('mappings are not written to', () => {
    const create = (): Record<string, unknown> => ({
      __segment_internal_directive: { '@transform': { apply: {} } },
      v: { '@replace': { pattern: 'a', value: 'a' } },
    })
    const [their, our] = [create(), create()]
    transform(their as never, {})
    compileMapping(our as never)({})
    expect(their).not.toEqual(create())
    expect(our).toEqual(create())
  })

  test('Liquid: an unknown filter is refused, and counting does not write to the event', () => {
    const liquid = createLiquidCompiler(Liquid)
    const misspelt = { v: { '@liquid': '{{ userId | upcaes }}' } }
    expect(theirs(misspelt, { userId: 'u' })).toEqual({ value: '{"v":"u"}' })
    expect(validateMapping(misspelt, { liquid })).toHaveLength(1)

    const counting = { v: { '@liquid': '{% increment n %}' } }
    const [their, our] = [{}, {}]
    theirs(counting, their)
    ours(counting, our, { liquid })
    expect([their, our]).toEqual([{ n: 1 }, {}])
  })
})

const event = {
  type: 'track',
  event: 'Order Completed',
  userId: 'u',
  properties: {
    gift: true,
    off: false,
    list: ['a'],
    a: { b: 1 },
    quote: 'say "hi"',
    user: 'u',
    n: 5,
  },
  traits: { plan: 'pro' },
}

describe('compileTrigger() differs from destination-subscriptions', () => {
  test.each([
    ['"and" binds before "or"', 'type = "x" and userId = "u" or event = "y"', true, false],
    ['single quotes', "event = 'Order Completed'", false, true],
    ['an escaped quote', 'properties.quote = "say \\"hi\\""', false, true],
    ['!( … )', '!(type = "track")', true, false],
    ['in [ … ]', 'type in ["track"]', false, true],
    ['==', 'type == "track"', false, true],
    ['brackets in brackets', '((type = "track"))', false, true],
    ['no space before an operator', 'properties.n<6', false, true],
    ['a condition it does not know', 'type = "track" and messageId = "m"', true, false],
    ['a path on the right', 'userId = properties.user', false, true],
    ['a whole section', 'traits != null', false, true],
    ['!= true', 'properties.gift != true', true, false],
    ['!= false', 'properties.off != false', true, false],
    ['below what is false', 'properties.off.x = false', true, false],
    ['inherited names', 'properties.constructor != null', true, false],
    ['below type, event, name, userId', 'event.x = "Order Completed"', true, false],
    ['a dot in a name', 'properties.a\\.b = 1', true, false],
    ['a bracket in a name', 'properties.list\\[0\\] = "a"', true, false],
    ['match() of the whole text', 'match(event, "Xompleted")', true, false],
    ['match() with two stars', 'match(event, "*Comp*")', false, true],
    ['match() with ? and [ ]', 'match(event, "Order ?*")', false, true],
    ['a function compared with false', 'contains(event, "Order") = false', true, false],
  ])('%s: %s', (_name, fql, their, our) => {
    expect(theirTrigger(fql)(event)).toBe(their)
    expect(compileTrigger(fql)(event)).toBe(our)
  })

  test('null for type and event', () => {
    for (const fql of ['event = null', 'type = null']) {
      expect([theirTrigger(fql)({}), compileTrigger(fql)({})]).toEqual([false, true])
    }
  })

  test.each([
    ['"OR" in capitals counts as "and"', 'type = "track" OR type = "page"', false],
    ['"not" is skipped', 'not type = "track"', true],
    ['"!" before a comparison is skipped', '!type = "track"', true],
    ['a word without quotes is text', 'type = track', true],
    ['a number for a text field is text', 'userId = 5', false],
    ['no operator between conditions is "and"', 'type = "track" event = "x"', false],
    ['what is missing at the end is skipped', 'type = "track" and', true],
    ['a closing bracket too many is skipped', 'type = "track")', true],
    ['an exponent is cut off', 'properties.n = 5e9', true],
    ['order by text is never met', 'properties.n > "x"', false],
    ['a text ending in a backslash', 'event = "x\\"', false],
  ])('refused: %s: %s', (_name, fql, their) => {
    expect(theirTrigger(fql)(event)).toBe(their)
    expect(() => compileTrigger(fql)).toThrow(expect.objectContaining({ code: 'MAPPING_INVALID' }))
  })
})
