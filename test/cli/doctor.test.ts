// The store's side of `tracklayer doctor`, and the walk of `tracklayer keys rotate`: against the store's own application over
// HTTPS. The whole chain with real processes is in test/e2e/deploy.long.ts.
import https from 'node:https'
import { checkStore, type StoreSide } from '../../cli/doctor/store-checks.ts'
import { type HttpServer, startHttpServer } from '../../cli/http-server.ts'
import { type RotationOptions, rotate, type SecretUseStory } from '../../cli/keys/rotation.ts'
import { createLiveAccess, reloadAccess } from '../../cli/live-access.ts'
import { ping } from '../../cli/segment/ping.ts'
import { createLocalAuthority } from '../../cli/tls/local-authority.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import { table } from '../core/support/table.ts'
import { useDatabase } from '../support/database.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { ACCOUNT, API_KEYS, SECRETS } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()
const authority = createLocalAuthority(Date.now())
const servers: HttpServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

const FIRST = SECRETS.production

async function openStore(days = 30) {
  const clock = createManualClock(Date.now())
  const access = createLiveAccess({
    account: ACCOUNT,
    environments: [{ name: 'production', secrets: [FIRST], apiKeys: [API_KEYS.production] }],
  })
  const store = createTestStore(database, { clock, access })
  const tls = authority.issue(['127.0.0.1'], days)
  const server = await startHttpServer(store.app.fetch, { host: '127.0.0.1', port: 0, tls })
  servers.push(server)
  const side: StoreSide = {
    clock,
    storeUrl: server.url,
    account: ACCOUNT,
    environment: 'production',
    liveSecrets: [FIRST],
    mappingVersion: table.version,
    ca: authority.certificate,
  }
  return { clock, store, access, server, side }
}

const NAME = `signature ${secretFingerprint(FIRST)}`

async function statesOf(side: StoreSide): Promise<Record<string, string>> {
  const findings = await checkStore(side)
  for (const { state, fix } of findings) expect(state === 'ok' || Boolean(fix)).toBe(true)
  return Object.fromEntries(findings.map(({ check, state }) => [check, state]))
}

const SOUND = { certificate: 'ok', store: 'ok', clock: 'ok', [NAME]: 'ok' }

test('a store as it should be', async () => {
  expect(await statesOf((await openStore()).side)).toEqual(SOUND)
})

test.each<[string, number, (side: StoreSide) => Partial<StoreSide>, object]>([
  [
    'an unknown authority',
    30,
    () => ({ ca: undefined }),
    { certificate: 'failed', store: 'failed' },
  ],
  ['a certificate near its end', 5, () => ({}), { ...SOUND, certificate: 'warning' }],
  ['one that ran out', -1, () => ({}), { certificate: 'failed', store: 'failed' }],
  [
    'another name',
    30,
    ({ storeUrl }) => ({ storeUrl: storeUrl.replace('127.0.0.1', 'localhost') }),
    { certificate: 'failed', store: 'failed' },
  ],
  ['another build', 30, () => ({ mappingVersion: 'older' }), { ...SOUND, store: 'warning' }],
  ['another account', 30, () => ({ account: 'acct_other' }), { ...SOUND, [NAME]: 'failed' }],
  ['another environment', 30, () => ({ environment: 'staging' }), { ...SOUND, [NAME]: 'failed' }],
  [
    'another secret',
    30,
    () => ({ liveSecrets: ['another-secret-0000001'] }),
    {
      certificate: 'ok',
      store: 'ok',
      clock: 'ok',
      [`signature ${secretFingerprint('another-secret-0000001')}`]: 'failed',
    },
  ],
  [
    'a clock a minute off',
    30,
    ({ clock }) => ({ clock: { ...clock, now: () => clock.now() + 60_000 } }),
    { ...SOUND, clock: 'warning' },
  ],
  [
    'a clock ten minutes off',
    30,
    ({ clock }) => ({ clock: { ...clock, now: () => clock.now() - 600_000 } }),
    { ...SOUND, clock: 'failed', [NAME]: 'failed' },
  ],
])('the doctor sees %s', async (_, days, change, expected) => {
  const { side } = await openStore(days)
  expect(await statesOf({ ...side, ...change(side) })).toEqual(expected)
})

test('a site that is no store, and nothing at all', async () => {
  const tls = authority.issue(['127.0.0.1'])
  const other = await startHttpServer(() => new Response('hello', { status: 200 }), {
    host: '127.0.0.1',
    port: 0,
    tls,
  })
  const { side } = await openStore()
  expect(await statesOf({ ...side, storeUrl: other.url })).toMatchObject({ store: 'failed' })
  await other.close()
  expect(await statesOf({ ...side, storeUrl: other.url })).toEqual({
    certificate: 'failed',
    store: 'failed',
  })
})

