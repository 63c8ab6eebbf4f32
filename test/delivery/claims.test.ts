import type { PoolClient } from 'pg'
import {
  type ClaimedDelivery,
  claimDeliveries,
  type DeliveryRecord,
  recordDeliveries,
  type Settlement,
} from '../../store/deliveries.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database, { destinations: ['webhook'] })
})

const LEASE_MS = 30_000

function claim(limit = 10): Promise<ClaimedDelivery[]> {
  return claimDeliveries(store.database, {
    environment: 'production',
    destination: 'webhook',
    limit,
    leaseMs: LEASE_MS,
  })
}

async function claimOne(): Promise<ClaimedDelivery> {
  const [delivery] = await claim(1)
  if (!delivery) throw new Error('nothing is due')
  return delivery
}

function recordOf(
  delivery: ClaimedDelivery,
  settlement: Settlement,
  response: string | null = null,
): DeliveryRecord {
  const attempt = {
    startedAt: new Date(store.clock.now()),
    durationMs: 5,
    status: 200,
    error: null,
    request: { method: 'POST' },
    response,
  }
  return { delivery, settlement, attempt: settlement.state === 'filtered' ? null : attempt }
}
const DELIVERED: Settlement = { state: 'delivered', reason: null }

const ledger = () =>
  database.query(
    'select state, reason, attempts, settled_at is not null as settled from deliveries order by id',
  )
const attempts = () =>
  database.query('select delivery_id::text as id, number, response from attempts order by 1, 2')

async function sendOrders(count: number): Promise<void> {
  await store.send(Array.from({ length: count }, (_, at) => orderMessage(`o${at}`)))
}

describe('claimDeliveries()', () => {
  test('gives each delivery to one of many workers that ask at once', async () => {
    await sendOrders(100)
    const claimed = (await Promise.all(Array.from({ length: 16 }, () => claim(10)))).flat()
    const rest = (await claim(100)).concat(claimed)
    expect(rest).toHaveLength(100)
    expect(new Set(rest.map(({ id }) => id)).size).toBe(100)
    expect(new Set(rest.map(({ attempt }) => attempt))).toEqual(new Set([1]))
  })

  test('two workers that ask until nothing is left share the work without overlap', async () => {
    await sendOrders(60)
    const work = async () => {
      const mine: string[] = []
      for (let got = await claim(3); got.length > 0; got = await claim(3))
        mine.push(...got.map(({ id }) => id))
      return mine
    }
    const [one, two] = await Promise.all([work(), work()])
    expect(new Set([...one, ...two]).size).toBe(60)
    expect(one.length + two.length).toBe(60)
  })

  test('takes the oldest first and no more than asked', async () => {
    await store.send([orderMessage('o1')])
    store.clock.advance(1000)
    await store.send([orderMessage('o2')])
    store.clock.advance(1000)
    expect((await claim(1)).map(({ canonical }) => canonical.properties.order_id)).toEqual(['o1'])
    expect((await claim(5)).map(({ canonical }) => canonical.properties.order_id)).toEqual(['o2'])
  })

  test('leaves what is not due yet and what is settled', async () => {
    await sendOrders(2)
    const [first, second] = await claim(2)
    if (!first || !second) throw new Error('nothing is due')
    const dueAt = new Date(store.clock.now() + 10_000)
    await recordDeliveries(store.database, [
      recordOf(first, DELIVERED),
      recordOf(second, { state: 'retrying', reason: 'busy', dueAt }),
    ])
    store.clock.advance(9_999)
    expect(await claim()).toEqual([])
    store.clock.advance(1)
    expect(await claim()).toMatchObject([{ id: second.id, attempt: 2 }])
  })

  test('a lease that has not run out is left alone; one that has is taken over as the next attempt', async () => {
    await sendOrders(1)
    const first = await claimOne()
    store.clock.advance(LEASE_MS - 1)
    expect(await claim()).toEqual([])
    store.clock.advance(1)
    expect(await claimOne()).toEqual({
      ...first,
      attempt: 2,
      earlier: { begun: 1, recorded: [] },
    })
  })
})

