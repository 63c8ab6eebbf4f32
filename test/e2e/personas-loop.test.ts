// The Personas loop in a workspace, with the real store and the built functions: an audience that Segment computes over the
// shop's orders comes in, its transitions go out, confirmed orders come back with the audience, and although the source of
// what comes back feeds the destination function too, nothing goes round.
import path from 'node:path'
import { realClock } from '../../cli/clock.ts'
import { type StoreService, startStoreService } from '../../cli/store-service.ts'
import { createRandom } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Outcomes } from '../../store/outcomes.ts'
import { createWorkspace, type Workspace } from '../../workspace/workspace.ts'
import { useDatabase } from '../support/database.ts'
import { createEngage } from '../support/engage.ts'
import {
  ACCOUNT,
  BUNDLES,
  ENVIRONMENT,
  REALM_WORKER_FILE,
  RETURN_SECRET,
  SECRET,
} from '../support/function-stage.ts'
import { type RecordingServer, startRecordingServer, text } from '../support/recording-server.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const API_KEY = 'an-api-key-of-the-store-0000'

let webhook: RecordingServer
let workspace: Workspace
let store: StoreService
/** Source → what Segment took in from it. */
let taken: Record<string, JsonObject[]>

beforeEach(async () => {
  taken = { shop: [], engage: [], return: [] }
  webhook = await startRecordingServer(text(200, 'ok'))
  workspace = createWorkspace({
    clock: realClock,
    random: createRandom(5),
    realmWorkerFile: REALM_WORKER_FILE,
    onMessage: (message, source) => {
      taken[source]?.push(message)
      engage.observe(message)
    },
  })
  for (const name of ['shop', 'engage']) workspace.addSource({ name, writeKey: name })
  const engage = createEngage({
    key: 'spent_over_100',
    from: 100,
    now: realClock.now,
    send: (message) => workspace.inject('engage', message),
  })
  const segment = await workspace.listen({ port: 0 })
  store = await startStoreService({
    pool: database.pool,
    access: {
      account: ACCOUNT,
      environments: [{ name: ENVIRONMENT, secrets: [SECRET], apiKeys: [API_KEY] }],
    },
    mappingsDir: path.join(__dirname, 'personas'),
    variables: {
      WEBHOOK_URL_PRODUCTION: webhook.url,
      WEBHOOK_SECRET_PRODUCTION: 'a-secret-of-the-webhook',
      SEGMENT_RETURN_URL_PRODUCTION: `${segment.url}/functions/return`,
      SEGMENT_RETURN_SECRET_PRODUCTION: RETURN_SECRET,
      TRACKLAYER_ALLOW_PRIVATE_ADDRESSES: 'true',
    },
    log: () => {},
    listen: { host: '127.0.0.1', port: 0 },
    deliver: true,
  })
  const settings = { account: ACCOUNT, environment: ENVIRONMENT }
  await workspace.addSourceFunction({
    name: 'return',
    file: BUNDLES.source,
    settings: { ...settings, secret: RETURN_SECRET },
  })
  await workspace.addDestinationFunction({
    name: 'TrackLayer',
    file: BUNDLES.destination,
    settings: { ...settings, secret: SECRET, storeUrl: store.url },
    sources: ['shop', 'engage', 'return'],
    batch: { windowMs: 20 },
  })
})

afterEach(async () => {
  await workspace.settled()
  await store.stop()
  await workspace.close()
  await webhook.close()
})

function shop(event: string, messageId: string, userId: string, properties: JsonObject): void {
  const timestamp = new Date(realClock.now()).toISOString()
  workspace.inject('shop', { type: 'track', event, messageId, userId, timestamp, properties })
}

const order = (id: string, userId: string, revenue: number) =>
  shop('Order Completed', `m-${id}`, userId, { order_id: id, revenue, currency: 'EUR' })

