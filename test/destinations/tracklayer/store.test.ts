// The definition against the running store: real HTTP, real signatures, real rows.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createRequestClient, type RequestClient } from '@segment/actions-core'
import { TOLERANCE_MS } from '../../../core/signature.ts'
import type { Settings } from '../../../destinations/tracklayer/generated-types.ts'
import { useDatabase } from '../../support/database.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import {
  json,
  type RecordingServer,
  redirect,
  refusingUrl,
  silent,
  stalled,
  startRecordingServer,
  text,
} from '../../support/recording-server.ts'
import { orderMessage, SECRETS } from '../../support/signed-batch.ts'
import { createTestStore, type TestStoreOptions } from '../../support/store.ts'
import { accepting } from '../../support/store-answers.ts'
import { BUILT_FOLDER, driveTrackLayer, errorOf, membership, settingsFor } from './tracklayer.ts'

const database = useDatabase()
const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

/** A store that listens, by default on the same clock as the signatures. */
async function openStore(options: TestStoreOptions = {}) {
  const clock = createManualClock(Date.now())
  const store = createTestStore(database, { clock, ...options })
  const paths: string[] = []
  const fetch = (request: Request) => {
    paths.push(new URL(request.url).pathname)
    return store.app.fetch(request)
  }
  const server = await new Promise<Server>((resolve) => {
    const listening = serve({ fetch, hostname: '127.0.0.1', port: 0 }, () =>
      resolve(listening as Server),
    )
  })
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  return { store, paths, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function openServer(
  ...answer: Parameters<typeof startRecordingServer>
): Promise<RecordingServer> {
  const server = await startRecordingServer(...answer)
  closing.push(server.close)
  return server
}

const stored = () =>
  database.query<{ message_id: string; kind: string; environment: string }>(
    'select message_id, kind, environment from messages order by message_id',
  )

test('each action stores its messages, durable when it answers', async () => {
  const { store, url } = await openStore()
  const tracklayer = driveTrackLayer(settingsFor(url))
  const at = { userId: 'u1', timestamp: '2026-04-23T10:15:00.000Z' }
  const said = [
    await tracklayer.single('trackEvent', orderMessage('o1')),
    await tracklayer.single('identifyUser', {
      ...at,
      type: 'identify',
      messageId: 'i1',
      traits: { a: 1 },
    }),
    await tracklayer.single('groupUser', {
      ...at,
      type: 'group',
      messageId: 'g1',
      groupId: 'acme',
    }),
    await tracklayer.single('syncAudience', membership('u1', true)),
  ]
  expect(said).toMatchObject(Array(4).fill({ outcome: 'accepted' }))
  expect(said[0]).toEqual({ message_id: 'msg-o1', outcome: 'accepted', event_id: 'seg_msg-o1' })
  expect(await stored()).toEqual([
    { message_id: 'g1', kind: 'group', environment: 'production' },
    { message_id: 'i1', kind: 'profile', environment: 'production' },
    { message_id: 'msg-o1', kind: 'event', environment: 'production' },
    { message_id: 'personas_u1_true', kind: 'audience', environment: 'production' },
  ])
  const story = await (await store.read('/v1/messages/msg-o1')).json()
  expect(JSON.stringify(story)).toContain('"order_id":"o1"')
  expect(await tracklayer.single('trackEvent', orderMessage('o1'))).toEqual(said[0])
})

test('a bad row of a batch costs its neighbours nothing', async () => {
  const { url } = await openStore()
  const bad = { ...orderMessage('o2'), messageId: 'x'.repeat(300) }
  const nodes = await driveTrackLayer(settingsFor(url)).batch('trackEvent', [
    orderMessage('o1'),
    bad,
    orderMessage('o3'),
  ])
  expect(nodes.map(({ status }) => status)).toEqual([200, 400, 200])
  expect(nodes[1]?.errormessage).toBe('messageId is longer than 255 characters')
  expect((await stored()).map(({ message_id }) => message_id)).toEqual(['msg-o1', 'msg-o3'])
})

test('1,000 rows go as one signed POST, and are answered one by one', async () => {
  const { paths, url } = await openStore()
  const rows = Array.from({ length: 1000 }, (_, at) => orderMessage(`o${at}`))
  const nodes = await driveTrackLayer(settingsFor(url)).batch('trackEvent', rows)
  expect(nodes.filter(({ status }) => status === 200)).toHaveLength(1000)
  expect(nodes[999]?.body).toMatchObject({ event_id: 'seg_msg-o999' })
  expect(paths).toEqual(['/segment/events'])
  expect(await stored()).toHaveLength(1000)
})

test('memberships of a batch become the members of the audience', async () => {
  const { store, url } = await openStore()
  const tracklayer = driveTrackLayer(settingsFor(url))
  const later = { messageId: 'later', timestamp: '2026-04-23T11:00:00.000Z' }
  const nodes = await tracklayer.batch('syncAudience', [
    membership('u1', true),
    membership('u2', 'true'),
    membership('u3', false),
    membership('u2', false, later),
  ])
  expect(nodes.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  const row = { type: 'track', event: 'new', messageId: 'row-1', userId: 'u4' }
  const columns = { properties: { __segment_id: 'r1' }, timestamp: later.timestamp }
  await tracklayer.single('syncAudience', { ...row, ...columns }, { audience_key: 'churned' })
  expect(await membersOf('vip')).toEqual(['u1'])
  expect(await membersOf('churned')).toEqual(['u4'])

  async function membersOf(key: string): Promise<string[]> {
    const answer = await store.read(`/v1/audiences/${key}/members`)
    const { members } = (await answer.json()) as { members: { canonical_user_id: string }[] }
    return members.map(({ canonical_user_id }) => canonical_user_id)
  }
})

test('memberships name the audience that Segment created', async () => {
  const { url } = await openStore()
  const { destination } = driveTrackLayer(settingsFor(url))
  const personas = { computation_id: 'aud_2a', computation_key: 'vip', namespace: 'spa_1' }
  const input = { settings: settingsFor(url), audienceName: 'VIP', personas }
  const first = await destination.createAudience(input)
  expect(first.externalId).toMatch(/^tla_[0-9a-f]{32}$/)
  expect(await destination.createAudience({ ...input, audienceName: 'Renamed' })).toEqual(first)
  expect(await destination.getAudience({ settings: input.settings, ...first })).toEqual(first)
  const recreated = { ...input, personas: { ...personas, computation_id: 'aud_2b' } }
  expect(await destination.createAudience(recreated)).not.toEqual(first)
  const staging = { environment: 'staging', secret: SECRETS.staging }
  const elsewhere = { ...input, settings: settingsFor(url, staging) }
  expect(await destination.createAudience(elsewhere)).not.toEqual(first)
  const unknown = { settings: input.settings, externalId: 'tla_1' }
  expect(await errorOf(destination.getAudience(unknown))).toMatchObject({ status: 404 })
})

test('a deletion is stored once a day', async () => {
  const { url } = await openStore()
  const settings = settingsFor(url)
  const { destination } = driveTrackLayer(settings)
  const person = { userId: 'u1', anonymousId: null }
  await destination.onDelete?.(person as never, settings as never)
  await destination.onDelete?.(person as never, settings as never)
  expect(await stored()).toMatchObject([{ kind: 'delete' }])
})

describe('the test of the settings', () => {
  const connect = (settings: Settings) => driveTrackLayer(settings).testAuthentication()

  test('passes, and stores nothing', async () => {
    const { url } = await openStore()
    await connect(settingsFor(url))
    expect(await stored()).toEqual([])
  })

  const MISMATCH = 'Signature does not match: check account, environment and secret'
  test.each<[string, Partial<Settings>, string]>([
    ['a wrong secret', { secret: 'another-secret-000000' }, MISMATCH],
    ['a wrong account', { account: 'acct_other' }, MISMATCH],
    ['an unknown environment', { environment: 'prod' }, MISMATCH],
    ['another environment’s secret', { environment: 'staging' }, MISMATCH],
    [
      'an empty secret',
      { secret: ' ' },
      'Setting "secret" is empty; fill it in the destination\'s settings',
    ],
    [
      'no https',
      { storeUrl: 'http://store.example.com' },
      'Setting "storeUrl" must be an https:// address',
    ],
  ])('tells %s', async (_name, over, message) => {
    const { url } = await openStore()
    const error = await errorOf(connect(settingsFor(url, over)))
    expect(error.message).toContain(`Credentials are invalid:  ${message}`)
    if (over.secret?.trim()) expect(error.message).not.toContain(over.secret)
  })

  test('tells a clock that is wrong', async () => {
    const clock = createManualClock(Date.now() + TOLERANCE_MS + 60_000)
    const { url } = await openStore({ clock })
    const error = await errorOf(connect(settingsFor(url)))
    expect(error.message).toContain(
      "X-TrackLayer-Timestamp is more than 5 minutes from the store's clock",
    )
  })

  test('tells a store that nobody reaches', async () => {
    const error = await errorOf(connect(settingsFor(await refusingUrl())))
    expect(error.message).toMatch(/Cannot reach the store: .*ECONNREFUSED/)
  })

  test.each([
    ['a page of something else', text(404, '<html>not here</html>')],
    ['a friendly page', text(200, '<html>hello</html>')],
    ['a redirect', redirect(301, 'https://elsewhere.example.com/segment/events')],
    ['results nobody asked for', json(200, { results: [{ status: 200 }] })],
  ])('tells %s at the address', async (_name, answer) => {
    const server = await openServer(answer)
    const error = await errorOf(connect(settingsFor(server.url)))
    expect(error.message).toMatch(
      /No TrackLayer store answers at http:\S+ \(status \d+\): check the store URL/,
    )
  })

  test('tells a store that cannot answer now', async () => {
    const server = await openServer(text(502, 'bad gateway'))
    const error = await errorOf(connect(settingsFor(server.url)))
    expect(error.message).toContain('Cannot deliver a ping: the store answered 502, want 200')
  })
})

describe('an answer that does not come', () => {
  type PostWith = typeof import('../../../destinations/tracklayer/post.ts').postWith
  const { postWith } = require(`${BUILT_FOLDER}/post.ts`) as { postWith: PostWith }
  const request = createRequestClient() as RequestClient

  test.each([
    ['nothing', silent],
    ['an answer without an end', stalled('{"results":[')],
  ])('%s: given up in time', async (_name, answer) => {
    const server = await openServer(answer)
    const post = postWith(request, 60)({ url: server.url, headers: {}, body: '{}' })
    expect(await errorOf(post)).toMatchObject({ code: 'TIMED_OUT' })
  })

  test('a signed body is not sent on to where an answer points', async () => {
    const target = await openServer(accepting)
    const server = await openServer(redirect(307, target.url))
    const tracklayer = driveTrackLayer(settingsFor(server.url))
    const error = await errorOf(tracklayer.single('trackEvent', orderMessage('o1')))
    expect(error).toMatchObject({ status: 503 })
    expect(target.requests).toEqual([])
  })
})
