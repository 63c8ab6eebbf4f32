// What each platform answers of a batch with a row it does not take, and what a host gets to see of it.
import {
  type Answer,
  json,
  type RecordingServer,
  startRecordingServer,
  text,
} from '../../support/recording-server.ts'
import { drive, errorFrom } from '../drive.ts'
import { change, mappingOf, PLATFORMS } from './platforms.ts'

let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(json(500, {}))
})
afterEach(() => server.close())

function drivenAs(name: string) {
  const platform = PLATFORMS.find((each) => each.name === name) as (typeof PLATFORMS)[number]
  const driven = drive(platform.definition, () => platform.settings(server.url), {
    action: 'syncAudience',
    auth: platform.auth,
  })
  const events = ['ann', 'bob', 'cyd'].map((who) => change({ who, audience: '7' }))
  return {
    batch: (count = 3) => driven.batch(events.slice(0, count), mappingOf(platform)),
    single: () => driven.single(events[0] as object, mappingOf(platform)),
  }
}

const tiktok = (code: number, message: string) =>
  json(200, { code, message, request_id: 'r1', data: {} })
const google = (field: string, reason: string) =>
  json(400, {
    error: {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: 'There was a problem with the request.',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field, reason, description: 'Wrong.' }],
        },
      ],
    },
  })
const klaviyo = (status: number, pointer: string, detail: string) =>
  json(status, { errors: [{ status, code: 'invalid', detail, source: { pointer } }] })
const graph = (error: object, status = 400) =>
  json(status, { error: { message: 'Words', ...error } })

test.each<readonly [string, Answer]>([
  ['tiktok', tiktok(40002, 'batch_data.1.id: Must be hashed with SHA256.')],
  ['tiktok', tiktok(40002, 'batch_data[1]: wrong')],
  ['google', google('audience_members.audience_members[1].user_data', 'INVALID_SHA256_FORMAT')],
  ['klaviyo', klaviyo(400, '/data/attributes/profiles/data/1/attributes/email', 'Invalid email')],
])('%s names a row: that one fails, and the others are sent again', async (name, answer) => {
  server.otherwise(answer)
  const nodes = await drivenAs(name).batch()
  expect(nodes.map(({ status }) => status)).toEqual([503, 400, 503])
})

test.each<readonly [string, Answer]>([
  ['meta', json(200, { audience_id: '7', num_received: 3, num_invalid_entries: 1 })],
  ['meta', json(200, { audience_id: '7', num_received: 2, num_invalid_entries: 0 })],
  ['meta', graph({ code: 100 })],
  ['tiktok', tiktok(40002, 'batch_data: wrong')],
  ['google', google('audience_members', 'INVALID_AUDIENCE_MEMBER')],
  ['klaviyo', klaviyo(400, '/data/', 'Invalid input')],
  ['klaviyo', text(413, '')],
])(
  '%s refuses without naming a row: halves are asked for, and one alone fails',
  async (name, answer) => {
    server.otherwise(answer)
    const driven = drivenAs(name)
    expect(await errorFrom(driven.batch())).toMatchObject({ code: 'BATCH_REJECTED', split: true })
    server.otherwise(
      name === 'meta' ? json(200, { num_received: 1, num_invalid_entries: 1 }) : answer,
    )
    expect((await driven.batch(1)).map(({ status }) => status)).toEqual([400])
    expect(await errorFrom(driven.single())).toMatchObject({ code: 'PAYLOAD_VALIDATION_FAILED' })
  },
)

test.each<readonly [string, Answer, object]>([
  [
    'meta',
    graph({ code: 100, error_subcode: 1713230 }),
    { status: 403, code: 'AUDIENCE_UNAVAILABLE' },
  ],
  ['meta', graph({ code: 100, error_subcode: 33 }), { status: 403, code: 'AUDIENCE_UNAVAILABLE' }],
  ['meta', graph({ code: 80003 }), { status: 429, code: 'RETRYABLE_ERROR' }],
  ['meta', text(200, '<html>'), { status: 502, code: 'RETRYABLE_ERROR' }],
  ['tiktok', tiktok(40001, 'No permission'), { status: 401 }],
  ['tiktok', tiktok(40100, 'Too many requests'), { status: 429, code: 'RETRYABLE_ERROR' }],
  [
    'tiktok',
    tiktok(40002, 'Audience 7 does not exist'),
    { status: 403, code: 'AUDIENCE_UNAVAILABLE' },
  ],
  ['tiktok', text(200, '<html>'), { status: 502, code: 'RETRYABLE_ERROR' }],
  [
    'google',
    google('destinations[0].product_destination_id', 'INVALID_USER_LIST_ID'),
    { status: 403, code: 'AUDIENCE_UNAVAILABLE' },
  ],
  [
    'google',
    google('terms_of_service', 'TERMS_AND_CONDITIONS_NOT_SIGNED'),
    { status: 403, code: 'SETTINGS_INVALID' },
  ],
  ['google', json(409, { error: { status: 'ABORTED' } }), { code: 'RETRYABLE_ERROR' }],
  [
    'klaviyo',
    klaviyo(400, '/data', 'List ID 7 does not exist.'),
    { status: 403, code: 'AUDIENCE_UNAVAILABLE' },
  ],
  [
    'klaviyo',
    json(429, { errors: [] }, { 'Retry-After': '9' }),
    { status: 429, retryAfterMs: 9000 },
  ],
  ['klaviyo', klaviyo(403, '/data', 'Missing scope'), { status: 401 }],
])('%s: what concerns every row fails the request (%#)', async (name, answer, facts) => {
  server.otherwise(answer)
  expect(await errorFrom(drivenAs(name).batch())).toMatchObject(facts)
  expect(server.requests).toHaveLength(1)
})

test('no message repeats an address that Klaviyo quotes', async () => {
  server.otherwise(klaviyo(400, '/data/', 'ann@example.com is invalid'))
  const error = await errorFrom(drivenAs('klaviyo').single())
  expect(error.message).toContain('*** is invalid')
})

test('google: nobody is added before the operator says that the terms are accepted', async () => {
  const platform = PLATFORMS.find(({ name }) => name === 'google') as (typeof PLATFORMS)[number]
  const settings = { ...platform.settings(server.url), customer_match_terms: '' }
  const { batch } = drive(platform.definition, () => settings, {
    action: 'syncAudience',
    auth: platform.auth,
  })
  const sync = (isMember: boolean) =>
    batch([change({ who: 'ann', audience: '7', isMember })], mappingOf(platform))
  const error = await errorFrom(sync(true))
  expect(error).toMatchObject({ status: 403, code: 'SETTINGS_INVALID' })
  expect(error.message).toContain('Audience manager')
  expect(server.requests).toHaveLength(0)
  server.otherwise(json(200, { requestId: 'dm-1' }))
  expect((await sync(false)).map(({ status }) => status)).toEqual([200])
})