// Somebody answers while a worker decides, or sends, on what was known before.
describe('a statement of consent that comes while a claim is in hand', () => {
  const sayYes = (userId: string) =>
    store.send([
      {
        type: 'identify',
        messageId: `yes-${userId}`,
        userId,
        context: { consent: { categoryPreferences: { Advertising: true } } },
      },
    ])
  const held = () => ({
    state: 'held' as const,
    reason: 'consent_unknown' as const,
    dueAt: new Date(store.clock.now() + 3_600_000),
  })
  const untilHeld = (delivery: ClaimedDelivery) =>
    recordDeliveries(store.database, [{ delivery, settlement: held(), attempt: null }])

  test('has it decided again as soon as it is held', async () => {
    await sendOrders(1)
    const delivery = await claimOne()
    expect(delivery.consents).toEqual([])
    await sayYes('user-o0')
    await untilHeld(delivery)
    const again = await claimOne()
    expect([again.id, again.consents]).toEqual([
      delivery.id,
      [expect.objectContaining({ category: 'Advertising', granted: true })],
    ])
    await untilHeld(again)
    expect(await claim()).toEqual([])
  })

  test('gives it to no second worker before the first is done', async () => {
    await sendOrders(1)
    const dueAt = new Date(store.clock.now())
    const retry: Settlement = { state: 'retrying', reason: 'busy', dueAt }
    await recordDeliveries(store.database, [recordOf(await claimOne(), retry)])
    const delivery = await claimOne()
    await sayYes('user-o0')
    expect(await claim()).toEqual([])
    await recordDeliveries(store.database, [recordOf(delivery, DELIVERED)])
    expect(await ledger()).toEqual([
      { state: 'delivered', reason: null, attempts: 2, settled: true },
    ])
  })

  test.each(['claim', 'record'])('is not missed when it is written beside the %s', async (step) => {
    await sendOrders(1)
    const claimed = step === 'record' ? await claimOne() : null
    const said = await beside(async (worker) => {
      await worker.query('select from deliveries for update')
      const answer = sayYes('user-o0')
      await until(isBlocked, 3_000)
      if (claimed) await worker.query(HELD, [held().reason, held().dueAt])
      else await worker.query(CLAIMED, [new Date(store.clock.now() + LEASE_MS)])
      return { answer }
    })
    expect(await said.answer).toMatchObject([{ status: 200 }])
    const waits = 'select due_at <= $1 as woken from deliveries'
    expect(await database.query(waits, [new Date(store.clock.now())])).toEqual([{ woken: true }])
    if (claimed) expect(await claim()).toMatchObject([{ id: claimed.id }])
    else expect(await claim()).toEqual([])
  })

  const laptop = (id: string) => orderMessage(id, { userId: null, anonymousId: 'laptop' })
  const link = (id: string) => orderMessage(id, { userId: 'ann', anonymousId: 'laptop' })
  const BESIDE = [
    {
      name: 'it comes under another id of the person',
      before: () => store.send([link('before')]),
      speak: () => sayYes('ann'),
    },
    {
      name: 'a merge brings it',
      before: async () => {
        await sayYes('ann')
        await store.send([laptop('before')])
      },
      speak: () => store.send([link('merge')]),
    },
  ]
  test.each(BESIDE)('is not missed by an event that is being stored: $name', async (example) => {
    await example.before()
    const { said, recorded } = await beside(async (worker) => {
      await worker.query('select from deliveries for update')
      const said = example.speak()
      await until(isBlocked, 3_000)
      await store.send([laptop('meanwhile')])
      const delivery = await claimOne()
      expect([delivery.canonical.message_id, delivery.consents]).toEqual(['msg-meanwhile', []])
      const recorded = untilHeld(delivery)
      await Promise.race([recorded, until(async () => (await blocked()) === 2)])
      return { said, recorded }
    })
    await Promise.all([said, recorded])
    const known = (await claim()).map(({ canonical, consents }) => [
      canonical.message_id,
      consents.length,
    ])
    expect(known).toContainEqual(['msg-before', 1])
    expect(known).toContainEqual(['msg-meanwhile', 1])
  })

  test('is not missed by one of several events of the person that are put aside together', async () => {
    await store.send([link('before')])
    const { said, first } = await beside(async (worker) => {
      await worker.query('select from deliveries for update')
      const said = sayYes('ann')
      await until(isBlocked, 3_000)
      await store.send([laptop('meanwhile')])
      return { said, first: await claimOne() }
    })
    await said
    await store.send([laptop('later')])
    const others = await claim()
    expect(others.map(({ consents }) => consents.length)).toEqual([1, 1])
    const records = [first, ...others].map((delivery) => ({
      delivery,
      settlement: held(),
      attempt: null,
    }))
    await recordDeliveries(store.database, records)
    expect((await claim()).map(({ canonical }) => canonical.message_id)).toEqual(['msg-meanwhile'])
  })

  // The sender waits for the row that the worker writes, and has to see what became of it.
  async function beside<Result>(work: (worker: PoolClient) => Promise<Result>): Promise<Result> {
    const worker = await database.pool.connect()
    try {
      await worker.query('begin')
      return await work(worker)
    } finally {
      await worker.query('commit')
      worker.release()
    }
  }
  const blocked = async () =>
    (
      await database.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
    ).length
  const isBlocked = async () => (await blocked()) > 0
  const HELD =
    "update deliveries set state = 'held', reason = $1, due_at = $2, claimed_until = null"
  const CLAIMED = 'update deliveries set due_at = $1, claimed_until = $1, attempts = attempts + 1'
})

