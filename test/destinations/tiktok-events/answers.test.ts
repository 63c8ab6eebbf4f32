// Every answer of TikTok's, and what a host gets to see of it. HTTP 200 says nothing here; the code does.
import type { JsonObject } from '../../../core/json.ts'
import definition from '../../../destinations/tiktok-events/index.ts'
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

const TOKEN = 'tt-secret-token'
let server: RecordingServer
let baseUrl: string
const tiktok = drive(definition, () => ({ pixelCode: 'C0PIXEL', accessToken: TOKEN, baseUrl }))

const coded = (code: number, message: string, status = 200, headers = {}): Answer =>
  json(status, { code, message, request_id: '202604231000', data: {} }, headers)

beforeEach(async () => {
  server = await startRecordingServer(coded(0, 'OK'))
  baseUrl = server.url
})
afterEach(() => server.close())

const mapping: JsonObject = {
  event: 'Lead',
  event_time: 1776939330,
  event_id: { '@path': '$.id' },
  event_source: 'web',
  user: { email: 'a@b.example' },
}
const event = (id: string) => ({ id })

const failures: readonly (readonly [string, Answer, object])[] = [
  [
    'throttled (40100), which comes with HTTP 401',
    coded(40100, 'Too many requests', 401),
    { status: 429, code: 'RETRYABLE_ERROR' },
  ],
  [
    'throttled with HTTP 200 and a wait',
    coded(40100, 'Too many requests', 200, { 'Retry-After': '300' }),
    { status: 429, retryAfterMs: 300_000 },
  ],
  [
    'a wrong token (40105, live)',
    coded(40105, 'Access token is incorrect or has been revoked.'),
    { status: 401, code: 'INVALID_AUTHENTICATION' },
  ],
  ['an expired token (40102)', coded(40102, 'Access token has expired'), { status: 401 }],
  [
    'an empty token (40104 with HTTP 401)',
    coded(40104, 'Access token is empty', 401),
    { status: 401 },
  ],
  [
    'a pixel of somebody else (40001)',
    coded(40001, 'No permission to operate pixel code: C0PIXEL.'),
    { status: 401 },
  ],
  [
    'an unknown source',
    coded(40002, 'event_source_id: Not a valid string'),
    { status: 403, code: 'SETTINGS_INVALID' },
  ],
  [
    'trouble of its own (50000)',
    coded(50000, 'System error.'),
    { status: 503, code: 'RETRYABLE_ERROR' },
  ],
  ['trouble behind it (51021)', coded(51021, 'Too many requests'), { status: 503 }],
  ['another code', coded(40900, 'Conflict'), { status: 400, code: 'RECEIVER_REJECTED' }],
  ['a page of the edge, HTTP 504', text(504, '<html>'), { status: 504, code: 'RETRYABLE_ERROR' }],
  ['a page of a proxy, HTTP 200', text(200, '<html>'), { status: 502, code: 'RETRYABLE_ERROR' }],
  [
    'HTTP 429 without a code',
    text(429, '', { 'Retry-After': '2' }),
    { status: 429, retryAfterMs: 2000 },
  ],
  ['HTTP 401 without a code', text(401, ''), { status: 401 }],
  ['a redirect', redirect(302, 'http://127.0.0.1:9/'), { status: 403, code: 'SETTINGS_INVALID' }],
]

describe.each(failures)('%s', (_, answer, facts) => {
  test('fails a single event', async () => {
    server.otherwise(answer)
    expect(await errorFrom(tiktok.single(event('e1'), mapping))).toMatchObject(facts)
    expect(server.requests).toHaveLength(1)
  })

  test('fails a batch as a whole', async () => {
    server.otherwise(answer)
    expect(await errorFrom(tiktok.batch([event('e1'), event('e2')], mapping))).toMatchObject(facts)
    expect(server.requests).toHaveLength(1)
  })
})

test('code 0 is a success, warnings in the message or not', async () => {
  server.otherwise(coded(0, 'OK, but user.phone is malformed'))
  expect(await tiktok.single(event('e1'), mapping)).toMatchObject({ code: 0 })
})

test('an event that TikTok refuses fails for good when it is alone', async () => {
  server.otherwise(coded(40002, 'data.0.properties.currency: Not a valid choice.'))
  const error = await errorFrom(tiktok.single(event('e1'), mapping))
  expect(error).toMatchObject({ status: 400, code: 'PAYLOAD_VALIDATION_FAILED' })
  expect(error.message).toBe(
    'TikTok answered 200, code 40002, request_id 202604231000: data.0.properties.currency: Not a valid choice.',
  )
})

test.each([
  ['data.1.properties.currency: Not a valid choice.'],
  ['Invalid value for data[1].user.email'],
])('where TikTok names the event (%s), only that one fails', async (message) => {
  server.otherwise(coded(40002, message))
  const nodes = await tiktok.batch([event('e0'), event('e1'), event('e2')], mapping)
  expect(nodes.map(({ status }) => status)).toEqual([503, 400, 503])
  expect(nodes[1]?.sent).toMatchObject({ event_id: 'e1' })
})

test.each([
  ['an unnamed faulty event', coded(40002, 'Invalid parameters')],
  ['an index out of range', coded(40002, 'data.7.event: Not a valid string')],
  ['a request that is too large', text(413, '')],
])('a batch refused for %s asks to be split', async (_, answer) => {
  server.otherwise(answer)
  const error = await errorFrom(tiktok.batch([event('e1'), event('e2')], mapping))
  expect(error).toMatchObject({ code: 'BATCH_REJECTED', status: 422, split: true })
})

test('no error carries the token', async () => {
  server.otherwise(coded(40105, `Token ${TOKEN} is incorrect`))
  const error = await errorFrom(tiktok.single(event('e1'), mapping))
  expect(error.message).toContain('Token *** is incorrect')
  expect(JSON.stringify(error)).not.toContain(TOKEN)
})

test('a refused connection stays the error of the transport', async () => {
  baseUrl = await refusingUrl()
  expect(await errorFrom(tiktok.single(event('e1'), mapping))).toMatchObject({
    code: 'ECONNREFUSED',
  })
})

describe('testAuthentication()', () => {
  test('asks every source of the settings, and sends no event', async () => {
    server.otherwise(coded(40002, 'data: Missing data for required field.'))
    await tiktok.testAuthentication({ offlineEventSetId: '7' })
    expect(server.requests.map(({ body }) => JSON.parse(String(body)))).toEqual([
      { event_source: 'web', event_source_id: 'C0PIXEL', data: [] },
      { event_source: 'offline', event_source_id: '7', data: [] },
    ])
    expect(server.requests[0]?.headers['access-token']).toBe(TOKEN)
  })

  test.each([
    ['a wrong token', coded(40105, 'Access token is incorrect or has been revoked.')],
    ['a wrong pixel', coded(40001, 'No permission')],
    ['an outage', coded(50000, 'System error.')],
  ])('fails for %s', async (_, answer) => {
    server.otherwise(answer)
    await expect(tiktok.testAuthentication()).rejects.toThrow('Credentials are invalid')
  })

  test('fails when no source is given', async () => {
    await expect(tiktok.testAuthentication({ pixelCode: '' })).rejects.toThrow('No pixel')
  })
})
