import type { JsonObject } from '../../../core/json.ts'
import { createGa4Twin, type Ga4TwinOptions } from '../../../workspace/twins/ga4/ga4-twin.ts'
import { DAY_MS, expectBalanced, HOUR_MS, post, stage } from './twin-stage.ts'

const QUERY = '?measurement_id=G-TEST&api_secret=good'

function ga4(options: Partial<Ga4TwinOptions> = {}) {
  const staged = stage()
  const streams = [{ measurementId: 'G-TEST', apiSecret: 'good' }]
  const twin = createGa4Twin({ ...staged, streams, ...options })
  const purchase = (params: JsonObject = {}, changes: JsonObject = {}): JsonObject => ({
    name: 'purchase',
    params: {
      transaction_id: 'order-1',
      value: 129.95,
      currency: 'EUR',
      items: [{ item_id: 'SKU-481', price: 89.95, quantity: 1 }],
      session_id: '1',
      engagement_time_msec: 1,
      ...params,
    },
    ...changes,
  })
  const body = (changes: JsonObject = {}): JsonObject => ({
    client_id: '123.456',
    timestamp_micros: staged.clock.now() * 1000,
    events: [purchase()],
    ...changes,
  })
  const collect = (changes: JsonObject = {}, query = QUERY) =>
    post(twin.app, `/mp/collect${query}`, body(changes))
  const debug = async (changes: JsonObject = {}) => {
    const answer = await post(twin.app, `/debug/mp/collect${QUERY}`, body(changes))
    return answer.body.validationMessages as { fieldPath: string; validationCode: string }[]
  }
  return { ...staged, twin, purchase, collect, debug }
}

test('a good purchase is answered with 204 and nothing else, and counts once', async () => {
  const { twin, clock, collect } = ga4()
  const { status, body } = await collect()
  expect([status, body]).toEqual([204, ''])
  clock.advance(HOUR_MS)
  await collect()
  expect([...twin.counted().keys()]).toEqual(['purchase/order-1'])
  expect(twin.summary()).toEqual({ received: 2, counted: 1, duplicates: 1, refused: {} })
})

test('after the window of transaction ids, where there is one, a purchase counts again', async () => {
  const { twin, clock, collect } = ga4({ transactionWindowMs: DAY_MS })
  await collect()
  clock.advance(DAY_MS)
  await collect()
  expect([...twin.counted().keys()]).toEqual(['purchase/order-1', 'purchase/order-1#2'])
})

test('one order under two client ids counts twice, unless ids reach across users', async () => {
  const byUser = ga4()
  const byProperty = ga4({ transactionScope: 'property' })
  for (const { collect } of [byUser, byProperty]) {
    await collect()
    await collect({ client_id: '999.999' })
  }
  expect([byUser, byProperty].map(({ twin }) => twin.summary().counted)).toEqual([2, 1])
})

test('only purchases are compared: a refund sent twice counts twice', async () => {
  const { twin, collect, purchase } = ga4()
  const refund = purchase({}, { name: 'refund' })
  await collect({ events: [refund] })
  await collect({ events: [refund] })
  expect(twin.summary()).toMatchObject({ counted: 2, duplicates: 0 })
})

test.each([
  ['a wrong secret', '?measurement_id=G-TEST&api_secret=bad', 'wrong_api_secret'],
  ['an unknown stream', '?measurement_id=G-NO&api_secret=good', 'unknown_measurement_id'],
])('%s: 204 and not counted', async (_case, query, reason) => {
  const { twin, collect } = ga4()
  expect((await collect({}, query)).status).toBe(204)
  expect(twin.summary()).toEqual({
    received: 1,
    counted: 0,
    duplicates: 0,
    refused: { [reason]: 1 },
  })
})

const LONG = 'x'.repeat(101)