interface WebhookEvent {
  readonly tracklayer_event: string
  readonly canonical_user_id: string
  readonly properties: JsonObject
}
const toWebhook = () =>
  webhook.requests.map(({ body }) => (JSON.parse(body.toString()) as { event: WebhookEvent }).event)
const transitions = () =>
  toWebhook()
    .filter(({ properties }) => 'is_member' in properties)
    .map(({ tracklayer_event, canonical_user_id, properties }) =>
      [tracklayer_event, canonical_user_id, properties.audience_id].join(' '),
    )
const back = (of: string) =>
  taken.return?.find(
    ({ type, properties }) => type === 'track' && (properties as JsonObject).order_id === of,
  )

async function read<Body>(from: string): Promise<Body> {
  const answer = await fetch(store.url + from, { headers: { Authorization: `Bearer ${API_KEY}` } })
  return (await answer.json()) as Body
}

/** Nothing waits anywhere, and all that came back has been through the destination function again. */
async function atRest(): Promise<JsonObject> {
  let ledger: { destinations: Record<string, JsonObject> } & JsonObject
  do {
    await workspace.drain()
    ledger = await read('/v1/reconcile')
  } while (Object.values(ledger.destinations).some(({ pending, retrying }) => pending || retrying))
  await workspace.drain()
  return ledger
}

test('an audience over the orders comes in, goes out, and comes back with the next order', async () => {
  order('o1', 'jane', 80)
  order('o2', 'otto', 20)
  order('o3', 'jane', 50.5)
  await until(() => transitions().length === 1)
  expect(transitions()).toEqual(['audience_entered jane big_spenders'])

  order('o4', 'jane', 30.25)
  order('o5', 'otto', 30)
  await until(() => back('o4') !== undefined && back('o5') !== undefined)
  expect(back('o4')).toMatchObject({
    event: 'Purchase Confirmed',
    userId: 'jane',
    messageId: expect.stringMatching(/^tracklayer_[0-9a-f]{40}$/),
    properties: {
      event_id: 'seg_m-o4',
      order_id: 'o4',
      value: 30.25,
      currency: 'EUR',
      audiences: ['big_spenders'],
    },
    context: { tracklayer: { origin: 'tracklayer' } },
  })
  expect(back('o5')?.properties).toMatchObject({ audiences: [] })
  expect(back('o1')?.properties).toMatchObject({ audiences: [] })

  shop('Order Refunded', 'm-r', 'jane', { refund_id: 'r', order_id: 'o1', value: 70 })
  await until(() => transitions().length === 2)
  expect(transitions()[1]).toBe('audience_exited jane big_spenders')

  const ledger = await atRest()
  const refunded = taken.return?.find(({ event }) => event === 'Refund Confirmed')
  expect(refunded?.properties).toMatchObject({ related_event_id: 'seg_m-o1', net_value: 10 })
  expect(
    taken.return?.filter(({ type, userId }) => type === 'identify' && userId === 'jane').at(-1),
  ).toMatchObject({ traits: { lifetime_value_eur: 90.75 } })

  // Five orders and a refund came back, each with a trait; all of it went through the destination function once more, and
  // the store has only what the shop and Engage said.
  expect(taken.return).toHaveLength(12)
  expect(workspace.deliveries().filter(({ status }) => status !== 'delivered')).toEqual([])
  const stored = await database.query<{ message_id: string }>('select message_id from messages')
  expect(stored.map(({ message_id }) => message_id).sort()).toEqual(
    [...(taken.shop ?? []), ...(taken.engage ?? [])].map(({ messageId }) => messageId).sort(),
  )
  expect(ledger).toMatchObject({ balanced: true, events: 6, transitions: 2 })

  const { period } = await read<Outcomes>('/v1/audiences/big_spenders/outcomes')
  expect(period.member.events.purchase?.revenue).toEqual([
    { currency: 'EUR', orders: 1, gross: '30.25', taken_back: '0', net: '30.25' },
  ])
  expect(period.total.events.purchase?.revenue).toMatchObject([{ gross: '210.75', net: '140.75' }])
})
