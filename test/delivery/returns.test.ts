// The return path on the real store: what goes back says who was in which audience when it happened, what a refund is
// about, and says the same at every attempt.
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import { parseReturnsFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createAudienceGate } from '../../delivery/audience-gate.ts'
import { createReturnGate, inTurn } from '../../delivery/return-gate.ts'
import { createTransport } from '../../delivery/transport.ts'
import { claimDeliveries } from '../../store/deliveries.ts'
import { freezeReturnFacts } from '../../store/return-facts.ts'
import { useDatabase } from '../support/database.ts'
import { CATALOGUE, destinationTo, type RunningWorker, startWorker } from '../support/delivery.ts'
import { type RecordingServer, startRecordingServer, text } from '../support/recording-server.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
afterAll(() => transport.close())

const TABLE = parseAudiencesFile(
  `audiences:
  best: { keys: [vip] }
  fading: { keys: [fading], retention_days: 1 }`,
  'audiences.yaml',
)
const RETURNS = parseReturnsFile(
  `returns:
  purchase: { event: Purchase Confirmed }
  refund: { event: Refund Confirmed }
  cancel_order: { event: Order Cancellation Confirmed, related_as: cancels }`,
  'returns.yaml',
)

let store: TestStore
let segment: RecordingServer
let workers: RunningWorker[]

beforeEach(async () => {
  store = createTestStore(database, { destinations: ['segment'], audiences: TABLE })
  segment = await startRecordingServer(text(200, 'ok'))
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await segment.close()
})

function start(returns = RETURNS): RunningWorker {
  const gate = inTurn(
    createAudienceGate(store.database, TABLE, CATALOGUE),
    createReturnGate(store.database, TABLE),
  )
  const destination = destinationTo({
    name: 'segment',
    definition: 'segment-return',
    url: segment.url,
    returns,
    transport: transport.send,
    clock: store.clock,
  })
  const worker = startWorker(store.database, [destination], { audienceGate: gate })
  workers.push(worker)
  return worker
}

const minute = (at: number) => new Date(Date.UTC(2026, 3, 23, 10, at)).toISOString()

let counter = 0
function membership(key: string, who: JsonObject, inside: boolean, at: number): JsonObject {
  return {
    type: 'identify',
    messageId: `personas_${++counter}`,
    ...who,
    timestamp: minute(at),
    traits: { [key]: inside },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: `aud_${key}`,
        computation_key: key,
      },
    },
  }
}

const JANE = { userId: 'jane' }
const order = (id: string, over: JsonObject = {}) => orderMessage(id, { ...JANE, ...over })

function reversal(event: string, messageId: string, at: number, properties: JsonObject) {
  return { type: 'track', event, messageId, ...JANE, timestamp: minute(at), properties }
}

type Returned = JsonObject & { readonly properties: JsonObject }
const bodies = () => segment.requests.map(({ body }) => body.toString())
const returned = () => bodies().flatMap((body) => (JSON.parse(body) as { batch: Returned[] }).batch)
const about = (order: string) =>
  returned().find(({ properties }) => properties?.order_id === order)?.properties

