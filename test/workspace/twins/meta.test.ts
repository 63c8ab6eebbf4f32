import type { JsonObject } from '../../../core/json.ts'
import { createMetaTwin, type MetaTwinOptions } from '../../../workspace/twins/meta/meta-twin.ts'
import { DAY_MS, expectBalanced, HOUR_MS, post, sha256, stage } from './twin-stage.ts'

const PATH = '/v24.0/1234567890/events?access_token=good'

function meta(options: Partial<MetaTwinOptions> = {}) {
  const staged = stage()
  const now = staged.clock.now()
  const twin = createMetaTwin({
    ...staged,
    tokens: [{ token: 'good' }, { token: 'old', expiresAt: now + HOUR_MS }],
    pixelIds: ['1234567890'],
    ...options,
  })
  const seconds = (ageMs = 0) => Math.floor((staged.clock.now() - ageMs) / 1000)
  const purchase = (changes: JsonObject = {}, userData: JsonObject = {}) => ({
    event_name: 'Purchase',
    event_time: seconds(),
    event_id: 'order-1',
    action_source: 'website',
    event_source_url: 'https://shop.example/thanks',
    user_data: {
      em: [sha256('jane@example.com')],
      client_user_agent: 'Mozilla/5.0',
      client_ip_address: '203.0.113.7',
      ...userData,
    },
    custom_data: { value: 129.95, currency: 'EUR' },
    ...changes,
  })
  const send = (...data: unknown[]) => post(twin.app, PATH, { data })
  return { ...staged, twin, purchase, send, seconds }
}

test('a good purchase is received, counted once, and its person found', async () => {
  const { twin, send, purchase } = meta()
  const { status, body } = await send(purchase())
  expect(status).toBe(200)
  expect(body).toEqual({ events_received: 1, messages: [], fbtrace_id: expect.any(String) })
  expect([...twin.counted().keys()]).toEqual(['Purchase/order-1'])
  expect(twin.counted().get('Purchase/order-1')).toMatchObject({ isMatched: true, notes: [] })
  expect(twin.summary()).toEqual({ received: 1, counted: 1, duplicates: 0, refused: {} })
})

test('the token may stand in the query, in the body or in the Authorization header', async () => {
  const { twin, purchase } = meta()
  const path = '/v24.0/1234567890/events'
  const inBody = await post(twin.app, path, { data: [purchase()], access_token: 'good' })
  const asBearer = await post(
    twin.app,
    path,
    { data: [purchase()] },
    { Authorization: 'Bearer good' },
  )
  expect([inBody.status, asBearer.status]).toEqual([200, 200])
  expect(JSON.stringify(twin.requests().map(({ headers }) => headers))).not.toContain('good')
})

test('the same id counts once within 48 hours of the first, and again after them', async () => {
  const { twin, clock, send, purchase } = meta()
  await send(purchase())
  clock.advance(47 * HOUR_MS)
  await send(purchase(), purchase({ event_name: 'Lead' }))
  expect([...twin.counted().keys()]).toEqual(['Purchase/order-1', 'Lead/order-1'])
  clock.advance(HOUR_MS)
  await send(purchase())
  expect([...twin.counted().keys()].at(-1)).toBe('Purchase/order-1#2')
  expect(twin.summary()).toMatchObject({ received: 4, counted: 3, duplicates: 1 })
})

describe('deduplication against the browser', () => {
  const browser = { pixelId: '1234567890', event: 'Purchase', fbp: 'fb.1.1.2' }

  test('the pixel’s eventID and the server’s event_id are one id, whichever comes first', async () => {
    const { twin, send, purchase } = meta()
    twin.pixel({ ...browser, eventID: 'order-1' })
    await send(purchase())
    await send(purchase({ event_id: 'order-2' }))
    twin.pixel({ ...browser, eventID: 'order-2' })
    expect(twin.summary()).toMatchObject({ received: 4, counted: 2, duplicates: 2 })
  })

  test('without ids the same fbp drops the server event that follows the browser’s', async () => {
    const { twin, send, purchase } = meta()
    twin.pixel(browser)
    const { event_id, ...withoutId } = purchase({}, { fbp: 'fb.1.1.2' })
    expect(event_id).toBe('order-1')
    await send(withoutId)
    expect(twin.summary()).toMatchObject({ counted: 1, duplicates: 1 })
  })

  test('without ids two server events with the same fbp count twice, and so does server before browser', async () => {
    const { twin, send, purchase } = meta()
    const { event_id, ...withoutId } = purchase({}, { fbp: 'fb.1.1.2' })
    expect(event_id).toBe('order-1')
    await send(withoutId)
    await send(withoutId)
    twin.pixel(browser)
    expect(twin.summary()).toMatchObject({ counted: 3, duplicates: 0 })
  })

  test('external_id works as fbp does', async () => {
    const { twin, send, purchase } = meta()
    twin.pixel({ pixelId: '1234567890', event: 'Purchase', externalId: 'cust_10482' })
    await send(purchase({}, { external_id: 'cust_10482' }))
    expect(twin.summary()).toMatchObject({ counted: 1, duplicates: 1 })
  })

  test('server repeats count again when Meta is taken not to compare them', async () => {
    const { twin, send, purchase } = meta({ deduplicatesServerRepeats: false })
    await send(purchase())
    await send(purchase())
    expect(twin.summary()).toMatchObject({ counted: 2, duplicates: 0 })
  })
})

