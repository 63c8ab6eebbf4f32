// Every directive by example: mapping, event, result. Each result is also what `transform` gives.
// biome-ignore-all lint/suspicious/noThenProperty: the directive's own word
import { compileMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { theirs } from './oracle.ts'

const path = (place: string) => ({ '@path': place })

const event = {
  type: 'track',
  event: 'Order Completed',
  userId: 'cust_1',
  properties: {
    order_id: 'ORD-1',
    revenue: 129.95,
    coupon: '',
    discount: 0,
    gift: false,
    note: null,
    currency: 'eur',
    phone: '+49 151-234_567',
    payload: '{"a":[1,2]}',
    products: [
      { 'sku name': 'SKU-481', product_id: 'p1', quantity: 1 },
      { 'sku name': 'SKU-812', product_id: 'p2' },
    ],
    address: { city: 'Berlin', geo: { lat: 52.5, tags: ['a', 'b'] }, zip: null },
  },
  traits: { first: 'Ada', email: 'ada@example.com' },
}

const cases: readonly { name: string; mapping: Record<string, unknown>; out: unknown }[] = [
  { name: '@path with $.', mapping: { v: path('$.properties.order_id') }, out: { v: 'ORD-1' } },
  { name: '@path without $.', mapping: { v: path('userId') }, out: { v: 'cust_1' } },
  {
    name: '@path with brackets and a quoted name',
    mapping: { v: path("$.properties.products[0]['sku name']") },
    out: { v: 'SKU-481' },
  },
  { name: '@path to nothing', mapping: { v: path('$.properties.no.such') }, out: {} },
  { name: '@path to null', mapping: { v: path('$.properties.note') }, out: { v: null } },
  {
    name: '@path stops at what is false',
    mapping: { a: path('$.properties.gift.x'), b: path('$.properties.coupon.x.y') },
    out: { a: false, b: '' },
  },
  {
    name: '@path to the length of a list',
    mapping: { v: path('$.properties.products.length') },
    out: { v: 2 },
  },
  {
    name: '@path whose path is in the event',
    mapping: { v: { '@path': { '@template': '$.traits.{{no}}email' } } },
    out: { v: 'ada@example.com' },
  },
  { name: '$. is the whole event', mapping: { v: path('$.') }, out: { v: event } },
  {
    name: '@template with two and three braces',
    mapping: {
      v: { '@template': 'Hi {{traits.first}} {{{userId}}}{{no}}, {{properties.address}}' },
    },
    out: { v: 'Hi Ada cust_1, [object Object]' },
  },
  {
    name: '@template with a list',
    mapping: { v: { '@template': '{{properties.address.geo.tags}}' } },
    out: { v: 'a,b' },
  },
  {
    name: '@literal',
    mapping: { v: { '@literal': true }, w: { '@literal': '' } },
    out: { v: true, w: '' },
  },
  {
    name: '@literal follows directives inside',
    mapping: { v: { '@literal': { a: path('$.userId') } } },
    out: { v: { a: 'cust_1' } },
  },
  {
    name: '@if exists takes what is empty but there',
    mapping: {
      a: { '@if': { exists: path('$.properties.coupon'), then: 1, else: 2 } },
      b: { '@if': { exists: path('$.properties.note'), then: 1, else: 2 } },
      c: { '@if': { exists: path('$.no'), then: 1 } },
    },
    out: { a: 1, b: 2 },
  },
  {
    name: '@if exists, then the same place',
    mapping: {
      a: { '@if': { exists: path('$.traits.email'), then: path('$.traits.email'), else: 'none' } },
      b: {
        '@if': { exists: path('$.properties.note'), then: path('$.properties.note'), else: 'none' },
      },
      c: {
        '@if': {
          exists: path('$.properties.discount'),
          then: path('$.properties.discount'),
          else: 1,
        },
      },
    },
    out: { a: 'ada@example.com', b: 'none', c: 0 },
  },
  {
    name: '@if blank: 0, false and empty lists are blank',
    mapping: Object.fromEntries(
      ['discount', 'gift', 'coupon', 'note', 'no', 'order_id', 'address'].map((name) => [
        name,
        { '@if': { blank: path(`$.properties.${name}`), then: 'full', else: 'blank' } },
      ]),
    ),
    out: {
      ...{ discount: 'blank', gift: 'blank', coupon: 'blank', note: 'blank', no: 'blank' },
      ...{ order_id: 'full', address: 'full' },
    },
  },
  {
    name: '@if without then, or with a false else',
    mapping: {
      a: { '@if': { exists: path('$.userId'), else: 'x' } },
      b: { '@if': { exists: path('$.no'), then: 1, else: 0 } },
      c: { '@if': { exists: path('$.userId'), then: 0 } },
    },
    out: { c: 0 },
  },
  {
    name: '@case',
    mapping: {
      a: { '@case': { operator: 'upper', value: path('$.properties.currency') } },
      b: { '@case': { operator: 'lower', value: path('$.properties.revenue') } },
      c: { '@case': { operator: 'lower' } },
    },
    out: { a: 'EUR', b: 129.95 },
  },
  {
    name: '@replace',
    mapping: {
      a: {
        '@replace': {
          pattern: '-',
          replacement: '',
          pattern2: '_',
          value: path('$.properties.phone'),
        },
      },
      b: {
        '@replace': {
          pattern: 'O',
          ignorecase: true,
          global: false,
          replacement: '0',
          value: 'foo',
        },
      },
      c: { '@replace': { pattern: '.', replacement: ',', value: path('$.properties.revenue') } },
      d: { '@replace': { pattern: 'a', value: path('$.properties.address') } },
      e: { '@replace': { pattern: 'b', replacement: '[$&]', value: 'abc' } },
    },
    out: { a: '+49 151234567', b: 'f0o', c: '129,95', d: '', e: 'a[b]c' },
  },
  {
    name: '@arrayPath with a shape',
    mapping: {
      v: {
        '@arrayPath': [
          '$.properties.products',
          { id: path('$.product_id'), qty: path('$.quantity') },
        ],
      },
    },
    out: { v: [{ id: 'p1', qty: 1 }, { id: 'p2' }] },
  },
  {
    name: '@arrayPath with a directive as shape, an object as list, nothing, and no shape',
    mapping: {
      a: { '@arrayPath': ['$.properties.products', path('$.product_id')] },
      b: { '@arrayPath': ['$.properties.address', { city: path('$.city') }] },
      c: { '@arrayPath': ['$.no', { city: path('$.city') }] },
      d: { '@arrayPath': [path('$.properties.address.geo.tags')] },
      e: { '@arrayPath': ['$.userId', { city: path('$.city') }] },
    },
    out: { a: ['p1', 'p2'], b: [{ city: 'Berlin' }], d: ['a', 'b'], e: 'cust_1' },
  },
  {
    name: '@flatten',
    mapping: {
      a: { '@flatten': { value: path('$.properties.address'), separator: '.' } },
      b: { '@flatten': { value: path('$.properties.address'), separator: '_', omitArrays: true } },
      c: { '@flatten': { value: path('$.userId'), separator: '.' } },
    },
    out: {
      a: { city: 'Berlin', 'geo.lat': 52.5, 'geo.tags.0': 'a', 'geo.tags.1': 'b', zip: null },
      b: { city: 'Berlin', geo_lat: 52.5, geo_tags: ['a', 'b'], zip: null },
      c: { '': 'cust_1' },
    },
  },
  {
    name: '@json',
    mapping: {
      a: { '@json': { mode: 'encode', value: path('$.traits') } },
      b: { '@json': { mode: 'decode', value: path('$.properties.payload') } },
      c: { '@json': { mode: 'decode', value: path('$.userId') } },
      d: { '@json': { mode: 'encode', value: path('$.no') } },
    },
    out: { a: '{"first":"Ada","email":"ada@example.com"}', b: { a: [1, 2] }, c: 'cust_1' },
  },
  {
    name: '@merge: what is missing on the winning side still wins',
    mapping: {
      right: {
        '@merge': {
          direction: 'right',
          objects: [path('$.traits'), { first: 'B', email: path('$.no') }],
        },
      },
      left: { '@merge': { direction: 'left', objects: [path('$.traits'), { first: 'B', x: 1 }] } },
      text: {
        '@merge': { direction: 'right', objects: [path('$.no'), path('$.properties.currency')] },
      },
    },
    out: {
      right: { first: 'B' },
      left: { first: 'Ada', x: 1, email: 'ada@example.com' },
      text: { 0: 'e', 1: 'u', 2: 'r' },
    },
  },
  {
    name: '@transform',
    mapping: {
      v: {
        '@transform': {
          apply: { t: path('$.traits') },
          mapping: { e: path('$.t.email'), u: path('$.userId') },
        },
      },
    },
    out: { v: { e: 'ada@example.com' } },
  },
  {
    name: '@transform of what is missing goes on with an empty object',
    mapping: {
      a: { '@transform': { apply: path('$.no'), mapping: { '@template': '{{ . }}' } } },
      b: {
        '@transform': {
          apply: path('$.no'),
          mapping: { '@transform': { apply: { x: 1 }, mapping: path('$.x') } },
        },
      },
    },
    out: { a: '[object Object]', b: 1 },
  },
  {
    name: '@excludeWhenNull, deep in objects but not in lists',
    mapping: {
      a: { '@excludeWhenNull': path('$.properties.note') },
      b: { '@excludeWhenNull': path('$.properties.address') },
      c: { '@excludeWhenNull': [null, { x: null }] },
    },
    out: {
      b: { city: 'Berlin', geo: { lat: 52.5, tags: ['a', 'b'] } },
      c: [null, { x: null }],
    },
  },
  {
    name: 'root directive: the other fields are its mapping',
    mapping: {
      __segment_internal_directive: { '@transform': { apply: { t: path('$.traits') } } },
      e: path('$.t.email'),
    },
    out: { e: 'ada@example.com' },
  },
  {
    name: 'root directive @merge with a mapping it does not use',
    mapping: {
      __segment_internal_directive: {
        '@merge': { direction: 'right', objects: [path('$.traits')] },
      },
      e: 1,
    },
    out: { first: 'Ada', email: 'ada@example.com' },
  },
  {
    name: '_metadata beside a directive, and alone',
    mapping: { a: { ...path('$.userId'), _metadata: { by: 'x' } }, b: { _metadata: { by: 'x' } } },
    out: { a: 'cust_1', b: { _metadata: { by: 'x' } } },
  },
  {
    name: 'lists, nested objects and plain values',
    mapping: {
      a: [path('$.userId'), { b: path('$.no') }, path('$.no'), 1],
      c: { d: { e: null } },
      f: 0,
    },
    out: { a: ['cust_1', {}, undefined, 1], c: { d: { e: null } }, f: 0 },
  },
  { name: 'a directive for the whole mapping', mapping: path('$.traits'), out: event.traits },
]

describe('compileMapping()', () => {
  test.each(cases)('$name', ({ mapping, out }) => {
    expect(compileMapping(mapping as never)(event)).toEqual(out)
    expect({ value: JSON.stringify(compileMapping(mapping as never)(event)) }).toEqual(
      JSON.parse(JSON.stringify(theirs(mapping, event)).replaceAll('\\"‹undefined›\\"', 'null')),
    )
  })

  test('a field is left out where it is missing, and the next event is not affected', () => {
    const map = compileMapping({ a: path('$.a'), b: path('$.b') })
    expect([map({ a: 1, b: 2 }), map({}), map({ b: null })]).toEqual([
      { a: 1, b: 2 },
      {},
      { b: null },
    ])
  })

  test('a path that the event makes no text is an error at that event', () => {
    const map = compileMapping({ v: { '@path': path('$.properties.place') } })
    expect(map({ properties: { place: '$.userId' }, userId: 'u' })).toEqual({ v: 'u' })
    expect(() => map({ properties: { place: 5 } })).toThrow(
      expect.objectContaining({
        code: 'MAPPING_INVALID',
        message: expect.stringContaining('v.@path wants text, got a number'),
      }),
    )
  })

  test('what is no event is a mistake of the caller', () => {
    const map = compileMapping({ v: 1 })
    for (const event of [null, undefined, 'x', []])
      expect(() => map(event as never)).toThrow(TypeError)
  })

  test('patterns that would take regular expressions for ever are plain text', () => {
    const map = compileMapping({ v: { '@replace': { pattern: '(a+)+$', value: path('$.t') } } })
    expect(map({ t: `${'a'.repeat(50_000)}!(a+)+$` })).toEqual({ v: `${'a'.repeat(50_000)}!` })
  })
})