describe('recordDeliveries()', () => {
  test('writes attempt and state together', async () => {
    await sendOrders(1)
    const delivery = await claimOne()
    await recordDeliveries(store.database, [recordOf(delivery, DELIVERED, 'thanks')])
    expect(await ledger()).toEqual([
      { state: 'delivered', reason: null, attempts: 1, settled: true },
    ])
    expect(await attempts()).toEqual([{ id: delivery.id, number: 1, response: 'thanks' }])
  })

  test('of an attempt taken over keeps its row and leaves the state to the new holder', async () => {
    await sendOrders(1)
    const late = await claimOne()
    store.clock.advance(LEASE_MS)
    const current = await claimOne()
    await recordDeliveries(store.database, [
      recordOf(late, { state: 'dead', reason: 'receiver answered 400, want 2xx' }, 'late'),
    ])
    expect(await ledger()).toEqual([
      { state: 'pending', reason: null, attempts: 2, settled: false },
    ])
    await recordDeliveries(store.database, [recordOf(current, DELIVERED, 'current')])
    expect(await ledger()).toEqual([
      { state: 'delivered', reason: null, attempts: 2, settled: true },
    ])
    expect(await attempts()).toEqual([
      { id: late.id, number: 1, response: 'late' },
      { id: late.id, number: 2, response: 'current' },
    ])
  })

  test('of an attempt taken over changes nothing after the new holder has settled it', async () => {
    await sendOrders(1)
    const late = await claimOne()
    store.clock.advance(LEASE_MS)
    await recordDeliveries(store.database, [recordOf(await claimOne(), DELIVERED)])
    await recordDeliveries(store.database, [
      recordOf(late, { state: 'retrying', reason: 'busy', dueAt: new Date(0) }),
    ])
    expect(await ledger()).toMatchObject([{ state: 'delivered', attempts: 2 }])
    expect(await attempts()).toHaveLength(2)
    expect(await claim()).toEqual([])
  })

  test('filtered counts no attempt, even after one that failed', async () => {
    await sendOrders(1)
    const dueAt = new Date(store.clock.now())
    await recordDeliveries(store.database, [
      recordOf(await claimOne(), { state: 'retrying', reason: 'busy', dueAt }),
    ])
    await recordDeliveries(store.database, [
      recordOf(await claimOne(), { state: 'filtered', reason: 'trigger' }),
    ])
    expect(await ledger()).toEqual([
      { state: 'filtered', reason: 'trigger', attempts: 1, settled: true },
    ])
    expect(await attempts()).toHaveLength(1)
  })

  test('of many workers at once, in any order, does not deadlock', async () => {
    await sendOrders(40)
    const claimed = await claim(40)
    const halves = [claimed.filter((_, at) => at % 2), claimed.filter((_, at) => at % 2 === 0)]
    await Promise.all(
      halves.map((half, at) =>
        recordDeliveries(
          store.database,
          (at ? [...half].reverse() : half).map((delivery) => recordOf(delivery, DELIVERED)),
        ),
      ),
    )
    expect(await database.query('select state, count(*) from deliveries group by state')).toEqual([
      { state: 'delivered', count: '40' },
    ])
  })

  test('of nothing does nothing', async () => {
    const pool = database.createPool()
    await recordDeliveries({ ...store.database, pool }, [])
    expect(pool.totalCount).toBe(0)
  })
})