test('an event eight days old refuses the whole request, in Meta’s own words', async () => {
  const { twin, send, purchase, seconds } = meta()
  const old = purchase({ event_id: 'old', event_time: seconds(8 * DAY_MS) })
  const { status, body } = await send(purchase(), old, purchase({ event_id: 'order-3' }))
  expect(status).toBe(400)
  expect(body.error).toEqual({
    message: 'Invalid parameter',
    type: 'OAuthException',
    code: 100,
    error_subcode: 2804003,
    is_transient: false,
    error_user_title: 'Event Timestamp Too Old',
    error_user_msg: expect.stringContaining('within 7 days'),
    fbtrace_id: expect.stringMatching(/^A/),
  })
  expect(twin.summary()).toEqual({
    received: 3,
    counted: 0,
    duplicates: 0,
    refused: { in_refused_request: 2, event_too_old: 1 },
  })
  expectBalanced(twin)
})

test('a sale in a shop may be 62 days old', async () => {
  const { send, purchase, seconds } = meta()
  const sale = { action_source: 'physical_store', event_time: seconds(61 * DAY_MS) }
  expect((await send(purchase(sale))).status).toBe(200)
  expect((await send(purchase({ ...sale, event_time: seconds(63 * DAY_MS) }))).status).toBe(400)
})

const SHA = sha256('jane@example.com')

test.each<[string, string, JsonObject, JsonObject]>([
  ['no event name', 'missing_event_name', { event_name: '' }, {}],
  ['an ISO date as time', 'invalid_event_time', { event_time: '2026-04-23T10:15:30Z' }, {}],
  ['milliseconds as time', 'event_in_future', { event_time: 1776939330000 }, {}],
  ['a wrong action_source', 'invalid_action_source', { action_source: 'web' }, {}],
  ['no user data', 'insufficient_user_data', { user_data: {} }, {}],
  ['only gender and first name', 'insufficient_user_data', { user_data: { fn: SHA, ge: SHA } }, {}],
  ['only a user agent', 'insufficient_user_data', { user_data: { client_user_agent: 'x' } }, {}],
  ['a plain address', 'invalid_hash', {}, { em: ['jane@example.com'] }],
  ['a hash in capitals', 'invalid_hash', {}, { em: [SHA.toUpperCase()] }],
  ['a hash of the wrong kind', 'invalid_hash', {}, { ph: 'd41d8cd98f00b204e9800998ecf8427e' }],
  ['no user agent', 'missing_user_agent', {}, { client_user_agent: '' }],
  ['no page', 'missing_source_url', { event_source_url: '' }, {}],
  ['no value', 'missing_value', { custom_data: { currency: 'EUR' } }, {}],
  ['no currency', 'invalid_currency', { custom_data: { value: 1 } }, {}],
  ['a lower-case currency', 'invalid_currency', { custom_data: { value: 1, currency: 'eur' } }, {}],
  ['an unknown currency', 'invalid_currency', { custom_data: { value: 1, currency: 'EURO' } }, {}],
])('%s is refused', async (_case, reason, changes, userData) => {
  const { twin, send, purchase } = meta()
  const { status, body } = await send(purchase(changes, userData))
  expect([status, body.error.code, body.error.message]).toEqual([400, 100, 'Invalid parameter'])
  expect(body.error.error_subcode).toEqual(expect.any(Number))
  expect(twin.summary().refused).toEqual({ [reason]: 1 })
})

