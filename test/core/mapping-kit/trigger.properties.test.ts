// Random triggers. What Segment's app writes (generateFql) must mean what its tree means; mixed conditions must mean
// what brackets around every pair would.
import {
  type Condition,
  generateFql,
  type Subscription,
  validate,
} from '@segment/destination-subscriptions'
import fc from 'fast-check'
import { compileTrigger } from '../../../core/mapping-kit/compile-trigger.ts'

const RUNS = { seed: 20_261_122, numRuns: 2_000 }

// Without quotes, backslashes and the characters of patterns, which the app's form refuses or the original misreads.
const text = fc.oneof(
  fc.constantFrom(
    'track',
    'Order Completed',
    'Order',
    '',
    ' ',
    'true',
    'null',
    '5',
    "it's",
    'ключ',
    'and',
    '(',
  ),
  fc.string({ maxLength: 6 }).filter((found) => !/["\\*?[\]]/.test(found)),
)
const number = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(0.5, -1.25, 129.95))
const name = fc.constantFrom(
  'a',
  'b',
  'a.b',
  'sku name',
  'x-y',
  '_z',
  'list.length',
  'ключ',
  'and',
  'null',
)

const onText = fc.record({
  operator: fc.constantFrom(
    '=',
    '!=',
    'contains',
    'not_contains',
    'starts_with',
    'not_starts_with',
    'ends_with',
    'not_ends_with',
  ),
  value: text,
})
const onNumber = fc.record({
  operator: fc.constantFrom('<', '<=', '>', '>=', 'number_equals', 'number_not_equals'),
  value: number,
})
const onPresence = fc.record({ operator: fc.constantFrom('exists', 'not_exists') })
const onFlag = fc.record({ operator: fc.constantFrom('is_true', 'is_false') })

const leaf = fc
  .oneof(
    fc.tuple(
      fc.record({ type: fc.constantFrom('event-property', 'event-trait', 'event-context'), name }),
      fc.oneof(onText, onNumber, onPresence, onFlag),
    ),
    fc.tuple(fc.record({ type: fc.constantFrom('event', 'name', 'userId') }), onText),
    fc.tuple(fc.record({ type: fc.constantFrom('name', 'userId') }), onPresence),
    fc.tuple(
      fc.record({ type: fc.constant('event-type') }),
      fc.record({ operator: fc.constantFrom('=', '!='), value: text }),
    ),
  )
  .map(([place, test]) => ({ ...place, ...test }) as Condition)

const group = fc.letrec<{ group: Condition }>((tie) => ({
  group: fc
    .record({
      type: fc.constant('group' as const),
      operator: fc.constantFrom('and' as const, 'or' as const),
      children: fc.array(fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie('group')), {
        minLength: 1,
        maxLength: 3,
      }),
    })
    .map((found) => found as Condition),
})).group

const value = fc.oneof(text, number, fc.constantFrom(null, true, false, undefined))
const bag = fc.record(
  {
    // Below false, 0 and '' the original finds them again: differences.test.ts.
    a: fc.oneof(
      value.filter((found) => found == null || Boolean(found)),
      fc.record({ b: value }),
    ),
    b: value,
    'sku name': value,
    'x-y': value,
    _z: value,
    ключ: value,
    and: value,
    null: value,
    list: fc.array(value, { maxLength: 3 }),
  },
  { requiredKeys: [] },
)
const anyEvent = fc.record(
  {
    type: text,
    event: text,
    name: value,
    userId: value,
    properties: bag,
    traits: bag,
    context: bag,
  },
  { requiredKeys: [] },
)

describe('compileTrigger()', () => {
  test('means what the app’s tree means', () => {
    let met = 0
    fc.assert(
      fc.property(group, fc.array(anyEvent, { minLength: 3, maxLength: 6 }), (tree, events) => {
        const fql = generateFql(tree as Subscription)
        const isMet = compileTrigger(fql)
        for (const event of events) {
          const wanted = validate(tree as Subscription, event)
          if (wanted) met++
          if (isMet(event as never) !== wanted)
            expect([fql, isMet(event as never)]).toEqual([fql, wanted])
        }
      }),
      RUNS,
    )
    expect(met).toBeGreaterThan(RUNS.numRuns)
  })

  test('gives "and" precedence over "or", however deep', () => {
    fc.assert(
      fc.property(
        formula,
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        (tree, flags) => {
          const properties = Object.fromEntries(flags.map((flag, at) => [`f${at}`, flag]))
          expect(compileTrigger(written(tree, 0))({ properties })).toBe(truth(tree, flags))
        },
      ),
      RUNS,
    )
  })

  test('refuses or evaluates any text, and never fails otherwise', () => {
    const piece = fc.constantFrom(
      'type',
      'event',
      '=',
      '!=',
      '"x"',
      "'y'",
      '(',
      ')',
      '[',
      ']',
      ',',
      '!',
      'and',
      'or',
      'in',
      'match',
      '"*["',
      '\\',
      '.',
      '-',
      '5',
      'null',
      'true',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), anyEvent, (pieces, event) => {
        let isMet: ReturnType<typeof compileTrigger>
        try {
          isMet = compileTrigger(pieces.join(' '))
        } catch (error) {
          expect(error).toMatchObject({ code: 'MAPPING_INVALID' })
          return
        }
        expect(typeof isMet(event as never)).toBe('boolean')
      }),
      RUNS,
    )
  })
})

type Formula =
  | { readonly kind: 'flag'; readonly at: number }
  | { readonly kind: 'not'; readonly inner: Formula }
  | { readonly kind: 'and' | 'or'; readonly children: readonly Formula[] }

const formula = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.nat(3).map((at): Formula => ({ kind: 'flag', at })),
    tie('formula').map((inner): Formula => ({ kind: 'not', inner })),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('formula'), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, children]): Formula => ({ kind, children })),
  ),
})).formula

// With as few brackets as precedence allows: 0 inside "or", 1 inside "and".
function written(tree: Formula, level: number): string {
  if (tree.kind === 'flag') return `properties.f${tree.at} = true`
  if (tree.kind === 'not') return `!(${written(tree.inner, 0)})`
  const inner = tree.kind === 'and' ? 1 : 0
  const text = tree.children.map((child) => written(child, inner)).join(` ${tree.kind} `)
  return inner < level ? `(${text})` : text
}

function truth(tree: Formula, flags: readonly boolean[]): boolean {
  if (tree.kind === 'flag') return flags[tree.at] === true
  if (tree.kind === 'not') return !truth(tree.inner, flags)
  const answers = tree.children.map((child) => truth(child, flags))
  return tree.kind === 'and' ? answers.every(Boolean) : answers.some(Boolean)
}
