// Every answer of Meta's, and what a host gets to see of it. Bodies as Graph sends them; the captures are named.
import type { JsonObject } from '../../../core/json.ts'
import definition from '../../../destinations/meta-conversions/index.ts'
import {
  type Answer,
  json,
  type RecordingServer,
  redirect,
  refusingUrl,
  startRecordingServer,
  text,
} from '../../support/recording-server.ts'
import { drive, errorFrom } from '../drive.ts'

const TOKEN = 'EAAB-secret-token'
let server: RecordingServer
let baseUrl: string
const meta = drive(definition, () => ({ pixelId: '77', accessToken: TOKEN, baseUrl }))

beforeEach(async () => {
  server = await startRecordingServer(
    json(200, { events_received: 1, messages: [], fbtrace_id: 'A1' }),
  )
  baseUrl = server.url
})
afterEach(() => server.close())

const mapping: JsonObject = {
  event_name: { '@path': '$.name' },
  event_time: 1776939330,
  event_id: { '@path': '$.id' },
  action_source: 'website',
  user_data: { email: { '@path': '$.email' } },
}
const event = (id: string, over: object = {}) => ({
  name: 'Lead',
  id,
  email: 'a@b.example',
  ...over,
})
const graphError = (status: number, error: object, headers = {}): Answer =>
  json(
    status,
    { error: { message: 'Words', type: 'OAuthException', fbtrace_id: 'A1', ...error } },
    headers,
  )

// Captured live in September 2026 (an eight days old event).
const TOO_OLD = graphError(400, {
  message: 'Invalid parameter',
  code: 100,
  error_subcode: 2804003,
  is_transient: false,
  error_user_title: 'Event Timestamp Too Old',
  error_user_msg: 'The timestamp for this event is too far in the past.',
})
// As reported by users of the Ruby client: the message names the event.
const NAMED = graphError(400, {
  message: 'Invalid parameter',
  code: 100,
  error_subcode: 2804019,
  is_transient: false,
  error_user_msg: "The parameter $['data'][1]['event_time'] is required.",
})
const usage = (minutes: number) =>
  JSON.stringify({
    77: [{ type: 'ads_management', call_count: 100, estimated_time_to_regain_access: minutes }],
  })

const failures: readonly (readonly [string, Answer, object])[] = [
  [
    'a wrong token (190, HTTP 401, live)',
    graphError(401, { code: 190 }),
    { status: 401, code: 'INVALID_AUTHENTICATION' },
  ],
  [
    'an expired token (190/463 with HTTP 400)',
    graphError(400, { code: 190, error_subcode: 463 }),
    { status: 401 },
  ],
  ['an ended session (102)', graphError(400, { code: 102 }), { status: 401 }],
  ['no permission (200)', graphError(403, { code: 200 }), { status: 401 }],
  [
    'no such pixel (100/33)',
    graphError(400, { code: 100, error_subcode: 33 }),
    { status: 403, code: 'SETTINGS_INVALID' },
  ],
  [
    'app throttled (4 with HTTP 400)',
    graphError(400, { code: 4 }),
    { status: 429, code: 'RETRYABLE_ERROR' },
  ],
  ['user throttled (17 with HTTP 500)', graphError(500, { code: 17 }), { status: 429 }],
  ['page throttled (32)', graphError(403, { code: 32 }), { status: 429 }],
  ['custom limit (613)', graphError(400, { code: 613 }), { status: 429 }],
  [
    'ads throttled (80004), wait in minutes',
    graphError(400, { code: 80004 }, { 'X-Business-Use-Case-Usage': usage(19) }),
    { status: 429, retryAfterMs: 19 * 60_000 },
  ],
  [
    'Retry-After in seconds',
    graphError(429, { code: 4 }, { 'Retry-After': '7' }),
    { status: 429, retryAfterMs: 7000 },
  ],
  [
    'Retry-After as a date',
    graphError(
      429,
      { code: 4 },
      { Date: 'Thu, 23 Apr 2026 10:00:00 GMT', 'Retry-After': 'Thu, 23 Apr 2026 10:01:00 GMT' },
    ),
    { status: 429, retryAfterMs: 60_000 },
  ],
  ['unknown trouble (1)', graphError(500, { code: 1 }), { status: 500, code: 'RETRYABLE_ERROR' }],
  ['downtime (2 with HTTP 400)', graphError(400, { code: 2 }), { status: 503 }],
  [
    'is_transient with any code',
    graphError(400, { code: 100, is_transient: true }),
    { status: 503 },
  ],
  ['a page of a proxy, HTTP 504', text(504, '<html>'), { status: 504, code: 'RETRYABLE_ERROR' }],
  ['a page of a proxy, HTTP 200', text(200, '<html>'), { status: 502, code: 'RETRYABLE_ERROR' }],
  ['an empty 500', text(500, ''), { status: 500 }],
  ['a redirect', redirect(302, 'http://127.0.0.1:9/'), { status: 403, code: 'SETTINGS_INVALID' }],
  ['no such path, HTTP 404', text(404, 'Not Found'), { status: 403, code: 'SETTINGS_INVALID' }],
  ['another refusal', graphError(400, { code: 999 }), { status: 400, code: 'RECEIVER_REJECTED' }],
]

