// A list of 1,000,000 messages pages and searches within 300 ms, and the overview of its last day and week, and the sums of
// its destinations, take no longer once the minutes that are over are counted.
import { readDaySums } from '../../store/destination-sums.ts'
import { tallyMinutes } from '../../store/minute-tallies.ts'
import { readOverview, type Window } from '../../store/overview.ts'
import { useDatabase } from '../support/database.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const MESSAGES = 1_000_000
const WANT_MS = 300
const SAMPLES = 5

const database = useDatabase()
let store: TestStore

// Half of the messages are orders and views with two deliveries each; the others are page views. Every 40th event is a
// purchase; every 5000th delivery is dead.
async function fill(nowMs: number): Promise<void> {
  const statements = [
    `insert into profiles (id, environment, user_id, created_at)
     select n, 'production', 'user-' || n, now() from generate_series(1, 100000) n`,
    `insert into identifiers (environment, type, value, profile_id, message_id, rule, linked_at)
     select 'production', 'user_id', 'user-' || n, n, 'm-' || n, 'first_seen', now() from generate_series(1, 100000) n`,
    `insert into messages (environment, message_id, kind, outcome, event_id, profile_id, received_at, raw)
     select 'production', 'm-' || n, case when n % 2 = 0 then 'event' else 'unmapped' end,
            case when n % 2 = 0 then case when n % 1000 = 0 then 'duplicate' else 'accepted' end else 'unmapped' end,
            case when n % 2 = 0 then 'seg_m-' || n end, 1 + n % 100000, START + n * interval '80 ms',
            json_build_object('type', 'track', 'event', 'Product Viewed', 'messageId', 'm-' || n, 'filler', repeat('x', 600))
     from generate_series(1, ${MESSAGES}) n`,
    `insert into events (environment, name, event_id, dedup_key, order_id, message_id, profile_id, occurred_at, received_at,
                         owed, canonical)
     select 'production', case when n % 40 = 0 then 'purchase' else 'view_content' end, 'seg_m-' || n,
            case when n % 40 = 0 then 'order-' || n end, case when n % 40 = 0 then 'order-' || n end, 'm-' || n,
            1 + n % 100000, now(), START + n * interval '80 ms', 2,
            json_build_object('properties', json_build_object('value', 12.5, 'currency', 'EUR'), 'filler', repeat('y', 400))
     from generate_series(2, ${MESSAGES}, 2) n`,
    `insert into deliveries (environment, destination, event_id, state, due_at, settled_at)
     select 'production', d, e.id, case when e.id % 5000 = 0 then 'dead' when e.id % 3 = 0 then 'filtered' else 'delivered' end,
            e.received_at, e.received_at + interval '1 second'
     from events e cross join unnest(array['webhook', 'segment']) d order by e.id`,
    // As autovacuum would have done long before there are a million.
    'vacuum analyze',
  ]
  const start = `to_timestamp(${(nowMs - MESSAGES * 80) / 1000})`
  for (const statement of statements) await database.query(statement.replaceAll('START', start))
}

// Filled once for all: the list only reads.
beforeAll(() => {
  store = createTestStore(database)
})

async function timed(work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now()
    await work()
    times.push(Math.round(performance.now() - start))
  }
  return times.sort((a, b) => a - b)
}

async function page(query: string): Promise<{ events: { message_id: string }[]; next: string }> {
  const answer = await store.read(`/v1/events?${query}`)
  if (answer.status !== 200) throw new Error(await answer.text())
  return (await answer.json()) as { events: { message_id: string }[]; next: string }
}

test('1,000,000 messages', async () => {
  await fill(store.clock.now())
  let deep = (await page('limit=200')).next
  for (let pages = 0; pages < 20; pages++) deep = (await page(`limit=200&cursor=${deep}`)).next
  const cases: Record<string, { query: string; want: number }> = {
    'the newest': { query: 'limit=50', want: 50 },
    'a page further back': { query: `cursor=${deep}`, want: 50 },
    'by order': { query: 'order_id=order-500000', want: 1 },
    'by one text, an order': { query: 'q=order-400', want: 1 },
    'by one text, known to nobody': { query: 'q=nobody', want: 0 },
    'by message': { query: 'message_id=m-3', want: 1 },
    'by event id': { query: 'event_id=seg_m-400', want: 1 },
    'by person': { query: 'user=user-77', want: 10 },
    'by name': { query: 'name=purchase', want: 50 },
    'by a name that nothing has': { query: 'name=refund', want: 0 },
    'by a rare state': { query: 'state=dead', want: 50 },
    'by a rare state at one destination': { query: 'state=dead&destination=webhook', want: 50 },
    'by a state that nothing is in': { query: 'state=held', want: 0 },
    'by a common state': { query: 'state=delivered', want: 50 },
    'by a common state that nothing is in': { query: 'state=pending', want: 0 },
    'by a rare outcome': { query: 'outcome=duplicate', want: 50 },
    'by a common outcome': { query: 'outcome=unmapped', want: 50 },
  }
  const medians: Record<string, number> = {}
  for (const [name, { query, want }] of Object.entries(cases)) {
    expect([name, (await page(query)).events.length]).toEqual([name, want])
    medians[name] = (await timed(() => page(query)))[Math.floor(SAMPLES / 2)] ?? 0
  }
  const overviews: Record<string, number> = {}
  const counted = performance.now()
  while ((await tallyMinutes(store.database, 'production')) > 0);
  const tallying = Math.round(performance.now() - counted)
  for (const window of ['15m', '1h', '24h', '7d'] as const satisfies readonly Window[]) {
    const options = { environment: 'production', destinations: ['webhook', 'segment'], window }
    overviews[window] = (await timed(() => readOverview(store.database, options)))[2] ?? 0
  }
  const names = ['webhook', 'segment']
  const sums = await timed(() => readDaySums(store.database, 'production', names))
  overviews.destinations = sums[Math.floor(SAMPLES / 2)] ?? 0
  process.stdout.write(`${JSON.stringify({ medians, overviews, tallying }, null, 2)}\n`)
  // Where nothing is in the state, the next page goes on behind the events looked at.
  const { next } = await page('state=pending')
  expect(Buffer.from(next, 'base64url').toString()).toBe('e499001')
  const slow = { ...medians, ...overviews }
  expect(Object.entries(slow).filter(([, ms]) => ms > WANT_MS)).toEqual([])
}, 600_000)
