// What must hold for any JSON object at all, mapped or not: generated messages, the same ones at every run.
import fc from 'fast-check'
import { canonicalise } from '../../core/canonicalise.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { anyText } from '../support/any-text.ts'
import { table } from './support/table.ts'

// Text with what breaks parsers: lone surrogates, NUL, names that mean something to JavaScript, long runs.
const text = fc.oneof(
  { weight: 20, arbitrary: anyText({ maxLength: 20 }) },
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\0',
      '\ud800',
      '\udc00x',
      '__proto__',
      'constructor',
      'toString',
      'true',
      '1,299',
      '$5',
      '{}',
      '[',
      '2026-02-30',
      'NaN',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('1 '.repeat(15_000), '€'.repeat(30_000)) },
)
const scalar = fc.oneof(
  text,
  fc.constantFrom(null, true, false, 0, -0, -1, 1e21, 5e-324, Number.MAX_SAFE_INTEGER + 1),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const KNOWN_KEYS = [
  'revenue',
  'total',
  'value',
  'currency',
  'products',
  'items',
  'line_items',
  'order_id',
  'orderId',
  'checkout_id',
  'sku',
  'product_id',
  'price',
  'quantity',
  'event_id',
  'email',
  'phone',
  'firstName',
  'address',
  'city',
  'zip',
  'consent',
  'categoryPreferences',
  'personas',
  'computation_class',
  'page',
  'search',
  'url',
  'campaign',
  'click_ids',
  'gclid',
  'fbp',
  'traits',
  'ip',
  'userAgent',
  'groupId',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
]
const key = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...KNOWN_KEYS) }, text)

