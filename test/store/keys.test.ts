// API keys and signing secrets that are made while the store runs: shown once, kept as digests or sealed, taken away, and
// seen by every process.
import { randomBytes } from 'node:crypto'
import type { Role } from '../../core/role.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import { createVault } from '../../core/vault.ts'
import { runKeyRing, SYNC_MS } from '../../store/key-ring.ts'
import { sweepEnvironment } from '../../store/retention.ts'
import { useDatabase } from '../support/database.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import {
  ACCOUNT,
  API_KEYS,
  batchOf,
  orderMessage,
  SECRETS,
  signedRequest,
} from '../support/signed-batch.ts'
import { createTestStore, type TestStore, type TestStoreOptions } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const OPERATOR_KEY = 'an-operators-key-001'
const VIEWER_KEY = 'a-viewers-key-000001'
const HOUR_MS = 3_600_000

const access = {
  account: ACCOUNT,
  environments: [
    {
      name: 'production',
      secrets: [SECRETS.production],
      apiKeys: [API_KEYS.production, OPERATOR_KEY, VIEWER_KEY],
      keyRoles: new Map<string, Role>([
        [OPERATOR_KEY, 'operator'],
        [VIEWER_KEY, 'viewer'],
      ]),
    },
    { name: 'staging', secrets: [SECRETS.staging], apiKeys: [API_KEYS.staging] },
  ],
}

let clock: ManualClock
let store: TestStore
beforeEach(() => {
  clock = createManualClock()
  store = open()
})

/** Another process of the same store, by its own ring. */
function open(options: TestStoreOptions = {}): TestStore {
  return createTestStore(database, { clock, access, ...options })
}

async function ask(
  method: string,
  path: string,
  { key = API_KEYS.production, body, at = store }: Asking = {},
): Promise<{ readonly status: number; readonly body: Answer }> {
  const answer = await at.app.request(path, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
}
interface Asking {
  readonly key?: string
  readonly body?: object
  readonly at?: TestStore
}
interface Answer {
  readonly error?: { readonly code: string; readonly message: string }
  readonly [name: string]: unknown
}

/** Every text of every table: what somebody has who reads the database. */
async function everything(): Promise<string> {
  const tables = await database.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'public'`,
  )
  const texts = await Promise.all(
    tables.map(({ tablename }) =>
      database.query<{ text: string }>(`select t::text as text from ${tablename} t`),
    ),
  )
  return texts
    .flat()
    .map(({ text }) => text)
    .join('\n')
}

const holds = (text: string, secret: string) =>
  text.includes(secret) || text.includes(Buffer.from(secret).toString('hex'))

async function actions(): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select action || ' ' || target as line from audit_log order by id`,
  )
  return rows.map(({ line }) => line)
}

