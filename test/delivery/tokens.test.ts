// Access tokens of several processes on one destination, against a token endpoint that counts and replaces refresh
// tokens, and an API that refuses tokens.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import { createVault, type Vault } from '../../core/vault.ts'
import { createDestination } from '../../delivery/definitions.ts'
import { createTokenSource, type TokenSource } from '../../delivery/host/token-source.ts'
import { OWN_DEFINITIONS } from '../../delivery/own-definitions.ts'
import { createTransport } from '../../delivery/transport.ts'
import { beginRefresh } from '../../store/credentials.ts'
import { useDatabase } from '../support/database.ts'
import { CATALOGUE, NO_RETURNS, type RunningWorker, startWorker } from '../support/delivery.ts'
import {
  json,
  type RecordingServer,
  reset,
  startRecordingServer,
} from '../support/recording-server.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const KEYS = { first: 'a'.repeat(64), second: 'b'.repeat(64) }
const HOUR_MS = 60 * 60 * 1000
const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })

let store: TestStore
let platform: RecordingServer
let workers: RunningWorker[]
/** What the platform takes now; each refresh replaces both. */
let valid: { refreshToken: string; accessToken: string }
/** Each refresh token that was presented. */
let refreshes: string[]
let isAnswerCut: boolean

beforeEach(async () => {
  store = createTestStore(database, { destinations: ['google-ads'] })
  valid = { refreshToken: 'refresh-0', accessToken: 'none' }
  refreshes = []
  isAnswerCut = false
  workers = []
  platform = await startRecordingServer((response, request) =>
    request.path === '/token' ? answerRefresh(response, request) : answerIngest(response, request),
  )
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await platform.close()
})
afterAll(() => transport.close())

const answerRefresh: ReturnType<typeof json> = (response, request) => {
  const presented = new URLSearchParams(request.body.toString()).get('refresh_token') ?? ''
  refreshes.push(presented)
  if (presented !== valid.refreshToken) {
    return json(400, { error: 'invalid_grant' })(response, request)
  }
  const number = refreshes.length
  valid = { refreshToken: `refresh-${number}`, accessToken: `access-${number}` }
  if (isAnswerCut) return reset(response, request)
  const { accessToken: access_token, refreshToken: refresh_token } = valid
  return json(200, { access_token, refresh_token, expires_in: 3600 })(response, request)
}

const answerIngest: ReturnType<typeof json> = (response, request) => {
  const isValid = request.headers.authorization === `Bearer ${valid.accessToken}`
  const answer = isValid
    ? json(200, { requestId: 'r1' })
    : json(401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'no' } })
  return answer(response, request)
}

const vaultOf = (keys: string = KEYS.first): Vault => createVault(keys, randomBytes)

const FILE = parseDestinationFile(
  readFileSync('mappings/destinations/google-ads.yaml', 'utf8'),
  'google-ads.yaml',
  undefined,
  CATALOGUE,
)

interface Process {
  readonly pool?: pg.Pool
  readonly vault?: Vault
  readonly environment?: string
  readonly refreshToken?: string
}

// What one process of a store makes of the destination's file.
function optionsOf({ pool, vault, environment, refreshToken }: Process) {
  const oauth = {
    client_id: 'client',
    client_secret: 'secret',
    refresh_token: refreshToken ?? 'refresh-0',
  }
  return {
    name: 'google-ads',
    environment: environment ?? 'production',
    file: { ...FILE, oauth },
    settings: {
      operating_account_id: '1234567890',
      conversion_actions: 'purchase=77',
      base_url: platform.url,
      token_url: `${platform.url}/token`,
    },
    transport: transport.send,
    timeoutMs: 2_000,
    tokenStore: {
      database: { ...store.database, pool: pool ?? database.pool },
      vault: vault ?? vaultOf(),
    },
  }
}

function sourceOf(process: Process = {}): TokenSource {
  const definition = OWN_DEFINITIONS['google-data-manager']
  if (!definition) throw new Error('the definition is gone')
  const source = createTokenSource({ ...optionsOf(process), definition })
  if (!source) throw new Error('the definition signs in without OAuth 2')
  return source
}