describe.each(failures)('%s', (_, answer, facts) => {
  test('fails a single event', async () => {
    server.otherwise(answer)
    expect(await errorFrom(meta.single(event('e1'), mapping))).toMatchObject(facts)
    expect(server.requests).toHaveLength(1)
  })

  test('fails a batch as a whole', async () => {
    server.otherwise(answer)
    expect(await errorFrom(meta.batch([event('e1'), event('e2')], mapping))).toMatchObject(facts)
    expect(server.requests).toHaveLength(1)
  })
})

test('an event that Meta refuses fails for good when it is alone', async () => {
  server.otherwise(TOO_OLD)
  const error = await errorFrom(meta.single(event('e1'), mapping))
  expect(error).toMatchObject({ status: 400, code: 'PAYLOAD_VALIDATION_FAILED' })
  expect(error.message).toBe(
    'Meta answered 400, code 100, subcode 2804003, fbtrace_id A1: Invalid parameter: Event Timestamp Too Old: The timestamp for this event is too far in the past.',
  )
  const [node] = await meta.batch([event('e1')], mapping)
  expect(node).toMatchObject({
    status: 400,
    errortype: 'PAYLOAD_VALIDATION_FAILED',
    errorreporter: 'DESTINATION',
  })
})

test.each([
  ['an unnamed faulty event', TOO_OLD],
  ['a request that is too large', text(413, '')],
  ['fewer events received than sent', json(200, { events_received: 1, messages: [] })],
])('a batch refused for %s asks to be split', async (_, answer) => {
  server.otherwise(answer)
  const error = await errorFrom(meta.batch([event('e1'), event('e2')], mapping))
  expect(error).toMatchObject({
    name: 'BatchRejectedError',
    code: 'BATCH_REJECTED',
    status: 422,
    split: true,
  })
})

test('where Meta names the event, only that one fails, and the others are to be sent again', async () => {
  server.otherwise(NAMED)
  const nodes = await meta.batch([event('e0'), event('e1'), event('e2')], mapping)
  expect(nodes.map(({ status, errortype }) => [status, errortype])).toEqual([
    [503, 'RETRYABLE_ERROR'],
    [400, 'PAYLOAD_VALIDATION_FAILED'],
    [503, 'RETRYABLE_ERROR'],
  ])
  expect(nodes[1]?.sent).toMatchObject({ event_id: 'e1' })
})

test('no error carries the token, even where Graph quotes it', async () => {
  server.otherwise(graphError(400, { code: 190, message: `Malformed access token ${TOKEN}` }))
  const error = await errorFrom(meta.single(event('e1'), mapping))
  expect(error.message).toContain('Malformed access token ***')
  expect(JSON.stringify(error)).not.toContain(TOKEN)
})

test('a single event that Meta received zero of is no success', async () => {
  server.otherwise(json(200, { events_received: 0, messages: [] }))
  expect(await errorFrom(meta.single(event('e1'), mapping))).toMatchObject({ status: 400 })
})

test('JSON of another content type is read all the same', async () => {
  const body = JSON.stringify({ events_received: 1 })
  server.otherwise(text(200, body, { 'Content-Type': 'text/javascript; charset=UTF-8' }))
  expect(await meta.single(event('e1'), mapping)).toEqual({ events_received: 1 })
})

test('an answer of 100 KB does not hang', async () => {
  const message = 'x'.repeat(100_000)
  server.otherwise(graphError(400, { code: 2, message }))
  const error = await errorFrom(meta.single(event('e1'), mapping))
  expect(error.message.length).toBeLessThan(400)
})

test('a refused connection stays the error of the transport', async () => {
  baseUrl = await refusingUrl()
  expect(await errorFrom(meta.single(event('e1'), mapping))).toMatchObject({ code: 'ECONNREFUSED' })
  expect(await errorFrom(meta.batch([event('e1')], mapping))).toMatchObject({
    code: 'ECONNREFUSED',
  })
})

describe('testAuthentication()', () => {
  test('passes when Meta only misses the events, and sends none', async () => {
    server.otherwise(
      graphError(400, { code: 100, message: '(#100) The parameter data is required.' }),
    )
    await meta.testAuthentication()
    expect(JSON.parse(String(server.requests[0]?.body))).toEqual({ data: [] })
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`)
  })

  test.each([
    ['a wrong token', graphError(401, { code: 190 })],
    ['a wrong pixel', graphError(400, { code: 100, error_subcode: 33 })],
    ['an outage', text(503, '')],
  ])('fails for %s', async (_, answer) => {
    server.otherwise(answer)
    await expect(meta.testAuthentication()).rejects.toThrow('Credentials are invalid')
  })
})
