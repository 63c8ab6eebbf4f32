// The limits of the Measurement Protocol: what it would not take is left out and named.
import { buildEvent } from '../../../destinations/google-analytics-4/build-event.ts'
import { clientIdOf } from '../../../destinations/google-analytics-4/client-id.ts'
import type { EventPayload } from '../../../destinations/google-analytics-4/payload.ts'

const payload = (more: Partial<EventPayload> = {}): EventPayload => ({
  client_id: '1.2',
  occurred_at: '2026-04-23T10:15:30.123Z',
  ...more,
})
const built = (more: Partial<EventPayload>) => buildEvent('custom', payload(more))

describe('clientIdOf()', () => {
  test.each([
    ['an id', ['1234.5678'], '1234.5678'],
    ['the cookie', ['GA1.1.1234567890.1700000000'], '1234567890.1700000000'],
    ['the cookie of a subdomain', ['GA1.2-2.1234567890.1700000000'], '1234567890.1700000000'],
    ['an id of another form', [' own-id '], 'own-id'],
    ['nothing', [undefined, undefined], null],
  ] as const)('%s', (_, [given, ...seeds], wanted) => {
    expect(clientIdOf(given, ...seeds)).toBe(wanted)
  })

  test('the same seed makes the same id, of the form that the tag makes', () => {
    const id = clientIdOf(undefined, 'anon_8dca', 'cust_10482')
    expect(id).toBe('1048570872.1995173588')
    expect(clientIdOf('', undefined, 'anon_8dca')).toBe(id)
    expect(clientIdOf(undefined, 'anon_8dcb')).not.toBe(id)
  })
})

test('no null, no empty text, no nested value enters params', () => {
  const { event, warnings } = built({
    params: { a: null, b: '', c: { d: 1 }, e: [1], f: true, g: 0, h: Number.NaN },
  })
  expect(event.params).toEqual({ f: true, g: 0 })
  expect(warnings).toEqual([
    'c: neither text nor a number',
    'e: neither text nor a number',
    'h: neither text nor a number',
  ])
})

test.each(['_a', 'ga_x', 'google_x', 'firebase_x', '1a', 'a b', 'a'.repeat(41), 'gclid'])(
  'the parameter %s is left out',
  (name) => {
    const { event, warnings } = built({ params: { [name]: 1 } })
    expect(event.params).toEqual({})
    expect(warnings).toHaveLength(1)
  },
)

test('text is cut where Analytics would drop it', () => {
  const { event, warnings } = built({
    params: { a: 'x'.repeat(101), page_location: 'x'.repeat(1001), b: `${'x'.repeat(99)}😀` },
  })
  expect(event.params).toMatchObject({ a: 'x'.repeat(100), page_location: 'x'.repeat(1000) })
  expect(event.params.b).toBe(`${'x'.repeat(99)}\uFFFD`)
  expect(warnings).toHaveLength(3)
})

test('past 25 parameters the custom ones give way', () => {
  const params = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`p${at}`, at]))
  const { event, warnings } = built({ value: 1, currency: 'eur', params })
  expect(Object.keys(event.params)).toHaveLength(25)
  expect(event.params).toMatchObject({ value: 1, currency: 'EUR', p22: 22 })
  expect(warnings).toHaveLength(7)
})

test('an item needs an id or a name, and has ten parameters of its own at most', () => {
  const own = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`own${at}`, at]))
  const { event, warnings } = built({
    items: [{ price: 1 }, { item_id: 'a', ...own, price: 1, item_name: null }],
  })
  const [item] = event.params.items as readonly object[]
  expect(Object.keys(item ?? {})).toHaveLength(12)
  expect(item).toMatchObject({ item_id: 'a', own9: 9, price: 1 })
  expect(warnings).toEqual([
    'items[0]: neither item_id nor item_name',
    'items[1].own10: left out',
    'items[1].own11: left out',
  ])
})

test('of items only the first 200 leave', () => {
  const items = Array.from({ length: 201 }, (_, at) => ({ item_id: `${at}` }))
  const { event, warnings } = built({ items })
  expect(event.params.items).toHaveLength(200)
  expect(warnings).toEqual(['items: only the first 200'])
})

test.each(['session_start', 'first_open', 'ga_x', '_x', 'with space', 'x'.repeat(41)])(
  'the event %s is refused, because Analytics would drop it without a word',
  (name) => {
    expect(() => buildEvent(name, payload())).toThrow(/Analytics/)
  },
)

test('an event of nobody is refused', () => {
  const { client_id: _, ...nobody } = payload()
  expect(() => buildEvent('custom', nobody)).toThrow('There is no client')
})

test('time is in microseconds, of ISO 8601 or of seconds', () => {
  expect(built({}).event.timestamp_micros).toBe(1_776_939_330_123_000)
  expect(built({ occurred_at: 1_776_939_330 }).event.timestamp_micros).toBe(1_776_939_330_000_000)
  expect(() => built({ occurred_at: 'yesterday' })).toThrow('occurred_at')
})

test('unspecified consent says nothing', () => {
  expect(built({ ad_user_data: 'UNSPECIFIED' }).client).toEqual({ client_id: '1.2' })
  expect(built({ ad_user_data: 'DENIED', ad_personalization: 'UNSPECIFIED' }).client).toEqual({
    client_id: '1.2',
    consent: { ad_user_data: 'DENIED' },
  })
})

test('a value without a currency leaves with a warning', () => {
  const { event, warnings } = built({ value: 2 })
  expect(event.params).toEqual({ value: 2 })
  expect(warnings).toEqual(['value: there is no currency with it'])
})

test('a currency that is none is left out, and the value with it warned of', () => {
  const { event, warnings } = built({ value: 2, currency: 'Euro' })
  expect(event.params).toEqual({ value: 2 })
  expect(warnings).toEqual(['value: there is no currency with it'])
})
