// Everything `tracklayer dev` runs, wired as in production: shop and Engage → Tracking API → insert function → destination
// function → store → twins of the ad platforms, webhook receiver and source function. The returns' source feeds the destination function too: nothing may circulate.
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Clock, Random } from '../../core/clock.ts'
import { TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import {
  createDatabase,
  dropDatabase,
  listDatabases,
  onDatabase,
} from '../../store/embedded/databases.ts'
import { startEmbeddedPostgres } from '../../store/embedded/start.ts'
import { migrate, readMigrations } from '../../store/migrate.ts'
import { createWorkspace, type Workspace } from '../../workspace/workspace.ts'
import { createPool } from '../open-database.ts'
import type { Log } from '../output.ts'
import { DIST, MIGRATIONS, ROOT } from '../paths.ts'
import { type StoreService, type StoreServiceOptions, startStoreService } from '../store-service.ts'
import { createLocalAuthority } from '../tls/local-authority.ts'
import { type Platforms, startPlatforms } from './platforms.ts'
import { type Receiver, startReceiver } from './receiver.ts'

export interface StageOptions {
  readonly dataDir: string
  readonly mappingsDir: string
  /** Port of the store, the next one is Segment's; 0 takes free ones. */
  readonly port: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onRecorded?: StoreServiceOptions['onRecorded']
  /** A message that came back into Segment. */
  readonly onReturned?: (message: JsonObject) => void
}

export interface Stage {
  readonly store: StoreService & { readonly url: string }
  readonly apiKey: string
  readonly segment: {
    readonly url: string
    readonly writeKey: string
    /** Of the Engage space's source: what it says is about audiences. */
    readonly engageKey: string
    readonly workspace: Workspace
  }
  readonly receiver: Receiver
  readonly platforms: Platforms
  readonly database: string
  /** Messages that came back into Segment, in order, repeats included. */
  readonly returned: readonly JsonObject[]
  close(): Promise<void>
}

const ENVIRONMENT = 'development'
const ACCOUNT = 'acct_local'
const WRITE_KEY = 'shop'
const ENGAGE_KEY = 'engage'
const RETURN_FUNCTION = 'tracklayer-return'

export async function setStage(options: StageOptions): Promise<Stage> {
  // What was opened is closed in reverse, also when a later step fails.
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return { ...(await build(options, closers)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function build(
  options: StageOptions,
  closers: (() => Promise<void>)[],
): Promise<Omit<Stage, 'close'>> {
  const { clock, random, log } = options
  const secrets = { store: newSecret(), webhook: newSecret(), returned: newSecret() }
  const apiKey = newSecret()
  const database = await openThrowaway(options, closers)
  const receiver = await startReceiver({ secret: secrets.webhook, clock, random, faultRate: 0.08 })
  closers.push(receiver.close)

  const platforms = await startPlatforms(clock, random)
  closers.push(platforms.close)

  const returned: JsonObject[] = []
  const authority = createLocalAuthority(clock.now())
  const workspace = createWorkspace({
    clock,
    trustedAuthority: authority.certificate,
    random,
    realmWorkerFile: path.join(DIST, 'workspace', 'realm-worker.js'),
    analyticsJsFile: path.join(
      ROOT,
      'node_modules',
      '@segment',
      'analytics-next',
      'dist',
      'umd',
      'standalone.js',
    ),
    destinationRetry: { baseMs: 500, capMs: 4_000 },
    onMessage: (message, source) => {
      if (source !== RETURN_FUNCTION) return
      returned.push(message)
      options.onReturned?.(message)
    },
    onLog: ({ functionName, level, text }) =>
      log(level === 'error' ? 'error' : 'info', `${functionName}: ${text}`),
  })
  closers.push(workspace.close)
  workspace.addSource({ name: 'shop', writeKey: WRITE_KEY })
  workspace.addSource({ name: 'engage', writeKey: ENGAGE_KEY })
  const segment = await workspace.listen({ port: options.port === 0 ? 0 : options.port + 1 })

  const store = await startStoreService({
    pool: database.pool,
    access: {
      account: ACCOUNT,
      environments: [{ name: ENVIRONMENT, secrets: [secrets.store], apiKeys: [apiKey] }],
    },
    mappingsDir: options.mappingsDir,
    variables: {
      WEBHOOK_URL_DEVELOPMENT: receiver.url,
      WEBHOOK_SECRET_DEVELOPMENT: secrets.webhook,
      SEGMENT_RETURN_URL_DEVELOPMENT: `${segment.url}/functions/${RETURN_FUNCTION}`,
      SEGMENT_RETURN_SECRET_DEVELOPMENT: secrets.returned,
      TRACKLAYER_ALLOW_PRIVATE_ADDRESSES: 'true',
      TRACKLAYER_ENCRYPTION_KEY: newSecret(),
      ...Object.fromEntries(
        Object.entries(platforms.variables).map(([name, value]) => [`${name}_DEVELOPMENT`, value]),
      ),
    },
    log,
    listen: { host: '127.0.0.1', port: options.port },
    // People and their curl use the plain door; the function the secure one, as it must inside Segment.
    alsoListen: { host: '127.0.0.1', port: 0, tls: authority.issue(['127.0.0.1']) },
    deliver: true,
    ...(options.onRecorded ? { onRecorded: options.onRecorded } : {}),
  })
  closers.push(store.stop)
  const { url: storeUrl, secondUrl } = store
  if (storeUrl === null || secondUrl === null)
    throw new TrackLayerError('UNAVAILABLE', 'The store has no address')
  const common = { account: ACCOUNT, environment: ENVIRONMENT }
  await workspace.addSourceFunction({
    name: RETURN_FUNCTION,
    file: path.join(DIST, 'functions', 'source.js'),
    settings: { ...common, secret: secrets.returned },
  })
  await workspace.addDestinationFunction({
    name: 'TrackLayer',
    file: path.join(DIST, 'functions', 'destination.js'),
    settings: { ...common, secret: secrets.store, storeUrl: secondUrl },
    sources: ['shop', 'engage', RETURN_FUNCTION],
    // Segment forms batches for ten seconds; a person watching should not have to wait that long.
    batch: { windowMs: 500 },
    // Holds messages against the tracking plan; what breaks it is flagged, and shows in the store.
    insert: {
      file: path.join(DIST, 'functions', 'insert.js'),
      settings: { destination: 'tracklayer' },
      batch: { windowMs: 100 },
    },
  })
  return {
    store: { ...store, url: storeUrl },
    apiKey,
    segment: { url: segment.url, writeKey: WRITE_KEY, engageKey: ENGAGE_KEY, workspace },
    receiver,
    platforms,
    database: database.name,
    returned,
  }
}

// Each run has a database of its own and drops it; one that a killed run left behind goes with the next start.
async function openThrowaway(
  { dataDir, clock, log }: StageOptions,
  closers: (() => Promise<void>)[],
) {
  const embedded = await startEmbeddedPostgres({
    dataDir,
    clock,
    packageRoot: ROOT,
    log: (line) => log('info', line),
  })
  closers.push(embedded.stop)
  for (const left of await listDatabases(embedded.connection)) {
    const pid = /^dev_(\d+)$/.exec(left)?.[1]
    if (pid && !isAlive(Number(pid))) await dropDatabase(embedded.connection, left, { force: true })
  }
  const name = `dev_${process.pid}`
  await createDatabase(embedded.connection, name)
  closers.push(() => dropDatabase(embedded.connection, name, { force: true }))
  const pool = createPool(onDatabase(embedded.connection, name), log)
  closers.push(() => pool.end())
  await migrate(pool, readMigrations(MIGRATIONS))
  return { pool, name }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function newSecret(): string {
  return randomBytes(32).toString('hex')
}
