// From the store to Klaviyo's twin, which counts by Klaviyo's rules: once for a profile, a metric and a unique_id.
import { createRandom } from '../../../core/clock.ts'
import type { JsonObject } from '../../../core/json.ts'
import { createTransport } from '../../../delivery/transport.ts'
import { reconcile } from '../../../store/ledger.ts'
import { listen } from '../../../workspace/listen.ts'
import {
  createKlaviyoTwin,
  type KlaviyoTwin,
} from '../../../workspace/twins/klaviyo/klaviyo-twin.ts'
import { useDatabase } from '../../support/database.ts'
import { type RunningWorker, startWorker } from '../../support/delivery.ts'
import { orderMessage } from '../../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../../support/store.ts'
import { until } from '../../support/until.ts'
import { klaviyoDestination } from './stage.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
let store: TestStore
let twin: KlaviyoTwin
let server: Awaited<ReturnType<typeof listen>>
let worker: RunningWorker | undefined

beforeEach(async () => {
  store = createTestStore(database, { destinations: ['klaviyo'] })
  twin = createKlaviyoTwin({ clock: store.clock, random: createRandom(7), apiKeys: ['pk_good'] })
  server = await listen(twin.app, 0)
})
afterEach(async () => {
  await worker?.stop()
  await server.close()
})
afterAll(() => transport.close())

function start(apiKey = 'pk_good'): void {
  const { clock } = store
  const options = { url: server.url, transport: transport.send, clock, apiKey }
  worker = startWorker(store.database, [klaviyoDestination(options)])
}

function order(id: string, over: JsonObject = {}): JsonObject {
  return orderMessage(id, {
    userId: `user-${id}`,
    timestamp: '2026-04-23T10:00:00.000Z',
    context: {
      traits: { email: `${id}@example.com` },
      consent: { categoryPreferences: { Marketing: true } },
    },
    ...over,
  })
}

const ledger = async () => (await reconcile(store.database.pool, 'production')).destinations.klaviyo

// The clock stands: retries fall due because it is moved, a little at a time and only while no request is under way, whose
// claim would expire with it.
const settled = () =>
  until(async () => {
    const now = await ledger()
    if (now && now.pending + now.retrying === 0) return true
    if (twin.requests().length === worker?.records.length) store.clock.advance(5_000)
    return false
  })

test('orders count once each, through 429, 500, lost answers and repeated messages', async () => {
  twin.faults.set({ rate429: 0.15, rate500: 0.15, lostResetRate: 0.2 })
  const orders = Array.from({ length: 40 }, (_, at) => order(`o${at}`))
  await store.send(orders)
  // Segment's retry of the same messages, and a second message for an order that is known.
  await store.send(orders.slice(0, 10))
  await store.send([order('o3', { messageId: 'from-the-server' })])
  start()
  await settled()

  expect(await ledger()).toMatchObject({ delivered: 40, dead: 0 })
  const { counted, duplicates, refused } = twin.summary()
  expect(counted).toBe(40)
  expect(duplicates).toBeGreaterThan(0)
  expect(refused).toEqual({})
  expect([...twin.counted().keys()].every((key) => key.startsWith('Placed Order/'))).toBe(true)
})

test('without consent for marketing nothing is sent', async () => {
  const consent = (Marketing: boolean) => ({
    traits: { email: 'jane@example.com' },
    consent: { categoryPreferences: { Marketing } },
  })
  await store.send([order('no', { context: consent(false) }), order('yes')])
  start()
  await settled()
  expect(await ledger()).toMatchObject({ delivered: 1, filtered: 1 })
  expect(twin.summary().received).toBe(1)
})

test('an event that Klaviyo refuses is a dead letter, and its neighbours go', async () => {
  const context = {
    traits: { email: 'no address' },
    consent: { categoryPreferences: { Marketing: true } },
  }
  await store.send([order('bad', { context }), order('good')])
  start()
  await settled()
  expect(await ledger()).toMatchObject({ delivered: 1, dead: 1 })
})

test('a refused key pauses the destination', async () => {
  await store.send([order('o1')])
  start('pk_expired')
  await until(async () => {
    const [row] = await database.query<{ is_paused: boolean }>(
      'select is_paused from destination_states',
    )
    return row?.is_paused === true
  })
  expect(await ledger()).toMatchObject({ dead: 0 })
})