function start(process: Process = {}): RunningWorker {
  const destination = createDestination({
    ...optionsOf(process),
    account: ACCOUNT,
    returns: NO_RETURNS,
    catalogue: CATALOGUE,
    clock: store.clock,
  })
  const worker = startWorker(store.database, [destination])
  workers.push(worker)
  return worker
}

const sendOrder = (id: string) =>
  store.send([
    orderMessage(id, {
      userId: 'jane',
      timestamp: '2026-04-23T10:00:00.000Z',
      context: {
        traits: { email: 'jane@example.com' },
        consent: { categoryPreferences: { Advertising: true } },
      },
    }),
  ])

const stateOf = async () => {
  const rows = await database.query<{ state: string; reason: string | null }>(
    'select state, reason from deliveries order by id',
  )
  return rows[0]
}
const pauses = () =>
  database.query<{ reason: string }>('select reason from destination_states where is_paused')

describe('processes on one destination', () => {
  test('refresh once between them, whoever asks how often', async () => {
    const sources = Array.from({ length: 4 }, () => sourceOf({ pool: database.createPool() }))
    const asked = sources.flatMap((source) => Array.from({ length: 10 }, () => source.current()))
    const tokens = await Promise.all(asked)
    expect(new Set(tokens.map(({ accessToken }) => accessToken))).toEqual(new Set(['access-1']))
    expect(refreshes).toEqual(['refresh-0'])
  })

  test('refresh once more when the token runs out, with the refresh token that replaced the first', async () => {
    const sources = Array.from({ length: 4 }, () => sourceOf({ pool: database.createPool() }))
    await Promise.all(sources.map((source) => source.current()))
    store.clock.advance(HOUR_MS)
    const tokens = await Promise.all(sources.map((source) => source.current()))
    expect(new Set(tokens.map(({ accessToken }) => accessToken))).toEqual(new Set(['access-2']))
    expect(refreshes).toEqual(['refresh-0', 'refresh-1'])
  })

  test('refresh once when the platform refuses the token of all', async () => {
    const sources = Array.from({ length: 4 }, () => sourceOf({ pool: database.createPool() }))
    await Promise.all(sources.map((source) => source.current()))
    const tokens = await Promise.all(sources.map((source) => source.newerThan(1)))
    expect(tokens.map(({ version }) => version)).toEqual([2, 2, 2, 2])
    expect(refreshes).toHaveLength(2)
  })

  test('that start later use what is stored; another environment has its own', async () => {
    await sourceOf().current()
    await sourceOf().current()
    expect(refreshes).toHaveLength(1)
    valid = { ...valid, refreshToken: 'refresh-0' }
    await sourceOf({ environment: 'staging' }).current()
    expect(refreshes).toHaveLength(2)
  })

  test('use no token of an account that was connected before', async () => {
    await sourceOf().current()
    valid = { ...valid, refreshToken: 'of the new account' }
    await sourceOf({ refreshToken: 'of the new account' }).current()
    expect(refreshes).toEqual(['refresh-0', 'of the new account'])
  })

  test('take over from one that died while it refreshed', async () => {
    const { tokenStore } = optionsOf({})
    await sourceOf().current()
    store.clock.advance(HOUR_MS)
    const [row] = await database.query<{ connection: string }>('select connection from credentials')
    const key = {
      environment: 'production',
      destination: 'google-ads',
      ...row,
      connection: row?.connection ?? '',
    }
    await beginRefresh(tokenStore.database, key, { seenVersion: 1, leaseMs: 5_000 })
    await expect(sourceOf().current()).rejects.toThrow(
      'Another process has been renewing the access token for 2000 ms',
    )
    store.clock.advance(5_000)
    expect(await sourceOf().current()).toMatchObject({ accessToken: 'access-2' })
    expect(await database.query('select lost_at from credentials')).toEqual([{ lost_at: null }])
  })
})