describe('audiences', () => {
  test('are those the person was in when it happened, not when it is sent', async () => {
    await store.send([
      membership('vip', JANE, true, 1),
      membership('new', JANE, true, 1),
      membership('left', JANE, true, 1),
      membership('left', JANE, false, 14),
      order('o1'),
      membership('new', JANE, false, 16),
      membership('later', JANE, true, 16),
      { ...order('other'), userId: 'otto' },
    ])
    await start().recorded(2)
    expect(about('o1')).toMatchObject({ event_id: 'seg_msg-o1', audiences: ['best', 'new'] })
    expect(about('other')).toMatchObject({ audiences: [] })
  })

  test('are not the one that the order brings the person into at its very instant, nor one they leave then', async () => {
    await store.send([
      membership('vip', JANE, true, 15),
      membership('left', JANE, true, 1),
      membership('left', JANE, false, 15),
      order('o1'),
    ])
    await start().recorded(1)
    expect(about('o1')).toMatchObject({ audiences: [] })
  })

  test('know who has left an audience because nothing was stated for as long as it keeps people', async () => {
    await store.send([membership('fading', JANE, true, 0)])
    const day = (hours: number) => ({ timestamp: minute(hours * 60) })
    await store.send([order('in', day(23)), order('out', day(24))])
    await start().recorded(2)
    expect(about('in')).toMatchObject({ audiences: ['fading'] })
    expect(about('out')).toMatchObject({ audiences: [] })
  })

  test('of a visitor are those of the person they turned out to be', async () => {
    await store.send([membership('vip', JANE, true, 1)])
    await store.send([order('o1', { userId: null, anonymousId: 'device' })])
    await store.send([{ type: 'identify', messageId: 'i1', ...JANE, anonymousId: 'device' }])
    await start().recorded(1)
    expect(returned()).toMatchObject([{ userId: 'jane', properties: { audiences: ['best'] } }])
  })

  test('of an audience that was made anew are those of the one that stood then', async () => {
    const anew = membership('vip', { userId: 'otto' }, true, 30)
    const personas = {
      computation_class: 'audience',
      computation_id: 'aud_2',
      computation_key: 'vip',
    }
    await store.send([membership('vip', JANE, true, 1), { ...anew, context: { personas } }])
    await store.send([order('before'), order('after', { timestamp: minute(40) })])
    await start().recorded(2)
    expect(about('before')).toMatchObject({ audiences: ['best'] })
    expect(about('after')).toMatchObject({ audiences: [] })
  })

  test('stand in the evidence of the delivery', async () => {
    await store.send([membership('vip', JANE, true, 1), order('o1')])
    await start().recorded(1)
    expect(await database.query('select decision from deliveries')).toMatchObject([
      { decision: { audiences: ['best'] } },
    ])
  })
})

describe('every attempt', () => {
  test('says the same, whatever has become known since', async () => {
    segment.next(text(503, 'down'), text(503, 'down'))
    await store.send([
      membership('vip', JANE, true, 1),
      order('o1', { userId: null, anonymousId: 'device' }),
    ])
    const worker = start()
    await worker.recorded(1)
    await store.send([{ type: 'identify', messageId: 'i1', ...JANE, anonymousId: 'device' }])
    store.clock.advance(10_000)
    await worker.recorded(2)
    await store.send([membership('vip', JANE, false, 2), membership('late', JANE, true, 3)])
    store.clock.advance(20_000)
    await worker.recorded(3)
    expect(new Set(bodies()).size).toBe(1)
    expect(returned()).toHaveLength(3)
    expect(returned()[0]).toMatchObject({ anonymousId: 'device', properties: { audiences: [] } })
  })

  test('also the one after a worker that died before it could record its own', async () => {
    await store.send([membership('vip', JANE, true, 1), order('o1')])
    const claimed = await claim()
    const first = await freeze(claimed)
    await store.send([membership('vip', JANE, false, 2)])
    store.clock.advance(60_000)
    expect(await freeze(await claim())).toEqual(first)
    expect([...first.values()]).toMatchObject([{ audiences: ['best'] }])
  })

  test('of two workers that hold it at once, the first to write decides for both', async () => {
    await store.send([membership('vip', JANE, true, 1), order('o1')])
    const claimed = await claim()
    const first = await freeze(claimed)
    await store.send([membership('vip', JANE, false, 2)])
    expect(await freeze(claimed)).toEqual(first)
  })

  function claim() {
    return claimDeliveries(store.database, {
      environment: 'production',
      destination: 'segment',
      limit: 5,
      leaseMs: 30_000,
    })
  }
  function freeze(deliveries: Awaited<ReturnType<typeof claim>>) {
    const question = { environment: 'production', deliveries, table: TABLE, traits: {} }
    return freezeReturnFacts(store.database, question)
  }
})

