// Requests read against the vendors' pages, byte for byte: Jane enters, Jane leaves, an audience is made.
import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../../core/json.ts'
import { audienceEntered, audienceExited } from '../../../destinations/example-events.ts'
import { examples as google } from '../../../destinations/google-audiences/examples.ts'
import { examples as klaviyo } from '../../../destinations/klaviyo-lists/examples.ts'
import { examples as meta } from '../../../destinations/meta-audiences/examples.ts'
import { examples as tiktok } from '../../../destinations/tiktok-audiences/examples.ts'
import {
  type Answer,
  json,
  type RecordingServer,
  startRecordingServer,
} from '../../support/recording-server.ts'
import { drive } from '../drive.ts'
import { type AudiencePlatform, mappingOf, platformCases, remoteOf } from './platforms.ts'

let server: RecordingServer
afterEach(() => server.close())

const profile = { type: 'profile', id: '01J0JANE', attributes: { email: 'jane.doe@example.com' } }
const ANSWERS: Readonly<Record<string, { change: Answer; create: readonly Answer[] }>> = {
  meta: {
    change: json(200, { audience_id: '120210001', num_received: 1, num_invalid_entries: 0 }),
    create: [json(200, { data: [] }), json(200, { id: '120210001' })],
  },
  google: {
    change: json(200, { requestId: 'dm-1' }),
    create: [json(200, {}), json(200, { id: '120210001' })],
  },
  tiktok: {
    change: json(200, { code: 0, message: 'OK', data: {} }),
    create: [
      json(200, { code: 0, message: 'OK', data: { list: [] } }),
      json(200, { code: 0, message: 'OK', data: { audience_id: '120210001' } }),
    ],
  },
  klaviyo: {
    change: json(200, { data: [profile] }),
    create: [json(200, { data: [] }), json(201, { data: { type: 'list', id: '120210001' } })],
  },
}

const HEADERS = ['authorization', 'access-token', 'revision', 'login-account']

function left() {
  return server.requests.map(({ method, path, headers, body }) => ({
    method,
    path,
    headers: Object.fromEntries(
      HEADERS.filter((name) => headers[name]).map((name) => [name, headers[name]]),
    ),
    body: body.toString('utf8'),
  }))
}

/** Byte for byte: key order and number form included. */
function expectGolden(platform: string, moment: string) {
  const file = `test/destinations/golden/audiences/${platform}-${moment}.json`
  const golden = JSON.parse(readFileSync(file, 'utf8')) as { body: unknown }[]
  expect(left()).toEqual(
    golden.map((request) => ({
      ...request,
      body: request.body === null ? '' : JSON.stringify(request.body),
    })),
  )
}

const envelope = (event: object) => ({
  ...event,
  platform_consent: { ad_user_data: 'GRANTED', ad_personalization: 'GRANTED' },
})

describe.each(platformCases)('%s', (name, platform) => {
  const { change, create } = ANSWERS[name] as { change: Answer; create: readonly Answer[] }
  const driven = drive(platform.definition, () => platform.settings(server.url), {
    action: 'syncAudience',
    auth: platform.auth,
  })

  test.each([
    ['add', audienceEntered],
    ['remove', audienceExited],
  ])('%s leaves as the golden request, byte for byte', async (moment, event) => {
    server = await startRecordingServer(change)
    await driven.single(envelope(event), mappingOf(platform))
    expectGolden(name, moment)
  })

  test('create leaves as the golden requests: look first, make then', async () => {
    server = await startRecordingServer(change)
    server.next(...create)
    const made = await remoteOf(platform).createAudience({
      settings: platform.settings(server.url),
      audienceName: 'VIP customers',
      audienceSettings: name === 'google' ? { membership_days: 90 } : {},
      personas: { computation_id: 'aud_2JVIP', computation_key: 'vip_customers', namespace: 'spa' },
    })
    expect(made).toEqual({ externalId: '120210001' })
    expectGolden(name, 'create')
  })
})

const EXAMPLES = { meta, google, tiktok, klaviyo }
const all = platformCases.flatMap(([name, platform]) =>
  EXAMPLES[name as keyof typeof EXAMPLES].map(
    (example) => [name, example.name, platform, example] as const,
  ),
)

test.each(all)('%s example: %s', async (name, _, platform: AudiencePlatform, example) => {
  server = await startRecordingServer((ANSWERS[name] as { change: Answer }).change)
  const settings: JsonObject = { ...platform.settings(server.url), ...example.settings }
  const driven = drive(platform.definition, () => settings, {
    action: example.action,
    auth: platform.auth,
  })
  await driven.single(example.in, example.mapping)
  expect(left().map(({ headers, ...request }) => request)).toEqual(
    example.out.map(({ method, path, body }) => ({ method, path, body: JSON.stringify(body) })),
  )
})
