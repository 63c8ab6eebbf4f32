import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import type { Overview } from '../../store/overview.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

async function overview(window = '1h', environment: 'production' | 'staging' = 'production') {
  const answer = await store.read(`/v1/overview?window=${window}`, environment)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Overview
}

async function settle(state: 'delivered' | 'dead' | 'unknown', limit = 1, destination = 'webhook') {
  const options = { environment: 'production', destination, limit, leaseMs: 60_000 }
  const claimed = await claimDeliveries(store.database, options)
  await recordDeliveries(
    store.database,
    claimed.map((delivery) => {
      const settlement =
        state === 'delivered'
          ? ({ state, reason: null } as const)
          : ({ state, reason: 'refused' } as const)
      return { delivery, settlement, attempt: null }
    }),
  )
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const at = (values: readonly number[]) =>
  values.flatMap((value, bucket) => (value > 0 ? [bucket] : []))

test('of nothing has every bucket and no alert', async () => {
  const empty = await overview()
  expect(empty.messages.accepted).toEqual(new Array(60).fill(0))
  expect(empty.destinations.map(({ name }) => name)).toEqual(['webhook', 'segment'])
  expect(empty).toMatchObject({ orders: 0, rejected: 0, alerts: [], bucket_ms: 60_000 })
  expect(Date.parse(empty.since) % 60_000).toBe(0)
})

test('counts what came by outcome and by when', async () => {
  await store.send([orderMessage('o1'), { type: 'page', messageId: 'p' }])
  store.clock.advance(10 * 60_000)
  await store.send([orderMessage('o1', { messageId: 'again' }), orderMessage('o2')])
  await store.post(JSON.stringify({ batch: [{ message: {}, kind: 'odd' }] }))
  const { messages, rejected, orders } = await overview()
  expect(at(messages.accepted)).toEqual([49, 59])
  expect([sum(messages.accepted), sum(messages.duplicate), sum(messages.unmapped)]).toEqual([
    2, 1, 1,
  ])
  expect({ rejected, orders }).toEqual({ rejected: 1, orders: 2 })
})

test('what lies before the window is not in it, and is again in a longer one', async () => {
  await store.send([orderMessage('o1')])
  await settle('delivered')
  store.clock.advance(2 * 3_600_000)
  expect(sum((await overview('1h')).messages.accepted)).toBe(0)
  const day = await overview('24h')
  expect(sum(day.messages.accepted)).toBe(1)
  expect(sum(day.destinations[0]?.settled.delivered ?? [])).toBe(1)
})

test('says of each destination what settled, what waits since when, and how fast it was', async () => {
  await store.send([orderMessage('o1'), orderMessage('o2'), orderMessage('o3')])
  const arrived = new Date(store.clock.now()).toISOString()
  store.clock.advance(4000)
  await settle('delivered')
  await settle('dead')
  const [webhook, segment] = (await overview()).destinations
  expect(webhook).toMatchObject({
    name: 'webhook',
    waiting: { pending: 1, retrying: 0, held: 0 },
    oldest_waiting_at: arrived,
    latency: { p50_ms: 4000, p95_ms: 4000 },
    orders: { delivered: 1, dead: 1, pending: 1 },
  })
  expect([sum(webhook?.settled.delivered ?? []), sum(webhook?.settled.dead ?? [])]).toEqual([1, 1])
  expect(segment).toMatchObject({ waiting: { pending: 3 }, latency: null })
})

test('raises an alert for what needs somebody, the worst first', async () => {
  await store.send([orderMessage('o1'), orderMessage('o2')])
  await settle('dead')
  await settle('unknown')
  store.clock.advance(16 * 60_000)
  const { alerts } = await overview()
  expect(alerts.map(({ severity, code, destination }) => [severity, code, destination])).toEqual([
    ['critical', 'queue_old', 'segment'],
    ['warning', 'dead_letters', 'webhook'],
    ['warning', 'outcome_unknown', 'webhook'],
  ])
  expect(alerts[0]?.message).toBe('segment: the oldest event has waited 16 minutes')
})

test('a paused destination is one alert, and its queue no other', async () => {
  await store.send([orderMessage('o1')])
  store.clock.advance(16 * 60_000)
  const answer = await store.app.request('/v1/destinations/webhook/pause', {
    method: 'POST',
    headers: { Authorization: 'Bearer production-key-00001' },
  })
  expect(answer.status).toBe(200)
  const alerts = (await overview()).alerts.filter(({ destination }) => destination === 'webhook')
  expect(alerts).toEqual([
    {
      severity: 'warning',
      code: 'destination_paused',
      destination: 'webhook',
      message: 'webhook is paused: paused by hand',
    },
  ])
})

test('knows nothing of another environment', async () => {
  await store.send([orderMessage('o1')], 'staging')
  const { messages, destinations } = await overview()
  expect(sum(messages.accepted)).toBe(0)
  expect(destinations.map(({ waiting }) => waiting.pending)).toEqual([0, 0])
})

test('a window that is none is refused in words', async () => {
  const answer = await store.read('/v1/overview?window=year')
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('want one of 15m, 1h, 24h, 7d')
})
