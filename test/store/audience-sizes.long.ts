// What pages about audiences cost with 300,000 members and 600,000 transitions of a month.
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { SizesPage } from '../../store/audience-sizes.ts'
import { useDatabase } from '../support/database.ts'
import { createTestStore } from '../support/store.ts'

const MEMBERS = 300_000
const MAX_MS = 2000

const database = useDatabase()
const TABLE = parseAudiencesFile(
  'audiences: { vip: { keys: [vip], destinations: [crm] } }',
  'a.yaml',
)
const NOW = Date.parse('2026-04-23T10:15:30.000Z')

// Written straight into the tables: ingestion has its own measure. Everybody entered, left and entered again.
const FILL = `
  insert into profiles (id, environment, user_id, created_at)
    select n, 'production', 'user' || n, now() from generate_series(1, ${MEMBERS}) n;
  insert into audiences (environment, identity, computation_id, key, class, first_computed_at, created_at)
    values ('production', 'aud_vip', 'aud_vip', 'vip', 'audience', '2026-01-01', now());
  insert into memberships (environment, audience_id, subject, profile_id, is_member, since, computed_at, message_id)
    select 'production', a.id, 'p:' || n, n, true, now(), now(), 'm' || n from audiences a, generate_series(1, ${MEMBERS}) n;
  insert into membership_transitions
      (environment, audience_id, subject, profile_id, direction, reason, computed_at, event_id, message_id, logged_at)
    select 'production', a.id, 'p:' || n, n, case t when 1 then 'exited' else 'entered' end, 'stated', now(),
           'e' || n || '-' || t, 'm' || n,
           to_timestamp(${NOW / 1000}) - (30 - t * 10) * interval '1 day' + n * interval '2 seconds'
    from audiences a, generate_series(1, ${MEMBERS}) n, generate_series(0, 2) t where t < 2 or n % 2 = 0;
  insert into events (environment, name, event_id, message_id, profile_id, received_at, canonical, transition_id)
    select environment, 'audience_entered', event_id, message_id, profile_id, logged_at,
           json_build_object('user', json_build_object('email', 'jane' || id || '@example.com')), id
    from membership_transitions;
  insert into deliveries (environment, destination, event_id, state, due_at, settled_at)
    select environment, 'crm', id, 'delivered', received_at, received_at from events;`

test('a month of 300,000 members is on a page at once', async () => {
  const store = createTestStore(database, { destinations: ['crm'], audiences: TABLE })
  await database.pool.query(FILL)
  const asked = async <Body>(path: string) => {
    const startedAt = performance.now()
    const answer = await store.read(path)
    const body = (await answer.json()) as Body
    return { status: answer.status, body, ms: Math.round(performance.now() - startedAt) }
  }
  const first = await asked<SizesPage>('/v1/audience-sizes')
  await database.pool.query('vacuum analyze')
  const measured: Record<string, number> = { firstSizes: first.ms }
  for (const path of [
    '/v1/audience-sizes',
    '/v1/audiences',
    '/v1/audiences/vip',
    '/v1/audiences/vip/members?limit=50&records=true',
    '/v1/audiences/vip/transitions?limit=50',
    '/v1/overview',
    '/v1/audiences/vip/audit?platform=false',
    '/v1/audiences/vip/outcomes?window=7d',
  ]) {
    const { status, ms } = await asked(path)
    expect([path, status]).toEqual([path, 200])
    measured[path] = ms
  }
  process.stdout.write(`${JSON.stringify(measured)}\n`)
  const [audience] = first.body.audiences
  expect(audience?.sizes).toHaveLength(30)
  expect(audience?.sizes.at(-1)).toBe(MEMBERS)
  const heavy = ['/v1/audiences/vip/audit?platform=false', '/v1/audiences/vip/outcomes?window=7d']
  const pages = Object.entries(measured).filter(([path]) => !heavy.includes(path))
  expect(pages.filter(([, ms]) => ms > MAX_MS)).toEqual([])
}, 600_000)
