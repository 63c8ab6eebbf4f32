// A destination file on a definition, from the store to a twin of the platform: consent, age, batches, refusals, pauses.
import { readFileSync } from 'node:fs'
import { createRandom } from '../../core/clock.ts'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createDestination } from '../../delivery/definitions.ts'
import { createTransport } from '../../delivery/transport.ts'
import { setDestinationState } from '../../store/destination-states.ts'
import { reconcile } from '../../store/ledger.ts'
import { listen } from '../../workspace/listen.ts'
import { createMetaTwin, type MetaTwin } from '../../workspace/twins/meta/meta-twin.ts'
import { useDatabase } from '../support/database.ts'
import { CATALOGUE, NO_RETURNS, type RunningWorker, startWorker } from '../support/delivery.ts'
import { ACCOUNT, batchOf, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const FILE = parseDestinationFile(
  readFileSync('mappings/destinations/meta.yaml', 'utf8'),
  'meta.yaml',
  undefined,
  CATALOGUE,
)
const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
const DAY_MS = 24 * 60 * 60 * 1000

let store: TestStore
let twin: MetaTwin
let server: Awaited<ReturnType<typeof listen>>
let workers: RunningWorker[]

beforeEach(async () => {
  store = createTestStore(database, { destinations: ['meta'] })
  twin = createMetaTwin({
    clock: store.clock,
    random: createRandom(7),
    tokens: [{ token: 'good' }],
    pixelIds: ['77'],
  })
  server = await listen(twin.app, 0)
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await server.close()
})
afterAll(() => transport.close())

function start(accessToken = 'good'): RunningWorker {
  const settings = { pixelId: '77', accessToken, apiVersion: 'v24.0', baseUrl: server.url }
  const destination = createDestination({
    name: 'meta',
    account: ACCOUNT,
    environment: 'production',
    file: FILE,
    settings,
    returns: NO_RETURNS,
    catalogue: CATALOGUE,
    transport: transport.send,
    clock: store.clock,
  })
  const worker = startWorker(store.database, [destination])
  workers.push(worker)
  return worker
}

// Older than the store's clock by a little: Meta takes no event from the future.
const BEFORE = '2026-04-23T10:00:00.000Z'

function order(id: string, consent: JsonObject | null, over: JsonObject = {}): JsonObject {
  const { properties } = orderMessage(id)
  return orderMessage(id, {
    userId: 'jane',
    timestamp: BEFORE,
    context: {
      traits: { email: 'jane@example.com' },
      ...(consent ? { consent: { categoryPreferences: consent } } : {}),
    },
    properties: { ...(properties as JsonObject), revenue: 10, currency: 'EUR' },
    ...over,
  })
}

const GRANTED = { Advertising: true }
const REFUSED = { Advertising: false }

const says = (id: string, consent: JsonObject, timestamp: string): JsonObject => ({
  type: 'identify',
  messageId: id,
  userId: 'jane',
  timestamp,
  traits: {},
  context: { consent: { categoryPreferences: consent } },
})

async function states(): Promise<Record<string, string>> {
  const rows = await database.query<{ message_id: string; state: string; reason: string | null }>(
    `select e.message_id, d.state, d.reason from deliveries d join events e on e.id = d.event_id order by e.id`,
  )
  return Object.fromEntries(
    rows.map(({ message_id, state, reason }) => [
      message_id,
      reason ? `${state}: ${reason}` : state,
    ]),
  )
}

const reached = (wanted: Record<string, string>) =>
  until(async () => {
    const now = await states()
    return Object.entries(wanted).every(([id, state]) => now[id] === state)
  })

test('a granted order counts once; a refused one is filtered, with its evidence', async () => {
  await store.send([order('o1', GRANTED), order('o2', REFUSED)])
  start()
  await reached({ 'msg-o1': 'delivered', 'msg-o2': 'filtered: consent_denied' })

  expect(twin.summary()).toEqual({ received: 1, counted: 1, duplicates: 0, refused: {} })
  const [row] = await database.query<{ decision: JsonObject }>(
    `select decision from deliveries where reason = 'consent_denied'`,
  )
  expect(row?.decision.consent).toEqual({
    state: 'denied',
    evidence: [
      {
        category: 'Advertising',
        state: 'denied',
        source: 'event',
        messageId: 'msg-o2',
        statedAt: BEFORE,
      },
    ],
  })
})

test('each delivery keeps its estimate, and the destination their mean and what is missed most', async () => {
  const stranger = order('o2', GRANTED, { context: { consent: { categoryPreferences: GRANTED } } })
  await store.send([order('o1', GRANTED), stranger, order('o3', REFUSED)])
  start()
  await reached({
    'msg-o1': 'delivered',
    'msg-o2': 'delivered',
    'msg-o3': 'filtered: consent_denied',
  })
  const [row] = await database.query<{ match: JsonObject }>(
    `select d.decision -> 'match' as match from deliveries d join events e on e.id = d.event_id
     where e.message_id = 'msg-o1'`,
  )
  // email 26 and external_id 8 of 100.
  expect(row?.match).toMatchObject({
    score: 3.4,
    missing: expect.arrayContaining(['phone', 'meta_click_id']),
  })
  const { destinations } = (await (await store.read('/v1/destinations')).json()) as {
    destinations: { match_quality: JsonObject }[]
  }
  expect(destinations[0]?.match_quality).toMatchObject({ average: 2.1, events: 2 })
  const missing = destinations[0]?.match_quality.missing as { identifier: string; share: number }[]
  expect(missing).toHaveLength(5)
  expect(missing.slice(0, 2)).toEqual([
    { identifier: 'meta_click_id', share: 1 },
    { identifier: 'phone', share: 1 },
  ])
  const staging = (await (await store.read('/v1/destinations', 'staging')).json()) as JsonObject
  expect(staging.destinations).toMatchObject([{ match_quality: null }])
  store.clock.advance(2 * DAY_MS)
  const later = (await (await store.read('/v1/destinations')).json()) as JsonObject
  expect(later.destinations).toMatchObject([{ match_quality: null }])
})

test('an order without an answer is held, and goes when the person grants', async () => {
  await store.send([order('o1', null)])
  start()
  await reached({ 'msg-o1': 'held: consent_unknown' })
  expect(twin.summary().received).toBe(0)

  await store.send([says('yes', GRANTED, '2026-04-23T10:10:00.000Z')])
  await reached({ 'msg-o1': 'delivered' })
  expect(twin.summary().counted).toBe(1)
})

test('held orders are let go by a refusal, and by the end of the hold', async () => {
  await store.send([order('o1', null), order('o2', null, { userId: 'somebody else' })])
  start()
  await reached({ 'msg-o1': 'held: consent_unknown', 'msg-o2': 'held: consent_unknown' })

  await store.send([says('no', REFUSED, '2026-04-23T10:10:00.000Z')])
  await reached({ 'msg-o1': 'filtered: consent_denied' })
  store.clock.advance(7 * DAY_MS)
  // Older than Meta takes by now, which is decided first.
  await reached({ 'msg-o2': 'filtered: too_old' })
  expect(twin.summary().received).toBe(0)
})

test('a grant of an anonymous order arrives with the user it turns out to be', async () => {
  await store.send([says('yes', GRANTED, '2026-04-23T10:10:00.000Z')])
  await store.send([order('o1', null, { userId: null, anonymousId: 'visitor' })])
  start()
  await reached({ 'msg-o1': 'held: consent_unknown' })

  await store.send([
    { type: 'identify', messageId: 'i', userId: 'jane', anonymousId: 'visitor', timestamp: BEFORE },
  ])
  await reached({ 'msg-o1': 'delivered' })
})

test('a refusal withdraws what waits for a retry', async () => {
  twin.faults.next('server-error')
  await store.send([order('o1', GRANTED)])
  start()
  await until(async () => (await states())['msg-o1']?.startsWith('retrying') ?? false)

  await store.send([says('no', REFUSED, '2026-04-23T10:12:00.000Z')])
  await reached({ 'msg-o1': 'filtered: consent_denied' })
  expect(twin.summary().counted).toBe(0)
})

test('an event too old for the platform is parked, and its neighbours go', async () => {
  await store.send([
    order('old', GRANTED, { timestamp: '2026-04-10T10:00:00.000Z' }),
    order('new', GRANTED),
  ])
  start()
  await reached({ 'msg-old': 'filtered: too_old', 'msg-new': 'delivered' })
  expect(twin.summary().counted).toBe(1)
})

test('one event that the platform refuses costs only itself, in a batch of fifty', async () => {
  const orders = Array.from({ length: 50 }, (_, at) => order(`o${at}`, GRANTED))
  // From the future: no rule of ours looks at it, Meta refuses the whole request for it.
  orders[17] = order('o17', GRANTED, { timestamp: '2026-04-24T10:00:00.000Z' })
  await store.send(orders)
  start()
  await until(async () => {
    const { destinations } = await reconcile(store.database.pool, 'production')
    return (destinations.meta?.delivered ?? 0) + (destinations.meta?.dead ?? 0) === 50
  })
  const now = await states()
  expect(now['msg-o17']).toMatch(/^dead: /)
  expect(Object.values(now).filter((state) => state === 'delivered')).toHaveLength(49)
  expect(twin.summary().counted).toBe(49)
})

test('a lost answer is repeated under the same id, and counts once', async () => {
  twin.faults.next('lost-reset')
  await store.send([order('o1', GRANTED)])
  start()
  await until(async () => (await states())['msg-o1']?.startsWith('retrying') ?? false)
  store.clock.advance(60_000)
  await reached({ 'msg-o1': 'delivered' })
  expect(twin.summary()).toMatchObject({ counted: 1, duplicates: 1 })
})

test('a refused credential pauses the destination; nothing is lost, and all goes once it is mended', async () => {
  await store.send([order('o1', GRANTED)])
  const broken = start('expired')
  const paused = () =>
    database.query<{ is_paused: boolean }>('select is_paused from destination_states')
  await until(async () => (await paused())[0]?.is_paused === true)
  await store.send([order('o2', GRANTED)])
  await broken.stop()
  expect((await states())['msg-o2']).toBe('pending')

  start('good')
  const { pool } = store.database
  const at = new Date(store.clock.now())
  const change = {
    environment: 'production',
    destination: 'meta',
    isPaused: false,
    reason: null,
    at,
  }
  await setDestinationState(pool, change)
  store.clock.advance(60_000)
  await reached({ 'msg-o1': 'delivered', 'msg-o2': 'delivered' })
  expect(twin.summary().counted).toBe(2)
})

// Whoever holds the secret may post what our functions never would.
test.each([
  { name: 'nothing but a name and an id', rest: {} },
  {
    name: 'fields of other types',
    rest: {
      user: 'jane',
      context: 7,
      consent: 'yes',
      occurred_at: 5,
      message_id: {},
      anonymous_id: [],
    },
  },
  {
    name: 'null everywhere',
    rest: { user: null, context: null, consent: null, occurred_at: null },
  },
])('a canonical event of $name harms no neighbour', async ({ rest }) => {
  const { batch } = batchOf([order('o1', GRANTED), order('odd', GRANTED), order('o2', GRANTED)])
  const odd = {
    ...batch[1],
    canonical: { tracklayer_event: 'purchase', properties: { event_id: 'odd' }, ...rest },
  }
  const answer = await store.post(JSON.stringify({ batch: [batch[0], odd, batch[2]] }))
  expect(answer.status).toBe(200)
  const { log } = start()
  await reached({ 'msg-o1': 'delivered', 'msg-o2': 'delivered' })
  await until(async () => (await states())['msg-odd'] !== 'pending')
  expect(log).toEqual([])
  expect(await states()).toEqual({
    'msg-o1': 'delivered',
    'msg-odd': expect.stringMatching(/^(held|filtered|dead)/),
    'msg-o2': 'delivered',
  })
})
