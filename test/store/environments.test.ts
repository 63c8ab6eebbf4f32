// Nothing of one environment can be seen or sent from another (design 3.12): each table, each endpoint.
import { NO_AUDIENCES } from '../../core/audience-table.ts'
import type { JsonObject } from '../../core/json.ts'
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import { sweepEnvironment } from '../../store/retention.ts'
import { useDatabase } from '../support/database.ts'
import { API_KEYS, batchOf, type EnvironmentName, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
const both: readonly EnvironmentName[] = ['production', 'staging']
let store: TestStore
beforeEach(() => {
  store = createTestStore(database, { destinations: ['webhook'] })
})

// The same ids in both; only the city tells which environment a message was for.
const messages = (environment: string): JsonObject[] => [
  { type: 'page', messageId: 'p', anonymousId: 'a' },
  {
    type: 'identify',
    messageId: 'i',
    userId: 'u',
    timestamp: '2026-04-23T10:00:00.000Z',
    traits: { where: environment, email: 'jane@example.com' },
  },
  { type: 'identify', messageId: 'j', userId: 'u', anonymousId: 'a', traits: {} },
  orderMessage('o1', {
    userId: 'u',
    context: {
      protocols: {
        violations: [{ type: 'Required', field: 'properties.total', description: environment }],
      },
    },
    properties: { order_id: 'o1', event_id: 'own', where: environment },
  }),
]

/** Sends everything to one environment, a rejected entry included, and delivers its events. */
async function fill(environment: EnvironmentName): Promise<void> {
  for (const message of messages(environment)) await store.send([message], environment)
  await store.post(
    JSON.stringify({ batch: [{ message: { messageId: 'bad' }, kind: environment }] }),
    {
      environment,
    },
  )
  const claimed = await claimDeliveries(store.database, {
    environment,
    destination: 'webhook',
    limit: 10,
    leaseMs: 1000,
  })
  const attempt = {
    startedAt: new Date(0),
    durationMs: 1,
    status: 200,
    error: null,
    request: {},
    response: environment,
  }
  await recordDeliveries(
    store.database,
    claimed.map((delivery) => ({
      delivery,
      settlement: { state: 'delivered', reason: null },
      attempt,
    })),
  )
  await fillSettings(environment)
}

/** A secret, a session, a link and an API key that are made, and a sweep: all of it is written down. */
async function fillSettings(environment: EnvironmentName): Promise<void> {
  const act = (path: string, body: object, method = 'POST') =>
    store.app.request(path, {
      method,
      headers: { Authorization: `Bearer ${API_KEYS[environment]}` },
      body: JSON.stringify(body),
    })
  await act('/v1/secrets', {})
  await act('/v1/sessions', { api_key: API_KEYS[environment] })
  await act('/v1/sign-in-links', { role: 'viewer', actor: 'Ada' })
  await act('/v1/api-keys', { name: environment, role: 'viewer' })
  const optionsOf = () => ({ table: NO_AUDIENCES, destinations: [], mappingVersion: '1' })
  const sweep = { database: store.database, environments: [], optionsOf, auditLogDays: 400 }
  await sweepEnvironment({ ...sweep, log: () => {} }, environment)
}

// Every table with an environment, as one environment sees it: without its serial numbers and its name.
const TABLES = [
  'messages',
  'rejections',
  'profiles',
  'identifiers',
  'merges',
  'profile_traits',
  'events',
  'deliveries',
  'violations',
  'conversions',
  'signing_secrets',
  'api_keys',
  'sessions',
  'sign_in_links',
  'audit_log',
  'retention_runs',
] as const
const SERIALS = new Set([
  'id',
  'seq',
  'environment',
  'profile_id',
  'merged_into',
  'from_profile_id',
  'into_profile_id',
  'own_from_profile_id',
  'own_into_profile_id',
  'slot',
])
// Made by chance, and what is named after that.
const RANDOM = new Set(['fingerprint', 'sealed', 'key_digest', 'token_digest', 'target'])

// Elsewhere `event_id` is the event's own id.
const POINTS_TO_EVENTS = new Set(['deliveries', 'conversions'])

async function rowsOf(table: string, environment: string): Promise<unknown[]> {
  const rows = await database.query<Record<string, unknown>>(
    `select * from ${table} where environment = $1`,
    [environment],
  )
  const shown = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).filter(
        ([column]) =>
          !SERIALS.has(column) &&
          !RANDOM.has(column) &&
          !(POINTS_TO_EVENTS.has(table) && column === 'event_id'),
      ),
    ),
  )
  // Where a row lies says nothing: room is used again.
  return shown.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

test('every table that holds data has the environment in it, but what hangs on a delivery', async () => {
  const rows = await database.query<{ table_name: string }>(
    `select t.table_name from information_schema.tables t
     where t.table_schema = 'public' and t.table_name <> 'migrations' and not exists (
       select from information_schema.columns c
       where c.table_name = t.table_name and c.column_name = 'environment' and c.is_nullable = 'NO')
     order by 1`,
  )
  expect(rows).toEqual([{ table_name: 'attempts' }, { table_name: 'replay_deliveries' }])
})