type Opened = Awaited<ReturnType<typeof openStore>>

/** A rotation whose file is a variable, and whose Segment signs with `signing`. */
function rotationOf(
  { clock, access, server, side }: Opened,
  change: Partial<RotationOptions> = {},
) {
  const world = { file: [FIRST] as readonly string[], signing: FIRST as string, refused: 0 }
  const log: string[] = []
  const reload = () =>
    reloadAccess(
      access,
      () => ({
        TRACKLAYER_ACCOUNT: ACCOUNT,
        TRACKLAYER_SECRET_PRODUCTION: world.file.join(','),
        TRACKLAYER_API_KEY_PRODUCTION: API_KEYS.production,
      }),
      (level, message) => log.push(`${level} ${message}`),
    )
  const send = async () => {
    const { isAccepted } = await ping({ ...side, secret: world.signing, nowMs: clock.now() })
    if (!isAccepted) world.refused++
  }
  const steps: string[] = []
  const options: RotationOptions = {
    // Between two looks an event arrives.
    clock: {
      now: clock.now,
      schedule: (delayMs, run) => {
        void send().then(() => {
          clock.advance(delayMs)
          run()
        })
        return () => {}
      },
    },
    readSecrets: () => world.file,
    writeSecrets(secrets) {
      world.file = secrets
      reload()
    },
    newSecret: () => 'second-secret-000000001',
    ping: (secret) => ping({ ...side, secret, nowMs: clock.now() }),
    standing: async () => (await readSecrets(server.url)).secrets,
    updateSegment: async (secret) => {
      world.signing = secret
      return 'updated'
    },
    confirm: async () => true,
    quietMs: 3_000,
    patienceMs: 10_000,
    onStep: ({ step }) => steps.push(step),
    ...change,
  }
  return { world, steps, options, log }
}

test('a rotation: both live, Segment turned, the old one quiet, then refused; no request in between is', async () => {
  const opened = await openStore()
  const { world, steps, options } = rotationOf(opened)
  expect(await rotate(options)).toBe(true)
  expect(steps).toEqual(['add', 'accept', 'segment', 'turn', 'remove'])
  expect(world).toEqual({ file: ['second-secret-000000001'], signing: world.file[0], refused: 0 })
  const old = await ping({ ...opened.side, secret: FIRST, nowMs: opened.clock.now() })
  expect(old.status).toBe(401)
  const answer = await readSecrets(opened.server.url)
  expect(answer).toMatchObject({ secrets: [{ fingerprint: secretFingerprint(world.signing) }] })
  expect(JSON.stringify(answer)).not.toContain(world.signing)
})

test('a rotation does not take the old secret away while anything signs with it, and goes on when run again', async () => {
  const opened = await openStore()
  const stuck = rotationOf(opened, { updateSegment: async () => 'said so, and did not' })
  await expect(rotate(stuck.options)).rejects.toThrow(/still come signed with the old secret/)
  expect(stuck.world.file).toEqual(['second-secret-000000001', FIRST])
  expect(stuck.world.refused).toBe(0)
  const { options, world, steps } = stuck
  const updateSegment = async (secret: string) => {
    world.signing = secret
    return 'updated'
  }
  expect(await rotate({ ...options, updateSegment })).toBe(true)
  expect(steps.slice(-4)).toEqual(['accept', 'segment', 'turn', 'remove'])
  expect(world.refused).toBe(0)
})

test('a rotation stops where the store does not read its file, and where a person says no', async () => {
  const deaf = rotationOf(await openStore())
  const writeSecrets = (secrets: readonly string[]) => {
    deaf.world.file = secrets
  }
  await expect(rotate({ ...deaf.options, writeSecrets })).rejects.toThrow(/--env-file/)
  expect(deaf.world).toMatchObject({ signing: FIRST, refused: 0 })
  const declined = rotationOf(await openStore(), { confirm: async () => false })
  expect(await rotate(declined.options)).toBe(false)
  expect(declined.world.file).toEqual([FIRST])
})

function readSecrets(url: string): Promise<{ readonly secrets: readonly SecretUseStory[] }> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${API_KEYS.production}` }
    const options = { headers, ca: authority.certificate, agent: false }
    const request = https.get(`${url}/v1/secrets`, options, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.once('end', () => resolve(JSON.parse(body)))
    })
    request.once('error', reject)
  })
}
