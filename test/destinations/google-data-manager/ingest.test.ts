// What becomes of each event when Google refuses a request: it takes all of one request or nothing.
import definition from '../../../destinations/google-data-manager/index.ts'
import {
  type Answer,
  json,
  type RecordingServer,
  reset,
  startRecordingServer,
  text,
} from '../../support/recording-server.ts'
import { hostOf, rejectionOf } from './host.ts'

let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(json(200, { requestId: 'dm-1' }))
})
afterEach(() => server.close())

const auth = { accessToken: 'ya29.access', refreshToken: '1//refresh' }
const settings = (more: object = {}) => ({
  operating_account_id: '1234567890',
  conversion_action_id: '111',
  base_url: server.url,
  ...more,
})
const mapping = {
  transaction_id: { '@path': '$.id' },
  occurred_at: '2026-04-23T10:15:30.000Z',
  gclid: { '@path': '$.gclid' },
  conversion: { '@path': '$.conversion' },
  email: { '@path': '$.email' },
  ad_user_data: { '@path': '$.consent' },
}
const clicks = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `t${at}`, gclid: 'g' }))

const one = (event: object, more?: object) =>
  hostOf(definition).executeAction('uploadConversion', {
    event,
    mapping: structuredClone(mapping),
    settings: settings(more),
    auth,
  })
const batch = (events: readonly object[], more?: object) =>
  hostOf(definition).executeBatch('uploadConversion', {
    events,
    mapping: structuredClone(mapping),
    settings: settings(more),
    auth,
  })

const refusal = (...fields: readonly [field: string, reason: string][]): Answer =>
  json(400, {
    error: {
      code: 400,
      message: 'There was a problem with the request.',
      status: 'INVALID_ARGUMENT',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'INVALID_ARGUMENT' },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: fields.map(([field, reason]) => ({ field, reason, description: 'no' })),
        },
        { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'r-9' },
      ],
    },
  })

const sentIds = () =>
  server.requests.map(({ body }) =>
    JSON.parse(body.toString()).events.map(
      (event: { transactionId: string }) => event.transactionId,
    ),
  )

test('an event that Google names is refused alone, the others are sent again', async () => {
  server.next(refusal(['events.events[1].currency', 'INVALID_CURRENCY_CODE']))
  const nodes = await batch(clicks(3))
  expect(nodes.map(({ status }) => status)).toEqual([200, 400, 200])
  expect(nodes[1]?.errormessage).toContain('events.events[1].currency INVALID_CURRENCY_CODE')
  expect(nodes[1]?.errormessage).toContain('request r-9')
  expect(sentIds()).toEqual([
    ['t0', 't1', 't2'],
    ['t0', 't2'],
  ])
})

test('events at fault that Google does not name are found by halving', async () => {
  server.otherwise((response, request) => {
    const isBad = request.body.includes('"t2"')
    const answer = isBad ? json(400, { error: { status: 'INVALID_ARGUMENT' } }) : json(200, {})
    answer(response, request)
  })
  const nodes = await batch(clicks(5))
  expect(nodes.map(({ status }) => status)).toEqual([200, 200, 400, 200, 200])
})

test('halving stops before it eats the quota, and what is left may be sent again', async () => {
  server.otherwise(json(400, { error: { status: 'INVALID_ARGUMENT' } }))
  const nodes = await batch(clicks(200))
  expect(server.requests).toHaveLength(40)
  expect(new Set(nodes.map(({ status }) => status))).toEqual(new Set([400, 503]))
})

test('no more than 2000 events leave in a request', async () => {
  const nodes = await batch(clicks(2001))
  expect(nodes.every(({ status }) => status === 200)).toBe(true)
  expect(sentIds().map(({ length }) => length)).toEqual([2000, 1])
})

