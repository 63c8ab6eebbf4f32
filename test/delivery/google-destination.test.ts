// Google Ads from the store to the twin of the Data Manager API: what is taken in counts as delivered, and what the
// request's status says later corrects the ledger.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRandom } from '../../core/clock.ts'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createVault } from '../../core/vault.ts'
import { createDestination } from '../../delivery/definitions.ts'
import { createTransport } from '../../delivery/transport.ts'
import { listen } from '../../workspace/listen.ts'
import { createGoogleTwin, type GoogleTwin } from '../../workspace/twins/google/google-twin.ts'
import { useDatabase } from '../support/database.ts'
import { CATALOGUE, NO_RETURNS, type RunningWorker, startWorker } from '../support/delivery.ts'
import { json, type RecordingServer, startRecordingServer } from '../support/recording-server.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const FILE = parseDestinationFile(
  readFileSync('mappings/destinations/google-ads.yaml', 'utf8'),
  'google-ads.yaml',
  undefined,
  CATALOGUE,
)
const OAUTH = { client_id: 'c', client_secret: 's', refresh_token: 'r' }
const MINUTE_MS = 60_000
const BEFORE = '2026-04-23T10:00:00.000Z'
const GCLID = 'Cj0KCQjw_long_enough_click_id'
const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })

let store: TestStore
let twin: GoogleTwin
let server: Awaited<ReturnType<typeof listen>>
let tokens: RecordingServer
let worker: RunningWorker | undefined

beforeEach(async () => {
  store = createTestStore(database, { destinations: ['google-ads'] })
  twin = createGoogleTwin({
    clock: store.clock,
    random: createRandom(7),
    tokens: [{ token: 'access' }],
    accountIds: ['1234567890'],
    conversionActions: [{ id: '77', type: 'UPLOAD_CLICKS' }],
  })
  server = await listen(twin.app, 0)
  tokens = await startRecordingServer(json(200, { access_token: 'access', expires_in: 3600 }))
})
afterEach(async () => {
  await worker?.stop()
  worker = undefined
  await Promise.all([server.close(), tokens.close()])
})
afterAll(() => transport.close())

function start(): RunningWorker {
  const destination = createDestination({
    name: 'google-ads',
    account: ACCOUNT,
    environment: 'production',
    file: { ...FILE, oauth: OAUTH },
    settings: {
      operating_account_id: '1234567890',
      conversion_actions: 'purchase=77',
      base_url: server.url,
      token_url: tokens.url,
    },
    returns: NO_RETURNS,
    catalogue: CATALOGUE,
    transport: transport.send,
    clock: store.clock,
    tokenStore: {
      database: store.database,
      vault: createVault('a'.repeat(64), randomBytes),
    },
  })
  worker = startWorker(store.database, [destination])
  return worker
}

function order(id: string, gclid: string, over: JsonObject = {}): JsonObject {
  return orderMessage(id, {
    userId: 'jane',
    timestamp: BEFORE,
    context: {
      page: { url: `https://shop.example.com/?gclid=${gclid}` },
      consent: { categoryPreferences: { Advertising: true } },
    },
    ...over,
  })
}

interface Row {
  message_id: string
  state: string
  reason: string | null
  confirmation: { state: string; receipt: string } | null
}

const rows = () =>
  database.query<Row>(
    `select e.message_id, d.state, d.reason, d.decision -> 'confirmation' as confirmation
     from deliveries d join events e on e.id = d.event_id order by e.id`,
  )
const open = () => database.query<{ asked: number }>('select asked from confirmations')

const settled = (state: string) =>
  until(async () => (await rows()).every((row) => row.confirmation?.state === state))

/** Lets time pass in steps until it is so: the worker's own waits end somewhere within. */
async function passUntil(isSo: () => Promise<boolean>, stepMs = 10 * MINUTE_MS): Promise<void> {
  await until(async () => {
    if (await isSo()) return true
    store.clock.advance(stepMs)
    return false
  })
}

test('what is taken in is delivered, and confirmed once Google says so', async () => {
  await store.send([order('o1', GCLID), order('o2', GCLID)])
  start()
  await settled('taken_in')
  expect((await rows()).map(({ state }) => state)).toEqual(['delivered', 'delivered'])
  expect(await open()).toEqual([{ asked: 0 }])

  await passUntil(async () => (await open()).length === 0)
  await settled('counted')
  expect((await rows()).map(({ state }) => state)).toEqual(['delivered', 'delivered'])
})

test('what Google then does not count is dead, with its reason', async () => {
  await store.send([order('o1', 'too_short_1')])
  start()
  await settled('taken_in')
  await passUntil(async () => (await open()).length === 0)
  expect(await rows()).toMatchObject([
    { state: 'dead', reason: 'not counted: INVALID_GCLID 1', confirmation: { state: 'dead' } },
  ])
  await until(() => worker?.log.some((line) => line.includes('1 event(s) now dead')) ?? false)
})

test('of a request that counts in part, nobody says which event: they are unknown', async () => {
  await store.send([order('o1', GCLID), order('o2', 'too_short_1')])
  start()
  await settled('taken_in')
  await passUntil(async () => (await open()).length === 0)
  const [first, second] = await rows()
  expect(first).toMatchObject({ state: 'unknown', confirmation: { state: 'unknown' } })
  expect(first?.reason).toMatch(/^of 2 event\(s\) of request .* not said: INVALID_GCLID 1$/)
  expect(second?.reason).toBe(first?.reason)
})

test('a status that never comes ends as unknown after three days', async () => {
  await server.close()
  const api = await startRecordingServer((response, request) =>
    json(
      200,
      request.path.includes('requestStatus')
        ? { requestStatusPerDestination: [{ requestStatus: 'PROCESSING' }] }
        : { requestId: 'r1' },
    )(response, request),
  )
  server = { ...server, url: api.url, close: api.close }
  await store.send([order('o1', GCLID)])
  start()
  await settled('taken_in')
  await passUntil(async () => (await open()).length === 0, 60 * MINUTE_MS)
  expect(await rows()).toMatchObject([{ state: 'unknown' }])
  const asked = api.requests.filter(({ path }) => path.includes('requestStatus'))
  // After 30, 60, 120, 240 minutes, then every six hours.
  expect(asked.length).toBeGreaterThan(6)
  expect(asked.length).toBeLessThan(25)
})

test('a full refund without an amount takes the value back', async () => {
  await store.send([
    order('o1', GCLID, { properties: { order_id: 'R1', revenue: 10, currency: 'EUR' } }),
  ])
  start()
  await settled('taken_in')
  const refund = order('r1', GCLID, { event: 'Order Refunded', properties: { order_id: 'R1' } })
  const part = order('r2', GCLID, {
    event: 'Order Refunded',
    properties: { order_id: 'R1', value: 3, currency: 'EUR' },
  })
  await store.send([refund, part])
  await until(async () => (await rows()).every(({ state }) => state !== 'pending'))
  expect((await rows()).map(({ state, reason }) => [state, reason])).toEqual([
    ['delivered', null],
    ['delivered', null],
    ['filtered', 'trigger'],
  ])
  const [counted] = twin.counted().values()
  expect(counted?.event).toMatchObject({ transactionId: 'R1', conversionValue: 0 })
})