describe('API keys', () => {
  async function make(body: object = { name: 'Reports', role: 'viewer' }) {
    const made = await ask('POST', '/v1/api-keys', { body })
    expect(made.status).toBe(201)
    return made.body as unknown as { readonly key: string; readonly fingerprint: string }
  }

  test('one that is made opens its environment with its role, from the same moment', async () => {
    const { key, fingerprint } = await make()
    expect(await ask('GET', '/v1/session', { key })).toEqual({
      status: 200,
      body: {
        account: ACCOUNT,
        environment: 'production',
        environments: ['production'],
        role: 'viewer',
        actor: `Reports (${fingerprint})`,
      },
    })
    expect((await ask('POST', '/v1/destinations/webhook/pause', { key })).status).toBe(403)
  })

  test('it is said once, and stands nowhere: not in the list, the log, the audit log or the database', async () => {
    const { key, fingerprint } = await make()
    const list = await ask('GET', '/v1/api-keys')
    expect(JSON.stringify(list.body)).not.toContain(key)
    expect(store.log.join()).not.toContain(key)
    expect(holds(await everything(), key)).toBe(false)
    expect(list.body.api_keys).toEqual([
      {
        fingerprint,
        source: 'store',
        name: 'Reports',
        role: 'viewer',
        created_at: '2026-04-23T10:15:30.000Z',
        created_by: expect.stringMatching(/^key-[0-9a-f]{8}$/),
        expires_at: null,
        last_used_at: null,
        revoked_at: null,
        revoked_by: null,
      },
      expect.objectContaining({
        source: 'environment',
        role: 'admin',
        last_used_at: expect.any(String),
      }),
      expect.objectContaining({ source: 'environment', role: 'operator', last_used_at: null }),
      expect.objectContaining({ source: 'environment', role: 'viewer', name: null }),
    ])
    expect(await actions()).toEqual([`api_key.created viewer Reports (${fingerprint})`])
  })

  test('revoked, it opens nothing, and neither do the sessions it made', async () => {
    const { key, fingerprint } = await make({ name: 'Ada', role: 'admin' })
    const { body } = await ask('POST', '/v1/sessions', { body: { api_key: key } })
    const token = String(body.token)
    expect((await ask('GET', '/v1/session', { key: token })).status).toBe(200)
    expect((await ask('DELETE', `/v1/api-keys/${fingerprint}`)).status).toBe(204)
    expect((await ask('GET', '/v1/session', { key })).status).toBe(401)
    expect((await ask('GET', '/v1/session', { key: token })).status).toBe(401)
    expect((await ask('POST', '/v1/sessions', { body: { api_key: key } })).status).toBe(401)
    expect((await ask('DELETE', `/v1/api-keys/${fingerprint}`)).status).toBe(404)
    const { body: list } = await ask('GET', '/v1/api-keys')
    expect(list.api_keys).toContainEqual(
      expect.objectContaining({ fingerprint, revoked_at: '2026-04-23T10:15:30.000Z' }),
    )
  })

  test('it ends by itself, with its sessions, when it was given an end', async () => {
    const expires_at = '2026-04-23T11:15:30.000Z'
    const { key } = await make({ name: 'Today', role: 'admin', expires_at })
    const { body } = await ask('POST', '/v1/sessions', { body: { api_key: key } })
    clock.advance(HOUR_MS - 1)
    expect((await ask('GET', '/v1/session', { key })).status).toBe(200)
    clock.advance(1)
    expect((await ask('GET', '/v1/session', { key })).status).toBe(401)
    expect((await ask('GET', '/v1/session', { key: String(body.token) })).status).toBe(401)
  })

  test('one of a variable is not taken away here', async () => {
    const { body } = await ask('GET', '/v1/api-keys')
    const [own] = body.api_keys as { fingerprint: string }[]
    const refused = await ask('DELETE', `/v1/api-keys/${own?.fingerprint}`)
    expect(refused.status).toBe(409)
    expect(refused.body.error?.message).toContain('TRACKLAYER_API_KEY_PRODUCTION')
  })

  test.each([
    { name: 'without a name', body: { role: 'viewer' }, says: 'name: want a name' },
    { name: 'with an empty name', body: { name: ' ', role: 'viewer' }, says: 'name: want a name' },
    { name: 'with no role of ours', body: { name: 'x', role: 'owner' }, says: 'role: want viewer' },
    {
      name: 'that has ended already',
      body: { name: 'x', role: 'viewer', expires_at: '2026-04-23T10:15:30Z' },
      says: 'expires_at: want an instant to come',
    },
    { name: 'with more than that', body: { name: 'x', role: 'viewer', key: 'mine' }, says: 'key' },
  ])('none is made $name', async ({ body, says }) => {
    const { status, body: answer } = await ask('POST', '/v1/api-keys', { body })
    expect([status, answer.error?.message]).toEqual([400, expect.stringContaining(says)])
  })

  test('another environment neither sees nor ends it', async () => {
    const { fingerprint } = await make()
    const key = API_KEYS.staging
    expect(JSON.stringify((await ask('GET', '/v1/api-keys', { key })).body)).not.toContain(
      'Reports',
    )
    expect((await ask('DELETE', `/v1/api-keys/${fingerprint}`, { key })).status).toBe(404)
  })
})

describe('who may', () => {
  test.each([
    ['GET', '/v1/api-keys'],
    ['POST', '/v1/api-keys'],
    ['DELETE', '/v1/api-keys/key-00000000'],
    ['POST', '/v1/secrets'],
    ['POST', '/v1/secrets/0123456789ab/retire'],
    ['POST', '/v1/secrets/0123456789ab/restore'],
    ['GET', '/v1/sessions'],
    ['DELETE', '/v1/sessions/1'],
    ['GET', '/v1/audit-log'],
  ])('%s %s: an admin alone', async (method, path) => {
    for (const key of [VIEWER_KEY, OPERATOR_KEY]) {
      const body = method === 'POST' ? { body: { name: 'x', role: 'viewer' } } : {}
      const { status } = await ask(method, path, { key, ...body })
      expect(status).toBe(403)
    }
    expect(await actions()).toEqual([])
  })
})