// Entries, not fc.dictionary: an own key called __proto__ must survive, as it does in JSON.parse.
const objectOf = (value: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> =>
  fc
    .array(fc.tuple(key, value), { maxLength: 8 })
    .map((entries) =>
      JSON.parse(
        `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(inner)}`).join(',')}}`,
      ),
    )

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    objectOf(tie('value')),
  ),
}))
const part = fc.oneof({ weight: 4, arbitrary: objectOf(value) }, { weight: 1, arbitrary: value })

const event = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...table.rows.keys()) },
  { weight: 1, arbitrary: value },
)
const envelope = fc.record(
  {
    type: fc.oneof(
      { weight: 6, arbitrary: fc.constant('track') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          'identify',
          'page',
          'screen',
          'group',
          'alias',
          'delete',
          'Track',
        ),
      },
      { weight: 1, arbitrary: value },
    ),
    event,
    messageId: scalar,
    userId: scalar,
    anonymousId: value,
    timestamp: fc.oneof(scalar, fc.constant('2026-04-23T10:15:30.000Z')),
    originalTimestamp: scalar,
    properties: part,
    traits: part,
    context: part,
  },
  { requiredKeys: [] },
)
const message = fc.oneof(
  { weight: 6, arbitrary: envelope as fc.Arbitrary<JsonObject> },
  { weight: 1, arbitrary: objectOf(value) },
  { weight: 1, arbitrary: fc.object() as fc.Arbitrary<JsonObject> },
)

const KINDS = ['event', 'profile', 'audience', 'group', 'alias', 'delete', 'unmapped']
const ORDERS = new Set(['begin_checkout', 'purchase', 'refund', 'cancel_order', 'update_order'])
const AMOUNTS = ['value', 'total', 'subtotal', 'shipping', 'tax', 'discount']
const RUNS = { seed: 20_261_122, numRuns: 200 }

describe('canonicalise() on any JSON object', () => {
  test('never throws, and gives a known kind and an entry that JSON can carry', () => {
    fc.assert(
      fc.property(message, (raw) => {
        const entry = canonicalise(raw, table)
        expect(KINDS).toContain(entry.kind)
        expect(entry.canonical === null).toBe(entry.kind !== 'event')
        expect(entry.message).toBe(raw)
        expect(entry.warnings.every((warning) => typeof warning === 'string')).toBe(true)
        expect(new Set(entry.warnings).size).toBe(entry.warnings.length)
        expect(typeof JSON.stringify(entry)).toBe('string')
      }),
      RUNS,
    )
  })

  test('keeps the promises of the canonical event', () => {
    let seen = 0
    fc.assert(
      fc.property(message, (raw) => {
        const { canonical } = canonicalise(raw, table)
        if (canonical === null) return
        seen++
        const { properties, occurred_at, user, consent, context } = canonical
        expect(properties.event_id.length).toBeGreaterThan(0)
        if (ORDERS.has(canonical.tracklayer_event)) {
          for (const name of AMOUNTS) {
            expect(['number', 'undefined']).toContain(typeof properties[name])
          }
        }
        if (occurred_at !== null) expect(new Date(occurred_at).toISOString()).toBe(occurred_at)
        for (const field of Object.values(user)) expect(field.trim()).toBe(field)
        for (const granted of Object.values(consent ?? {})) expect(typeof granted).toBe('boolean')
        for (const id of Object.values(context.click_ids ?? {})) expect(typeof id).toBe('string')
        for (const object of [canonical, properties, user, context]) {
          expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
          expect(Object.hasOwn(object, '__proto__')).toBe(false)
        }
      }),
      RUNS,
    )
    expect(seen).toBeGreaterThan(40)
  })

  test('gives the same for the same, also after a trip through JSON', () => {
    fc.assert(
      fc.property(message, (raw) => {
        const once = JSON.stringify(canonicalise(raw, table))
        expect(JSON.stringify(canonicalise(raw, table))).toBe(once)
        const travelled = canonicalise(JSON.parse(JSON.stringify(raw)), table)
        expect(JSON.stringify(travelled)).toBe(once)
        expect(travelled.canonical?.properties.event_id).toBe(
          canonicalise(raw, table).canonical?.properties.event_id,
        )
      }),
      RUNS,
    )
  })

  test('does not touch its input', () => {
    fc.assert(
      fc.property(message, (raw) => {
        const before = JSON.stringify(raw)
        canonicalise(deepFrozen(raw), table)
        expect(JSON.stringify(raw)).toBe(before)
      }),
      RUNS,
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('canonicalising what was canonical already keeps amounts, items and ids', () => {
    fc.assert(
      fc.property(objectOf(value), (properties) => {
        const raw = { type: 'track', event: 'Order Completed', messageId: 'm1', properties }
        const first = canonicalise(raw, table).canonical
        const again = canonicalise({ ...raw, properties: first?.properties ?? {} }, table).canonical
        expect(JSON.stringify(again?.properties)).toBe(JSON.stringify(first?.properties))
      }),
      { seed: 7, numRuns: 200 },
    )
  })

  test.each([
    { name: '100,000 levels deep', properties: nested(100_000) },
    { name: 'of 100,000 products', properties: { products: new Array(100_000).fill('SKU') } },
    { name: 'of products as deep JSON text', properties: { products: '['.repeat(100_000) } },
    {
      name: 'of one text of 5 MB',
      properties: { order_id: 'x'.repeat(5_000_000), revenue: '1'.repeat(5_000_000) },
    },
  ])('copes with properties $name', ({ properties }) => {
    const raw = { type: 'track', event: 'Order Completed', messageId: 'm1', properties }
    expect(canonicalise(raw, table)).toMatchObject({
      kind: 'event',
      canonical: { message_id: 'm1' },
    })
  })
})

function nested(depth: number): JsonObject {
  let inner: JsonObject = {}
  for (let level = 0; level < depth; level++) inner = { a: inner }
  return inner
}

function deepFrozen<Value>(given: Value): Value {
  if (typeof given !== 'object' || given === null) return given
  for (const inner of Object.values(given)) deepFrozen(inner)
  return Object.freeze(given)
}
