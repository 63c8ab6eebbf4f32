import type { JsonObject } from '../../../core/json.ts'
import {
  createTikTokTwin,
  type TikTokTwinOptions,
} from '../../../workspace/twins/tiktok/tiktok-twin.ts'
import { DAY_MS, expectBalanced, HOUR_MS, post, sha256, stage } from './twin-stage.ts'

const PATH = '/open_api/v1.3/event/track/'

function tiktok(options: Partial<TikTokTwinOptions> = {}) {
  const staged = stage()
  const twin = createTikTokTwin({
    ...staged,
    tokens: [{ token: 'good' }],
    eventSources: { web: ['PIXEL'], offline: ['SET'] },
    ...options,
  })
  const seconds = (ageMs = 0) => Math.floor((staged.clock.now() - ageMs) / 1000)
  const purchase = (changes: JsonObject = {}): JsonObject => ({
    event: 'CompletePayment',
    event_time: seconds(),
    event_id: 'order-1',
    user: {
      email: sha256('jane@example.com'),
      phone: sha256('+4915112345678'),
      ip: '203.0.113.7',
      user_agent: 'Mozilla/5.0',
      ttclid: 'E.C.P.x',
    },
    page: { url: 'https://shop.example/thanks' },
    properties: { value: 129.95, currency: 'EUR', contents: [{ content_id: 'SKU-481' }] },
    ...changes,
  })
  const request = (changes: JsonObject = {}) =>
    post(
      twin.app,
      PATH,
      { event_source: 'web', event_source_id: 'PIXEL', data: [purchase()], ...changes },
      { 'Access-Token': 'good' },
    )
  const send = (...data: JsonObject[]) => request({ data })
  return { ...staged, twin, purchase, request, send, seconds }
}

test('a good purchase is answered with code 0 and counted once', async () => {
  const { twin, send, purchase } = tiktok()
  const { status, body } = await send(purchase())
  expect([status, body]).toEqual([
    200,
    { code: 0, message: 'OK', request_id: expect.stringMatching(/^20260423101530/), data: {} },
  ])
  expect([...twin.counted().keys()]).toEqual(['CompletePayment/order-1'])
  expect(twin.counted().get('CompletePayment/order-1')).toMatchObject({
    isMatched: true,
    notes: [],
  })
})

test('the same event and id count once within 48 hours of the first, pixel and server together', async () => {
  const { twin, clock, send, purchase } = tiktok()
  twin.pixel({ pixelCode: 'PIXEL', event: 'CompletePayment', eventId: 'order-1' })
  await send(purchase())
  clock.advance(47 * HOUR_MS)
  await send(purchase(), purchase({ event: 'Lead' }))
  clock.advance(HOUR_MS)
  await send(purchase())
  expect([...twin.counted().keys()]).toEqual([
    'CompletePayment/order-1',
    'Lead/order-1',
    'CompletePayment/order-1#2',
  ])
  expect(twin.summary()).toMatchObject({ received: 5, counted: 3, duplicates: 2 })
})

test('without an id every event counts', async () => {
  const { twin, send, purchase } = tiktok()
  const { event_id, ...withoutId } = purchase()
  expect(event_id).toBe('order-1')
  await send(withoutId, withoutId)
  expect(twin.summary()).toMatchObject({ counted: 2, duplicates: 0 })
})