describe('signing secrets', () => {
  async function signed(secret: string, at: TestStore = store, agent?: string): Promise<number> {
    const nowMs = clock.now()
    const body = JSON.stringify(batchOf([orderMessage(`o${nowMs}`)]))
    if (agent === undefined) return (await at.post(body, { secrets: [secret] })).status
    const request = signedRequest(body, { nowMs, secrets: [secret] })
    const headers = { ...request.headers, 'User-Agent': agent }
    return (await at.app.request('/segment/events', { ...request, headers })).status
  }
  async function make() {
    const made = await ask('POST', '/v1/secrets')
    expect(made.status).toBe(201)
    return made.body as unknown as { readonly secret: string; readonly fingerprint: string }
  }
  const retire = (fingerprint: string, body = {}, at = store) =>
    ask('POST', `/v1/secrets/${fingerprint}/retire`, { body, at })

  const OLD = SECRETS.production
  const OLD_PRINT = secretFingerprint(OLD)

  test('a rotation: the new one beside the old, both accepted, the old refused once it is quiet', async () => {
    expect(await signed(OLD)).toBe(200)
    const { secret, fingerprint } = await make()
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    expect([await signed(OLD), await signed(secret)]).toEqual([200, 200])

    const early = await retire(OLD_PRINT)
    expect([early.status, early.body.error?.code]).toEqual([409, 'still_in_use'])
    expect(await signed(OLD)).toBe(200)

    clock.advance(HOUR_MS)
    expect((await retire(OLD_PRINT)).status).toBe(200)
    expect([await signed(OLD), await signed(secret)]).toEqual([401, 200])
    expect(store.log.at(-1)).toContain('no live secret of production (1) made the signature')
    expect(await actions()).toEqual([
      `secret.created ${fingerprint}`,
      `secret.retired ${OLD_PRINT}`,
    ])
  })

  test('the list says how old each is, what it signed, when last and for whom', async () => {
    await ask('GET', '/v1/secrets')
    clock.advance(HOUR_MS)
    const { secret, fingerprint } = await make()
    await signed(OLD)
    await signed(OLD, store, 'Segment (function)')
    await signed(secret)
    const { body } = await ask('GET', '/v1/secrets', { key: VIEWER_KEY })
    expect(body).toMatchObject({ can_make: true, in_use_ms: HOUR_MS, retired: [] })
    expect(body.secrets).toEqual([
      {
        fingerprint,
        source: 'store',
        created_at: '2026-04-23T11:15:30.000Z',
        created_by: expect.stringMatching(/^key-/),
        requests: 1,
        last_used_at: '2026-04-23T11:15:30.000Z',
        last_used_by: null,
      },
      {
        fingerprint: OLD_PRINT,
        source: 'environment',
        created_at: '2026-04-23T10:15:30.000Z',
        created_by: null,
        requests: 2,
        last_used_at: '2026-04-23T11:15:30.000Z',
        last_used_by: 'Segment (function)',
      },
    ])
  })

  test('a new one is said once; in the database it is sealed, and opens for no other row', async () => {
    const { secret } = await make()
    const { body } = await ask('GET', '/v1/secrets')
    expect(JSON.stringify(body)).not.toContain(secret)
    expect(store.log.join()).not.toContain(secret)
    expect(holds(await everything(), secret)).toBe(false)
    await database.query(
      `update signing_secrets set environment = 'staging' where source = 'store'`,
    )
    const other = open()
    await other.keys.sync()
    const nowMs = clock.now()
    const answer = await other.post(JSON.stringify(batchOf([])), {
      secrets: [secret],
      environment: 'staging',
      nowMs,
    })
    expect(answer.status).toBe(401)
    expect(other.log.join()).toContain('is not accepted')
  })

  test('in use, an old one goes only when somebody says so', async () => {
    const { secret } = await make()
    await signed(OLD)
    const refused = await retire(OLD_PRINT)
    expect(refused.body.error?.message).toMatch(/signed a request at 2026-04-23T10:15:30/)
    expect((await retire(OLD_PRINT, { confirm: true })).status).toBe(200)
    expect([await signed(OLD), await signed(secret)]).toEqual([401, 200])
  })

  test('a quiet hour is not enough: something else must have signed since', async () => {
    await signed(OLD)
    const { secret } = await make()
    clock.advance(3 * HOUR_MS)
    const refused = await retire(OLD_PRINT)
    expect([refused.status, refused.body.error?.message]).toEqual([
      409,
      expect.stringContaining('no other secret has signed since'),
    ])
    await signed(secret)
    expect((await retire(OLD_PRINT)).status).toBe(200)
  })

  test('the only one stays, confirmed or not, also when two take different ones away at once', async () => {
    const refused = await retire(OLD_PRINT, { confirm: true })
    expect([refused.status, refused.body.error?.message]).toEqual([
      409,
      expect.stringContaining('only live secret'),
    ])
    const { fingerprint } = await make()
    const other = open()
    const both = await Promise.all([
      retire(OLD_PRINT, { confirm: true }),
      retire(fingerprint, { confirm: true }, other),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('one taken away by mistake is accepted again, until its text is erased', async () => {
    const { secret, fingerprint } = await make()
    expect((await retire(fingerprint)).status).toBe(200)
    expect(await signed(secret)).toBe(401)
    const back = await ask('POST', `/v1/secrets/${fingerprint}/restore`)
    expect(back.status).toBe(200)
    expect(await signed(secret)).toBe(200)

    await retire(fingerprint, { confirm: true })
    clock.advance(31 * 24 * HOUR_MS)
    await sweepEnvironment(sweeping(), 'production')
    const gone = await ask('POST', `/v1/secrets/${fingerprint}/restore`)
    expect(gone.status).toBe(404)
    const { body } = await ask('GET', '/v1/secrets')
    expect(body.retired).toMatchObject([{ fingerprint, can_be_restored: false }])
  })

  test('a second one is not made while the first has signed nothing', async () => {
    const { fingerprint } = await make()
    const refused = await ask('POST', '/v1/secrets')
    expect([refused.status, refused.body.error?.message]).toEqual([
      409,
      expect.stringContaining(`${fingerprint} was made and has signed nothing yet`),
    ])
  })

  test('more than four are never live', async () => {
    for (let live = 1; live < 4; live++) {
      const { secret } = await make()
      await signed(secret)
    }
    const refused = await ask('POST', '/v1/secrets')
    expect([refused.status, refused.body.error?.message]).toEqual([
      409,
      expect.stringContaining('4 secrets are live'),
    ])
  })

  test('without an encryption key none is made, and the answer says what to set', async () => {
    const bare = open({ vault: null })
    const refused = await ask('POST', '/v1/secrets', { at: bare })
    expect([refused.status, refused.body.error?.message]).toEqual([
      409,
      expect.stringContaining('TRACKLAYER_ENCRYPTION_KEY'),
    ])
    expect((await ask('GET', '/v1/secrets', { at: bare })).body.can_make).toBe(false)
  })

  test('one made in production opens nothing in staging, and is not seen or taken away there', async () => {
    const { secret, fingerprint } = await make()
    const nowMs = clock.now()
    const batch = JSON.stringify(batchOf([]))
    const answer = await store.post(batch, { secrets: [secret], environment: 'staging', nowMs })
    expect(answer.status).toBe(401)
    const key = API_KEYS.staging
    const list = await ask('GET', '/v1/secrets', { key })
    expect(JSON.stringify(list.body)).not.toContain(fingerprint)
    const away = await ask('POST', `/v1/secrets/${fingerprint}/retire`, { key, body: {} })
    expect(away.status).toBe(404)
  })

  test('every process sees a change within two seconds, and asks the database once in them', async () => {
    const other = open()
    const stopping = new AbortController()
    const running = runKeyRing(
      other.keys,
      { database: other.database, log: () => {} },
      stopping.signal,
    )
    const { secret } = await make()
    expect(await signed(secret, other)).toBe(401)
    clock.advance(SYNC_MS)
    await until(async () => (await signed(secret, other)) === 200)
    await retire(OLD_PRINT, { confirm: true })
    clock.advance(SYNC_MS)
    await until(async () => (await signed(OLD, other)) === 401)
    stopping.abort()
    await running
    const { body } = await ask('GET', '/v1/secrets')
    expect(body.secrets).toMatchObject([{ requests: 1 }])
  })

  test('what is known stays in use while the database is away, and what was counted is not lost', async () => {
    const { secret } = await make()
    await signed(secret)
    const pool = database.createPool()
    const other = open({ pool })
    await other.keys.sync()
    await other.post(JSON.stringify({ batch: [] }), { secrets: [secret] })
    await pool.end()
    await expect(other.keys.sync()).rejects.toThrow()
    const ping = await other.post(JSON.stringify({ batch: [] }), { secrets: [secret] })
    expect(ping.status).toBe(200)
    expect(other.keys.secretUse.take()).toMatchObject([{ times: 2 }])
  })

  test('a changed encryption key seals it anew; a lost one is said, and the others go on', async () => {
    const { secret } = await make()
    const zero = '0'.repeat(64)
    const one = '1'.repeat(64)
    const changed = open({ vault: createVault(`${one},${zero}`, randomBytes) })
    await changed.keys.sync()
    const later = open({ vault: createVault(one, randomBytes) })
    await later.keys.sync()
    expect(await signed(secret, later)).toBe(200)
    // The process that has the earlier key only goes on with what it knows.
    await store.keys.sync()
    expect(await signed(secret)).toBe(200)
    const lost = open({ vault: createVault('2'.repeat(64), randomBytes) })
    await lost.keys.sync()
    await lost.keys.sync()
    expect([await signed(secret, lost), await signed(OLD, lost)]).toEqual([401, 200])
    expect(lost.log.filter((line) => line.includes('is not accepted'))).toHaveLength(1)
  })
})

function sweeping() {
  const log = (level: string, message: string) => store.log.push(`${level} ${message}`)
  const optionsOf = () => {
    throw new Error('no audience here')
  }
  return { database: store.database, environments: [], optionsOf, auditLogDays: 400, log }
}

describe('sessions', () => {
  async function signIn(key: string): Promise<string> {
    const { body } = await ask('POST', '/v1/sessions', { body: { api_key: key } })
    return String(body.token)
  }

  test('an admin sees who is signed in, and ends one', async () => {
    const own = await signIn(API_KEYS.production)
    const other = await signIn(VIEWER_KEY)
    await signIn(API_KEYS.staging)
    const { body } = await ask('GET', '/v1/sessions', { key: own })
    const sessions = body.sessions as { id: string; role: string; is_own: boolean; by: string }[]
    expect(sessions).toMatchObject([
      { role: 'viewer', is_own: false, by: 'API key' },
      { role: 'admin', is_own: true, by: 'API key' },
    ])
    const id = sessions[0]?.id ?? ''
    expect((await ask('DELETE', `/v1/sessions/${id}`, { key: API_KEYS.staging })).status).toBe(404)
    expect((await ask('DELETE', `/v1/sessions/${id}`, { key: own })).status).toBe(204)
    expect((await ask('GET', '/v1/session', { key: other })).status).toBe(401)
    expect((await ask('GET', '/v1/session', { key: own })).status).toBe(200)
    expect((await ask('DELETE', `/v1/sessions/${id}`, { key: own })).status).toBe(404)
    expect((await ask('DELETE', '/v1/sessions/own', { key: own })).status).toBe(404)
  })
})

describe('the audit log', () => {
  test('is read by action and by actor', async () => {
    await ask('POST', '/v1/api-keys', { body: { name: 'A', role: 'viewer' } })
    await ask('POST', '/v1/destinations/webhook/pause', { key: OPERATOR_KEY })
    await ask('POST', '/v1/destinations/webhook/enable', { key: OPERATOR_KEY })
    const read = async (query: string) => {
      const { status, body } = await ask('GET', `/v1/audit-log?${query}`)
      const entries = body.entries as { action: string }[] | undefined
      return entries?.map(({ action }) => action) ?? status
    }
    expect(await read('')).toEqual(['destination.enabled', 'destination.paused', 'api_key.created'])
    expect(await read('action=destination.paused')).toEqual(['destination.paused'])
    const { body } = await ask('GET', '/v1/audit-log?action=destination.paused')
    const [{ actor = '' } = {}] = body.entries as { actor?: string }[]
    expect(await read(`actor=${actor}`)).toEqual(['destination.enabled', 'destination.paused'])
    expect(await read(`actor=${actor}&action=api_key.created`)).toEqual([])
    expect(await read('action=odd')).toBe(400)
    expect(await read('cursor=odd')).toBe(400)
  })

  test('is kept for so many days, and retention says what it removed', async () => {
    await ask('POST', '/v1/api-keys', { body: { name: 'A', role: 'viewer' } })
    await ask('POST', '/v1/api-keys', {
      key: API_KEYS.staging,
      body: { name: 'B', role: 'viewer' },
    })
    await sweepEnvironment(sweeping(), 'production')
    const before = await ask('GET', '/v1/retention', { key: VIEWER_KEY })
    expect(before.body.kept).toContainEqual({
      subject: 'audit_log',
      name: null,
      kept_ms: 400 * 24 * HOUR_MS,
      last_run: {
        ran_at: '2026-04-23T10:15:30.000Z',
        removed_at: null,
        removed: 0,
        removed_in_all: 0,
      },
    })
    clock.advance(401 * 24 * HOUR_MS)
    await sweepEnvironment(sweeping(), 'production')
    expect(await actions()).toEqual([expect.stringContaining('B')])
    const { body } = await ask('GET', '/v1/retention')
    expect(body.kept).toContainEqual(
      expect.objectContaining({
        subject: 'audit_log',
        last_run: expect.objectContaining({ removed: 1, removed_in_all: 1 }),
      }),
    )
    expect(body.kept).toContainEqual({
      subject: 'messages',
      name: null,
      kept_ms: null,
      last_run: null,
    })
    expect(store.log.join()).toContain('memberships of production cannot expire now')
  })
})