describe('what is stored', () => {
  test('holds no token that can be read', async () => {
    await sourceOf().current()
    const [{ row } = { row: '' }] = await database.query<{ row: string }>(
      `select to_jsonb(c) || jsonb_build_object('text', encode(sealed, 'escape')) || '{}' as row from credentials c`,
    )
    const text = JSON.stringify(row)
    expect(text).toContain('google-ads')
    expect(text).not.toMatch(/access-1|refresh-[01]|secret/)
  })

  test('opens with an earlier key while keys overlap, and is sealed with the newest', async () => {
    await sourceOf({ vault: vaultOf(KEYS.first) }).current()
    const both = vaultOf(`${KEYS.second}, ${KEYS.first}`)
    const source = sourceOf({ vault: both })
    expect(await source.current()).toMatchObject({ accessToken: 'access-1' })
    await source.newerThan(1)
    expect(await sourceOf({ vault: vaultOf(KEYS.second) }).current()).toMatchObject({
      accessToken: 'access-2',
    })
  })

  test('says which variable is wrong when no key opens it', async () => {
    await sourceOf({ vault: vaultOf(KEYS.first) }).current()
    await expect(sourceOf({ vault: vaultOf(KEYS.second) }).current()).rejects.toThrow(
      /^The secret of production google-ads is sealed with the key [0-9a-f]{8}, and TRACKLAYER_ENCRYPTION_KEY holds [0-9a-f]{8}; add the earlier key/,
    )
    expect(refreshes).toHaveLength(1)
  })

  test('opens nowhere but in its place', async () => {
    await sourceOf().current()
    await database.query(`update credentials set environment = 'staging'`)
    await expect(sourceOf({ environment: 'staging' }).current()).rejects.toThrow(
      'The secret of staging google-ads was changed or moved in the database',
    )
  })
})

describe('a delivery', () => {
  test('whose token the platform refuses is sent again with a new one', async () => {
    await sourceOf().current()
    valid = { ...valid, accessToken: 'revoked early' }
    await sendOrder('o1')
    start()
    await until(async () => (await stateOf())?.state === 'delivered')
    expect(refreshes).toEqual(['refresh-0', 'refresh-1'])
    expect(await pauses()).toEqual([])
  })

  test('whose new token is refused too pauses the destination, after one refresh', async () => {
    await sourceOf().current()
    platform.otherwise((response, request) =>
      request.path === '/token'
        ? answerRefresh(response, request)
        : json(401, { error: { code: 401, status: 'UNAUTHENTICATED' } })(response, request),
    )
    await sendOrder('o1')
    start()
    await until(async () => (await pauses()).length === 1)
    await until(async () => (await stateOf())?.state === 'retrying')
    expect(refreshes).toHaveLength(2)
  })

  test('pauses with the reason when a lost answer took the refresh token along', async () => {
    isAnswerCut = true
    await sendOrder('o1')
    start()
    await until(async () => (await stateOf())?.state === 'retrying')
    expect(await pauses()).toEqual([])
    isAnswerCut = false
    store.clock.advance(HOUR_MS)
    await until(async () => (await pauses()).length === 1)
    expect((await pauses())[0]?.reason).toMatch(
      /invalid_grant.*The answer to the refresh of 2026-04-23T10:15:30.000Z was lost, .*connect the account again/,
    )
    await until(async () => (await stateOf())?.state === 'retrying')
    expect(refreshes).toEqual(['refresh-0', 'refresh-0'])
  })

  test('waits while the token endpoint is down: nothing is paused, nothing counts as sent', async () => {
    platform.otherwise(json(503, {}))
    await sendOrder('o1')
    start()
    await until(async () => (await stateOf())?.state === 'retrying')
    expect((await stateOf())?.reason).toContain('The token endpoint answered 503')
    expect(await pauses()).toEqual([])
  })
})

test('a destination that signs in with OAuth 2 is refused without a key', () => {
  const options = {
    ...optionsOf({}),
    account: ACCOUNT,
    returns: NO_RETURNS,
    catalogue: CATALOGUE,
    clock: store.clock,
  }
  expect(() => createDestination({ ...options, tokenStore: undefined })).toThrow(
    'TRACKLAYER_ENCRYPTION_KEY, which seals its tokens, is not set; make one with: openssl rand -hex 32',
  )
})
