// Minutes counted once say what the tables say: after replays, corrections, late commits and side by side with other
// processes.
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import { tallyMinutes } from '../../store/minute-tallies.ts'
import { readOverview } from '../../store/overview.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
const MINUTE_MS = 60_000
let store: TestStore
beforeEach(() => {
  store = createTestStore(database, {
    destinations: ['webhook', 'segment'],
    deliverySide: {
      isOn: () => true,
      preview: async () => null,
      repeatRule: () => null,
      consent: () => null,
      report: async () => null,
    },
  })
})

async function settle(state: 'delivered' | 'dead', limit: number, destination = 'webhook') {
  const options = { environment: 'production', destination, limit, leaseMs: 60_000 }
  const claimed = await claimDeliveries(store.database, options)
  const settlement =
    state === 'delivered'
      ? ({ state, reason: null } as const)
      : ({ state, reason: 'refused' } as const)
  await recordDeliveries(
    store.database,
    claimed.map((delivery) => ({ delivery, settlement, attempt: null })),
  )
}

async function tallyAll(): Promise<number> {
  let counted = 0
  for (let more = -1; more !== 0; counted += more)
    more = await tallyMinutes(store.database, 'production')
  return counted
}

function overview() {
  const asked = { environment: 'production', destinations: ['webhook', 'segment'], window: '24h' }
  return readOverview(store.database, { ...asked, window: '24h' })
}

/** What the tables say, whatever was counted. */
async function overviewOfTables() {
  const kept = await database.query(
    'select environment, minute, version, counts from minute_tallies',
  )
  await database.query('update minute_tallies set counts = null, version = version + 1')
  const answer = await overview()
  await database.query(
    `update minute_tallies t set counts = x.counts, version = t.version - 1
     from jsonb_to_recordset($1::jsonb) as x (minute timestamptz, counts json) where t.minute = x.minute`,
    [JSON.stringify(kept)],
  )
  return answer
}

const replay = (body: object) =>
  store.app.request('/v1/replays', {
    method: 'POST',
    headers: { Authorization: 'Bearer production-key-00001' },
    body: JSON.stringify(body),
  })

async function fillDay(): Promise<void> {
  for (let hour = 0; hour < 3; hour++) {
    await store.send([
      orderMessage(`a${hour}`),
      orderMessage(`b${hour}`),
      { type: 'page', messageId: `p${hour}` },
      orderMessage(`a${hour}`, { messageId: `again${hour}` }),
    ])
    await store.post(JSON.stringify({ batch: [{ message: {}, kind: 'odd' }] }))
    store.clock.advance(3000)
    await settle('delivered', 1)
    await settle('dead', 1)
    await settle('delivered', 5, 'segment')
    store.clock.advance(30 * MINUTE_MS)
  }
}

test('an overview from tallies equals one from the tables', async () => {
  await fillDay()
  const before = await overview()
  expect(await tallyAll()).toBeGreaterThan(60)
  expect(await overview()).toEqual(before)
  expect(before.orders).toBe(6)
  expect(before.destinations[0]?.orders).toEqual({ delivered: 3, dead: 3 })
})

test('what is replayed leaves the minute it was counted in, and comes into the one it settles in', async () => {
  await fillDay()
  await tallyAll()
  expect((await replay({ destination: 'webhook', states: ['dead'] })).status).toBe(201)
  expect(await overview()).toEqual(await overviewOfTables())
  await tallyAll()
  const waiting = await overview()
  expect(waiting.destinations[0]?.waiting.pending).toBe(3)
  expect(waiting.destinations[0]?.orders).toEqual({ delivered: 3, pending: 3 })
  expect(waiting.alerts).not.toContainEqual(expect.objectContaining({ code: 'dead_letters' }))
  await settle('delivered', 5)
  store.clock.advance(5 * MINUTE_MS)
  await tallyAll()
  const after = await overview()
  expect(after).toEqual(await overviewOfTables())
  expect(after.destinations[0]?.orders).toEqual({ delivered: 6 })
})

test('a count that began before a replay is not kept', async () => {
  await fillDay()
  const client = await database.pool.connect()
  try {
    // A replay's transaction is open on the minutes of the dead letters while they are counted.
    await client.query('begin')
    await client.query(
      `insert into minute_tallies as t (environment, minute)
       select distinct environment, date_bin('1 minute', settled_at, 'epoch') from deliveries where state = 'dead'
       on conflict (environment, minute) do update set version = t.version + 1, counts = null`,
    )
    const counting = tallyAll()
    await client.query(
      "update deliveries set state = 'pending', settled_at = null where state = 'dead'",
    )
    await client.query('commit')
    await counting
  } finally {
    client.release()
  }
  await tallyAll()
  expect(await overview()).toEqual(await overviewOfTables())
  expect((await overview()).destinations[0]?.settled.dead).toEqual(new Array(48).fill(0))
})

test('two processes count the same minutes, and each row is counted once', async () => {
  await fillDay()
  const before = await overview()
  await Promise.all([tallyAll(), tallyAll(), tallyAll()])
  expect(await overview()).toEqual(before)
})

test('what commits late is in the minute once it is counted again', async () => {
  await fillDay()
  store.clock.advance(-30 * MINUTE_MS)
  store.clock.advance(3 * MINUTE_MS)
  await tallyAll()
  await database.query(
    `insert into messages (environment, message_id, kind, outcome, received_at, raw)
     select environment, 'late', kind, outcome, received_at, raw from messages
     where message_id = 'p2'`,
  )
  store.clock.advance(40 * MINUTE_MS)
  await tallyAll()
  const { messages } = await overview()
  expect(messages.unmapped.reduce((sum, each) => sum + each, 0)).toBe(4)
})

test('what is over is counted, what is not is left; another environment has minutes of its own', async () => {
  await store.send([orderMessage('o1')])
  expect(await tallyMinutes(store.database, 'production')).toBe(0)
  store.clock.advance(3 * MINUTE_MS)
  expect(await tallyMinutes(store.database, 'production')).toBeGreaterThan(0)
  expect(await tallyMinutes(store.database, 'staging')).toBe(0)
  const rows = await database.query('select distinct environment from minute_tallies')
  expect(rows).toEqual([{ environment: 'production' }])
})