test('events of two conversion actions leave in two requests', async () => {
  const events = [
    { id: 'a', gclid: 'g', conversion: 'lead' },
    { id: 'b', gclid: 'g', conversion: 'purchase' },
    { id: 'c', gclid: 'g', conversion: 'lead' },
  ]
  const nodes = await batch(events, { conversion_actions: 'lead=222, purchase=333' })
  expect(nodes.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(sentIds()).toEqual([['a', 'c'], ['b']])
})

test('an event without anything to match it by never reaches a request', async () => {
  const events = [
    { id: 'a' },
    { id: 'b', gclid: 'g' },
    { id: 'c', email: 'x@y.zz', consent: 'DENIED' },
  ]
  const nodes = await batch(events)
  expect(nodes.map(({ status }) => status)).toEqual([400, 200, 400])
  expect(sentIds()).toEqual([['b']])
})

test('denied ad_user_data keeps the click and takes the person out', async () => {
  await one({ id: 'a', gclid: 'g', email: 'x@y.zz', consent: 'DENIED' })
  const [event] = JSON.parse(server.requests[0]?.body.toString() ?? '').events
  expect(event).toMatchObject({
    adIdentifiers: { gclid: 'g' },
    consent: { adUserData: 'CONSENT_DENIED' },
  })
  expect(event).not.toHaveProperty('userData')
})

describe('a whole request that fails rejects, so that the batch can be sent again', () => {
  test.each([
    [
      '429 with Retry-After',
      json(429, {}, { 'Retry-After': '7' }),
      { status: 429, retryAfterMs: 7000 },
    ],
    [
      '503 with a date',
      json(
        503,
        {},
        { 'Retry-After': 'Thu, 23 Apr 2026 10:00:30 GMT', Date: 'Thu, 23 Apr 2026 10:00:00 GMT' },
      ),
      { status: 503, retryAfterMs: 30_000 },
    ],
    [
      '429 with RetryInfo',
      json(429, {
        error: {
          status: 'RESOURCE_EXHAUSTED',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
        },
      }),
      { status: 429, retryAfterMs: 1500 },
    ],
    ['409 ABORTED', json(409, { error: { status: 'ABORTED' } }), { status: 503 }],
    ['500 with a page', text(500, '<html>'), { status: 500 }],
    ['401', json(401, { error: { status: 'UNAUTHENTICATED' } }), { status: 401 }],
    [
      '403',
      json(403, { error: { status: 'PERMISSION_DENIED' } }),
      { status: 403, code: 'PERMISSION_DENIED' },
    ],
    ['404', json(404, {}), { status: 403, code: 'SETTINGS_INVALID' }],
    [
      'a redirect',
      text(302, '', { Location: 'http://127.0.0.1:1/' }),
      { status: 403, code: 'SETTINGS_INVALID' },
    ],
    [
      'a conversion action that is none',
      refusal(['destinations[0].product_destination_id', 'INVALID_CONVERSION_ACTION_ID']),
      { status: 403, code: 'SETTINGS_INVALID' },
    ],
  ])('%s', async (_, answer, wanted) => {
    server.otherwise(answer)
    expect(await rejectionOf(batch(clicks(2)))).toMatchObject(wanted)
    expect(await rejectionOf(one({ id: 'a', gclid: 'g' }))).toMatchObject(wanted)
  })
})

test('what was stored before the quota ended stays delivered; the rest says when to try again', async () => {
  server.next(json(200, { requestId: 'dm-1' }), json(429, {}, { 'Retry-After': '7' }))
  const nodes = await batch(
    [
      { id: 'a', gclid: 'g', conversion: 'lead' },
      { id: 'b', gclid: 'g', conversion: 'purchase' },
    ],
    { conversion_actions: 'lead=222, purchase=333' },
  )
  expect(nodes).toMatchObject([{ status: 200 }, { status: 429, body: { retryAfterMs: 7000 } }])
})

test('a connection that breaks is the network’s fault', async () => {
  server.otherwise(reset)
  expect(await rejectionOf(batch(clicks(2)))).toMatchObject({ code: 'ECONNRESET' })
})

test('settings that name no conversion action are told before anything is sent', async () => {
  const failure = await rejectionOf(
    one({ id: 'a', gclid: 'g', conversion: 'lead' }, { conversion_action_id: '' }),
  )
  expect(failure).toMatchObject({ status: 403, code: 'SETTINGS_INVALID' })
  expect(failure.message).toContain('No conversion action for "lead"')
  expect(server.requests).toHaveLength(0)
})

test('validate_only asks Google to count nothing', async () => {
  await one({ id: 'a', gclid: 'g' }, { validate_only: true })
  expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toMatchObject({
    validateOnly: true,
  })
})