describe('what takes an order back', () => {
  test('names the order and says what is left of it', async () => {
    await store.send([
      order('o1', { properties: { order_id: 'o1', revenue: 100.3, currency: 'EUR' } }),
      reversal('Order Refunded', 'r2', 30, { refund_id: 'r2', order_id: 'o1', value: 20 }),
      reversal('Order Refunded', 'r1', 20, { refund_id: 'r1', order_id: 'o1', value: 0.1 }),
      reversal('Order Cancelled', 'c1', 40, { order_id: 'o1' }),
    ])
    await start().recorded(4)
    const facts = returned().map(({ event, properties }) => [
      event,
      properties.related_event_id ?? properties.cancels,
      properties.net_value,
    ])
    expect(facts.sort((a, b) => Number(b[2]) - Number(a[2]))).toEqual(
      expect.arrayContaining([
        ['Refund Confirmed', 'seg_msg-o1', 100.2],
        ['Refund Confirmed', 'seg_msg-o1', 80.2],
        ['Order Cancellation Confirmed', 'seg_msg-o1', 0],
        ['Purchase Confirmed', undefined, undefined],
      ]),
    )
  })

  test.each([
    { name: 'an order that is not on record', properties: { order_id: 'x', value: 1 }, want: {} },
    {
      name: 'another currency, without a sum of the two',
      properties: { order_id: 'o1', value: 1, currency: 'USD' },
      want: { related_event_id: 'seg_msg-o1' },
    },
  ])('$name', async ({ properties, want }) => {
    await store.send([order('o1'), reversal('Order Refunded', 'r1', 30, properties)])
    await start().recorded(2)
    const { related_event_id, net_value } =
      returned().find(({ event }) => event === 'Refund Confirmed')?.properties ?? {}
    expect(JSON.parse(JSON.stringify({ related_event_id, net_value }))).toEqual(want)
  })

  test('of another environment is not about this order', async () => {
    await store.send([order('o1')], 'staging')
    await store.send([reversal('Order Refunded', 'r1', 30, { order_id: 'o1', value: 1 })])
    await start().recorded(1)
    expect(returned()[0]?.properties).not.toHaveProperty('related_event_id')
  })
})

describe('computed traits', () => {
  const WITH_TRAITS = parseReturnsFile(
    `returns: { purchase: { event: Purchase Confirmed } }
traits:
  last_purchase_at: { of: purchase, read: last_at }
  first_purchase_at: { of: purchase, read: first_at }
  orders: { of: purchase, read: count }
  lifetime_value_eur: { of: purchase, read: net_value, currency: EUR }
  lifetime_value_pln: { of: purchase, read: net_value, currency: PLN }`,
    'returns.yaml',
  )

  test('go back beside the conversion, of the whole person, in one currency each', async () => {
    const priced = (id: string, revenue: number, currency: string, at: number, over = {}) =>
      order(id, { properties: { order_id: id, revenue, currency }, timestamp: minute(at), ...over })
    await store.send([
      priced('o1', 0.1, 'EUR', 1, { userId: null, anonymousId: 'device' }),
      priced('o2', 0.2, 'EUR', 2),
      priced('o3', 100, 'USD', 3),
      reversal('Order Refunded', 'r1', 30, { order_id: 'o2', value: 0.05 }),
      { type: 'identify', messageId: 'i1', ...JANE, anonymousId: 'device' },
    ])
    await start(WITH_TRAITS).recorded(4)
    const identifies = returned().filter(({ type }) => type === 'identify')
    expect(identifies).toHaveLength(3)
    expect(new Set(identifies.map(({ messageId }) => messageId)).size).toBe(3)
    for (const identify of identifies) {
      expect(identify).toMatchObject({
        userId: 'jane',
        traits: {
          first_purchase_at: minute(1),
          last_purchase_at: minute(3),
          orders: 3,
          lifetime_value_eur: 0.25,
        },
        context: { tracklayer: { origin: 'tracklayer', environment: 'production' } },
      })
      expect(identify.traits).not.toHaveProperty('lifetime_value_pln')
    }
  })

  test('do not unless they are named', async () => {
    await store.send([order('o1')])
    await start().recorded(1)
    expect(returned().map(({ type }) => type)).toEqual(['track'])
  })
})

describe('returns.yaml', () => {
  test.each([
    {
      name: 'memberships do not go back',
      text: 'returns: { audience_entered: { event: X } }',
      says: 'memberships do not go back',
    },
    {
      name: 'a sum of money wants its currency',
      text: 'returns: {}\ntraits: { v: { of: purchase, read: net_value } }',
      says: 'wants the currency',
    },
    {
      name: 'a count takes none',
      text: 'returns: {}\ntraits: { v: { of: purchase, read: count, currency: EUR } }',
      says: 'take none',
    },
  ])('$name', ({ text: yaml, says }) => {
    expect(() => parseReturnsFile(yaml, 'returns.yaml')).toThrow(says)
  })
})