test.each<[string, string, string, JsonObject]>([
  ['no event', 'missing_event', 'event: Missing data', { event: '' }],
  ['no time', 'missing_event_time', 'event_time: Missing data', { event_time: undefined }],
  [
    'an ISO date',
    'invalid_event_time',
    'event_time: Not a valid integer',
    { event_time: '2026-04-23T10:15:30Z' },
  ],
  ['milliseconds', 'event_in_future', 'event_time: Must be earlier', { event_time: 1776939330000 }],
  [
    'a plain address',
    'invalid_hash',
    'user.email: Must be hashed',
    { user: { email: 'jane@example.com' } },
  ],
  [
    'a value as text',
    'invalid_value',
    'properties.value: Not a valid number',
    { properties: { value: '1', currency: 'EUR' } },
  ],
  [
    'no currency',
    'missing_currency',
    'properties.currency: Missing data',
    { properties: { value: 1 } },
  ],
  [
    'a wrong currency',
    'invalid_currency',
    'properties.currency: Not a valid choice',
    { properties: { value: 1, currency: 'eur' } },
  ],
  [
    'a numeric content id',
    'invalid_contents',
    'properties.contents.0.content_id: Not a valid string',
    { properties: { contents: [{ content_id: 481 }] } },
  ],
])(
  '%s refuses the request with code 40002 in an HTTP 200',
  async (_case, reason, message, changes) => {
    const { twin, send, purchase } = tiktok()
    const { status, body } = await send(purchase({ event_id: 'good' }), purchase(changes))
    expect([status, body.code]).toEqual([200, 40002])
    expect(body.message).toContain(`data.1.${message}`)
    expect(twin.summary().refused).toEqual({ in_refused_request: 1, [reason]: 1 })
    expectBalanced(twin)
  },
)

test.each<[string, number, JsonObject]>([
  ['a wrong event_source', 40002, { event_source: 'website' }],
  ['no event_source_id', 40002, { event_source_id: '' }],
  ['a pixel of someone else', 40001, { event_source_id: 'OTHER' }],
  ['no data', 40002, { data: [] }],
])('%s', async (_case, code, changes) => {
  const { status, body } = await tiktok().request(changes)
  expect([status, body.code]).toEqual([200, code])
})

test('an unknown token is code 40105 in an HTTP 200', async () => {
  const { twin, purchase } = tiktok()
  const body = { event_source: 'web', event_source_id: 'PIXEL', data: [purchase()] }
  const answer = await post(twin.app, PATH, body, { 'Access-Token': 'bad' })
  expect([answer.status, answer.body.code, answer.body.message]).toEqual([
    200,
    40105,
    'Access token is incorrect or has been revoked.',
  ])
  expect(twin.summary().refused).toEqual({ invalid_token: 1 })
})

test('an old event is answered with OK and does not count; offline events may be 28 days old', async () => {
  const { twin, send, request, purchase, seconds } = tiktok()
  const { body } = await send(
    purchase(),
    purchase({ event_id: 'old', event_time: seconds(8 * DAY_MS) }),
  )
  expect(body.code).toBe(0)
  expect(twin.summary()).toMatchObject({ counted: 1, refused: { event_too_old: 1 } })
  const sale = purchase({ event_id: 'shop', event_time: seconds(27 * DAY_MS) })
  await request({ event_source: 'offline', event_source_id: 'SET', data: [sale] })
  expect([...twin.counted().keys()]).toContain('CompletePayment/shop')
})

test('old events refuse the request when TikTok is taken to do so', async () => {
  const { send, purchase, seconds } = tiktok({ whenTooOld: 'refuse' })
  const { body } = await send(purchase({ event_time: seconds(8 * DAY_MS) }))
  expect(body).toMatchObject({ code: 40002, message: 'data.0.event_time: Too early.' })
})

test('throttling is code 40100 in an HTTP 200, and so is trouble of TikTok’s own; its edge sends HTML', async () => {
  const { twin, send, purchase } = tiktok({ requestsPerSecond: 1 })
  await send(purchase())
  expect((await send(purchase({ event_id: 'b' }))).body.code).toBe(40100)
  twin.faults.next('rate-limited', 'server-error', 'lost-timeout')
  const codes = [await send(purchase()), await send(purchase())].map(({ status, body }) => [
    status,
    body.code,
  ])
  expect(codes).toEqual([
    [200, 40100],
    [200, 50000],
  ])
  const edge = await send(purchase())
  expect([edge.status, edge.body]).toEqual([504, expect.stringContaining('<html>')])
})

test('a hash made twice matches nobody, and the twin says why', async () => {
  const { twin, send, purchase } = tiktok()
  await send(
    purchase({
      user: { email: sha256(sha256('jane@example.com')), phone: [sha256('4915112345678')] },
    }),
  )
  expect(twin.counted().get('CompletePayment/order-1')).toMatchObject({
    isMatched: false,
    notes: ['email: hashed twice', 'phone: not normalised before hashing'],
  })
})
