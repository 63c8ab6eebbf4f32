// Of 2,000,000 deliveries, 100,000 of them held: each list of the consent page within 300 ms, its counts of a day within two
// seconds, of a week within five.
import { useDatabase } from '../support/database.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const EVENTS = 500_000
const SAMPLES = 5

const database = useDatabase()
let store: TestStore
beforeAll(() => {
  store = createTestStore(database)
})

// Five events a person over three days, each owed to four destinations; every 20th delivery is held, every 50th person
// has taken a yes back, which ended what had not been sent to one destination.
async function fill(nowMs: number): Promise<void> {
  const at = `to_timestamp(${nowMs / 1000}) - interval '3 days' + n * interval '518 ms'`
  const evidence = `jsonb_build_object('consent', jsonb_build_object('state', 'denied', 'evidence', jsonb_build_array(
    jsonb_build_object('category', 'Advertising', 'state', 'denied', 'source', 'profile', 'messageId', 'no-' || e.profile_id))))`
  const open = `'{"consent":{"state":"unknown","evidence":[{"category":"Advertising","state":"unknown"}]}}'::jsonb`
  const statements = [
    `insert into profiles (id, environment, user_id, created_at)
     select n, 'production', 'user-' || n, now() from generate_series(1, ${EVENTS / 5}) n`,
    `insert into events (environment, name, event_id, message_id, profile_id, received_at, owed, canonical)
     select 'production', 'purchase', 'e-' || n, 'm-' || n, 1 + n % ${EVENTS / 5}, ${at}, 4, '{}'
     from generate_series(1, ${EVENTS}) n`,
    `insert into deliveries (environment, destination, event_id, state, reason, due_at, settled_at, decision, consent_decision)
     select 'production', 'd' || d, e.id, state, reason, e.received_at + interval '7 days',
            case when state <> 'held' then e.received_at + interval '1 minute' end,
            case when reason = 'consent_denied' then ${evidence} when state = 'held' then ${open} end,
            case when state <> 'held' and d > 1 then case when state = 'filtered' then 'denied' else 'granted' end end
     from events e cross join generate_series(1, 4) d
     cross join lateral (
       select case when (e.id * 4 + d) % 20 = 0 then 'held'
                   when d = 2 and e.profile_id % 50 = 0 then 'filtered' else 'delivered' end as state) s
     cross join lateral (
       select case state when 'held' then 'consent_unknown' when 'filtered' then 'consent_denied' end as reason) r`,
    `insert into revocations (environment, profile_id, categories, stated_at, received_at, message_id)
     select 'production', p, '{Advertising}', e.received_at, e.received_at, 'no-' || p
     from generate_series(50, ${EVENTS / 5}, 50) p
     cross join lateral (select received_at from events where profile_id = p order by id desc limit 1) e`,
    'vacuum analyze',
  ]
  for (const statement of statements) await database.query(statement)
}

async function timed(path: string): Promise<{ median: number; body: Record<string, unknown[]> }> {
  const times: number[] = []
  let body: Record<string, unknown[]> = {}
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now()
    const answer = await store.read(`/v1/consents${path}`)
    expect(answer.status).toBe(200)
    body = (await answer.json()) as typeof body
    times.push(performance.now() - start)
  }
  return { median: times.sort((a, b) => a - b)[2] as number, body }
}

test('every list by index, whatever lies around it', async () => {
  await fill(store.clock.now())
  const cases = [
    { path: '/held', list: 'held', wantMs: 300 },
    { path: '/held?destination=d4&reason=consent_unknown', list: 'held', wantMs: 300 },
    { path: '/held?destination=d1', list: 'held', wantMs: 300 },
    { path: '/revocations', list: 'revocations', wantMs: 300 },
    { path: '?window=1h', list: 'destinations', wantMs: 1_000 },
    { path: '?window=24h', list: 'destinations', wantMs: 2_000 },
    { path: '?window=7d', list: 'destinations', wantMs: 5_000 },
  ]
  const told: string[] = []
  const slow: string[] = []
  for (const { path, list, wantMs } of cases) {
    const { median, body } = await timed(path)
    const line = `${path}: ${Math.round(median)} ms, ${body[list]?.length} rows`
    told.push(line)
    if (median > wantMs) slow.push(line)
  }
  process.stderr.write(`${told.join('\n')}\n`)
  expect(slow).toEqual([])
  const { body } = await timed('/revocations')
  expect(body.revocations?.[0]).toMatchObject({ withdrawn: { d2: expect.any(Number) } })
}, 600_000)