test.each(TABLES)(
  '%s: what one environment holds does not change what another gets',
  async (table) => {
    await fill('staging')
    const alone = await rowsOf(table, 'staging')
    await database.clear()
    store = createTestStore(database, { destinations: ['webhook'] })
    await fill('production')
    await fill('staging')
    const beside = await rowsOf(table, 'staging')
    expect(beside).toEqual(alone)
    expect(beside.length).toBeGreaterThan(0)
  },
)

test('rows of one environment never point to rows of another', async () => {
  for (const environment of both) await fill(environment)
  const crossing = await database.query(
    `select 'messages' as place from messages m join profiles p on p.id = m.profile_id where p.environment <> m.environment
     union all select 'identifiers' from identifiers i join profiles p on p.id = i.profile_id where p.environment <> i.environment
     union all select 'traits' from profile_traits t join profiles p on p.id = t.profile_id where p.environment <> t.environment
     union all select 'merged' from profiles p join profiles r on r.id = p.merged_into where r.environment <> p.environment
     union all select 'merges' from merges m join profiles p on p.id in (m.from_profile_id, m.into_profile_id) where p.environment <> m.environment
     union all select 'events' from events e join profiles p on p.id = e.profile_id where p.environment <> e.environment
     union all select 'conversions' from conversions c join events e on e.id = c.event_id where e.environment <> c.environment
     union all select 'deliveries' from deliveries d join events e on e.id = d.event_id where e.environment <> d.environment`,
  )
  expect(crossing).toEqual([])
})

test('a worker of one environment claims nothing of another', async () => {
  await store.send([orderMessage('o1')], 'staging')
  const claim = (environment: string) =>
    claimDeliveries(store.database, {
      environment,
      destination: 'webhook',
      limit: 10,
      leaseMs: 1000,
    })
  expect(await claim('production')).toEqual([])
  expect(await claim('staging')).toHaveLength(1)
})

describe('an API key', () => {
  test.each(both)(
    'of %s reads its own messages only, and tells nothing of others',
    async (name) => {
      const other = name === 'production' ? 'staging' : 'production'
      await store.send([orderMessage(`only-${other}`)], other)
      for (const environment of both) await fill(environment)
      const own = await store.read('/v1/messages/msg-o1', name)
      expect(await own.json()).toMatchObject({
        environment: name,
        raw: { properties: { where: name } },
        event: { canonical: { properties: { where: name } } },
        deliveries: [{ attempts: [{ response: name }] }],
      })
      const foreign = await store.read(`/v1/messages/msg-only-${other}`, name)
      const unknown = await store.read('/v1/messages/msg-nobody', name)
      expect(foreign.status).toBe(404)
      expect((await foreign.text()).replace(`only-${other}`, 'nobody')).toBe(await unknown.text())
    },
  )

  test.each(both)('of %s reads the sums of its own', async (name) => {
    const other = name === 'production' ? 'staging' : 'production'
    await store.send([orderMessage('o1'), orderMessage('o2')], other)
    await store.send([orderMessage('o1')], name)
    expect(await (await store.read('/v1/reconcile', name)).json()).toMatchObject({
      environment: name,
      messages: { stored: 1 },
      events: 1,
      destinations: { webhook: { pending: 1, total: 1 } },
      balanced: true,
    })
  })

  test('cannot be asked for another environment', async () => {
    await store.send([orderMessage('o1')], 'staging')
    const answer = await store.app.request('/v1/reconcile?environment=staging', {
      headers: {
        Authorization: `Bearer ${API_KEYS.production}`,
        'X-TrackLayer-Environment': 'staging',
      },
    })
    expect(await answer.json()).toMatchObject({ environment: 'production', events: 0 })
  })

  test.each([
    { name: 'none', headers: {} },
    { name: 'an empty one', headers: { Authorization: 'Bearer ' } },
    { name: 'an unknown one', headers: { Authorization: 'Bearer nobody' } },
    { name: 'another scheme', headers: { Authorization: `Basic ${API_KEYS.production}` } },
    { name: 'a signing secret', headers: { Authorization: 'Bearer production-secret-0001' } },
  ])('is asked for on every reading path: $name is refused', async ({ headers }) => {
    for (const path of [
      '/v1/messages/m',
      '/v1/reconcile',
      '/v1/violations',
      '/v1/coverage',
      '/v1/secrets',
      '/v1/api-keys',
      '/v1/sessions',
      '/v1/audit-log',
      '/v1/retention',
      '/v1/anything',
    ]) {
      const answer = await store.app.request(path, { headers })
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ error: { code: 'unauthorized' } })
    }
  })

  test('does not open the door for batches', async () => {
    const answer = await store.post(JSON.stringify(batchOf([orderMessage('o1')])), {
      secrets: [API_KEYS.production],
    })
    expect(answer.status).toBe(401)
  })
})