test.each<[string, string, string, JsonObject, JsonObject]>([
  ['a reserved event name', 'events[0].name', 'NAME_RESERVED', {}, { name: 'session_start' }],
  ['a space in the event name', 'events[0].name', 'NAME_INVALID', {}, { name: 'order completed' }],
  ['no event name', 'events[0].name', 'VALUE_REQUIRED', {}, { name: '' }],
  ['a null parameter', 'events[0].params.coupon', 'VALUE_INVALID', { coupon: null }, {}],
  ['a reserved parameter', 'events[0].params.ga_x', 'NAME_RESERVED', { ga_x: 1 }, {}],
  ['a long value', 'events[0].params.coupon', 'VALUE_OUT_OF_BOUNDS', { coupon: LONG }, {}],
  ['a wrong currency', 'events[0].params.currency', 'VALUE_INVALID', { currency: 'eur' }, {}],
  ['a value as text', 'events[0].params.value', 'VALUE_INVALID', { value: '129.95' }, {}],
  [
    'no transaction',
    'events[0].params.transaction_id',
    'VALUE_REQUIRED',
    { transaction_id: '' },
    {},
  ],
])(
  '%s: debug names it, collect drops it in silence',
  async (_case, fieldPath, validationCode, params, changes) => {
    const { twin, debug, collect, purchase } = ga4()
    const events = [purchase(params, changes)]
    expect(await debug({ events })).toContainEqual({
      fieldPath,
      validationCode,
      description: expect.any(String),
    })
    expect((await collect({ events })).status).toBe(204)
    expect(twin.summary()).toMatchObject({ received: 1, counted: 0 })
  },
)

test.each<[string, string, JsonObject]>([
  ['no client_id', 'client_id', { client_id: '' }],
  ['no events', 'events', { events: [] }],
  [
    'an event 73 hours old',
    'timestamp_micros',
    { timestamp_micros: (Date.parse('2026-04-23T10:15:30Z') - 73 * HOUR_MS) * 1000 },
  ],
  [
    'milliseconds for micros',
    'timestamp_micros',
    { timestamp_micros: Date.parse('2026-04-23T10:15:30Z') },
  ],
  [
    'the future',
    'timestamp_micros',
    { timestamp_micros: (Date.parse('2026-04-23T10:15:30Z') + 1000) * 1000 },
  ],
])('%s drops the request in silence', async (_case, fieldPath, changes) => {
  const { twin, debug, collect } = ga4()
  expect((await debug(changes)).map((message) => message.fieldPath)).toContain(fieldPath)
  expect((await collect(changes)).status).toBe(204)
  expect(twin.counted().size).toBe(0)
})

test('a faulty event does not harm its neighbours; a 26th harms them all', async () => {
  const { twin, collect, purchase } = ga4()
  await collect({ events: [purchase(), purchase({ transaction_id: 'b', coupon: null })] })
  expect([...twin.counted().keys()]).toEqual(['purchase/order-1'])
  const many = Array.from({ length: 26 }, (_, index) => purchase({ transaction_id: `m${index}` }))
  await collect({ events: many })
  expect(twin.summary()).toMatchObject({ received: 28, counted: 1 })
  expectBalanced(twin)
})

test('a body of 130 kB is dropped in silence', async () => {
  const { twin, collect, purchase } = ga4()
  const items = Array.from({ length: 2000 }, (_, index) => ({
    item_id: `SKU-${index}`.padEnd(60, 'x'),
  }))
  expect((await collect({ events: [purchase({ items })] })).status).toBe(204)
  expect(twin.summary().refused).toEqual({ body_too_large: 1 })
})

test('debug never counts and does not look at the secret', async () => {
  const { twin, debug } = ga4({ streams: [] })
  expect(await debug()).toEqual([])
  expect(twin.summary().received).toBe(0)
})

test('what is no JSON is answered with 204 too; faults are the only other answers', async () => {
  const { twin, collect } = ga4()
  expect((await post(twin.app, `/mp/collect${QUERY}`, '{')).status).toBe(204)
  twin.faults.next('rate-limited', 'server-error', 'lost-timeout')
  const statuses = [await collect(), await collect(), await collect()].map(({ status }) => status)
  expect(statuses).toEqual([429, 503, 504])
  expect(twin.counted().size).toBe(1)
})