test('what captures show Meta to accept is accepted when asked for', async () => {
  const { send, purchase } = meta({ requiresUserAgent: false, acceptsLowerCaseCurrency: true })
  const lenient = purchase(
    { custom_data: { value: 1, currency: 'eur' } },
    { client_user_agent: '' },
  )
  expect((await send(lenient)).status).toBe(200)
})

test.each([
  ['no token', '/v24.0/1234567890/events', 400, 104, undefined],
  ['an unknown token', '/v24.0/1234567890/events?access_token=bad', 401, 190, undefined],
  ['another pixel', '/v24.0/999/events?access_token=good', 400, 100, 33],
  ['an unknown version', '/v3.0/1234567890/events?access_token=good', 400, 2500, undefined],
])('%s', async (_case, path, status, code, subcode) => {
  const { twin, purchase } = meta()
  const answer = await post(twin.app, path, { data: [purchase()] })
  expect([answer.status, answer.body.error.code, answer.body.error.error_subcode]).toEqual([
    status,
    code,
    subcode,
  ])
  expect(twin.summary()).toMatchObject({ received: 1, counted: 0 })
})

test('a token stops working at its end', async () => {
  const { twin, clock, purchase } = meta()
  const path = '/v24.0/1234567890/events?access_token=old'
  expect((await post(twin.app, path, { data: [purchase()] })).status).toBe(200)
  clock.advance(HOUR_MS)
  const { status, body } = await post(twin.app, path, { data: [purchase()] })
  expect([status, body.error.code, body.error.error_subcode]).toEqual([400, 190, 463])
})

test('data is required, and holds at most 1,000 events', async () => {
  const { twin, send, purchase } = meta()
  expect((await post(twin.app, PATH, {})).body.error.message).toContain('data is required')
  expect((await post(twin.app, PATH, 'not json')).status).toBe(400)
  const many = Array.from({ length: 1001 }, (_, index) => purchase({ event_id: `e${index}` }))
  expect((await send(...many)).body.error.code).toBe(100)
  expect(twin.summary().refused).toEqual({ too_many_events: 1001 })
})

test('a wrongly made hash is taken and counted, matches nobody, and the twin says why', async () => {
  const { twin, send, purchase } = meta()
  await send(
    purchase({ event_id: 'twice' }, { em: [sha256(sha256('jane@example.com'))] }),
    purchase({ event_id: 'capitals' }, { em: [sha256('JANE@EXAMPLE.COM')] }),
    purchase({ event_id: 'plus' }, { em: [], ph: [sha256('+4915112345678')] }),
    purchase({ event_id: 'right' }, { em: [], ph: [sha256('4915112345678')] }),
    purchase({ event_id: 'stranger' }, { em: [sha256('someone@example.com')] }),
  )
  const found = [...twin.counted().values()].map(({ isMatched, notes }) => [isMatched, notes])
  expect(found).toEqual([
    [false, ['em: hashed twice']],
    [false, ['em: not normalised before hashing']],
    [false, ['ph: not normalised before hashing']],
    [true, []],
    [false, []],
  ])
})

test('throttling is code 4 with the usage header, and the events were not seen', async () => {
  const { twin, send, purchase } = meta({ rateLimitStatus: 403 })
  twin.faults.next('rate-limited', 'server-error')
  const throttled = await send(purchase())
  expect([throttled.status, throttled.body.error.code]).toEqual([403, 4])
  expect(JSON.parse(throttled.headers.get('X-App-Usage') ?? '')).toMatchObject({ call_count: 100 })
  const down = await send(purchase())
  expect([down.status, down.body.error.code, down.body.error.fbtrace_id]).toEqual([
    500,
    2,
    expect.any(String),
  ])
  expect(twin.summary().received).toBe(0)
  expect(twin.requests().map(({ fault }) => fault)).toEqual(['rate-limited', 'server-error'])
})

test('Meta’s published examples of normalised hashes match', async () => {
  const people = [{ email: ' John_Smith@gmail.com', phone: '1 (650)555-1212' }]
  const { twin, send, purchase } = meta({ people })
  const em = '62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f'
  const ph = 'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176'
  await send(purchase({ event_id: 'em' }, { em }), purchase({ event_id: 'ph' }, { em: [], ph }))
  expect([...twin.counted().values()].map(({ isMatched }) => isMatched)).toEqual([true, true])
})
