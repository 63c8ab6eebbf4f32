// The embedded PostgreSQL: a real server in its own process, shared by every store on the same data directory.
//
// The server outlives a killed store and is adopted by the next one. Its users are counted; the last to stop takes it
// down. Starting and stopping are serialised by a lock across processes, everything else follows from that.
import path from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { TrackLayerError } from '../../core/errors.ts'
import { canReach } from './account.ts'
import { findPackage, type PostgresPackage, prepareBinaries } from './binaries.ts'
import { assertMajor, clusterVersion, createCluster, removeHalfBuilt } from './cluster.ts'
import { ensureDatabase } from './databases.ts'
import { explainFailure } from './failure.ts'
import { makeFolder, SHARED_ROOTS } from './folders.ts'
import { type EmbeddedPostgres, superviseServer } from './handle.ts'
import { launchServer } from './launch.ts'
import { type LockOptions, withLock } from './lock.ts'
import { makeDataDir, type Place, resolvePlace } from './place.ts'
import { identifyProcess, type ProcessIdentity } from './processes.ts'
import { adoptServer, type RunningServer, type ServerOptions } from './server.ts'
import { STOP_PATIENCE_MS, stopServer } from './stop.ts'
import { joinServer, leaveServer } from './users.ts'

const ANSWER_TIMEOUT_MS = 10_000

export interface EmbeddedPostgresOptions {
  /** Made when missing. For root it should be a folder that everybody may enter. */
  readonly dataDir: string
  readonly clock: Clock
  /** Gets one line for each thing an operator would want to know. Default: nobody listens. */
  readonly log?: (line: string) => void
  /** Where to look for the platform package: here and above. Default: beside the program. */
  readonly packageRoot?: string
  /** Made when missing. Default "tracklayer". */
  readonly database?: string
  /** How long a server that lives may stay silent before it counts as hung. Default 10 seconds. */
  readonly answerTimeoutMs?: number
  /** Where root keeps what must be out of dataDir or node_modules. Default /var/lib/tracklayer and fallbacks. */
  readonly sharedRoots?: readonly string[]
  /** Default: this machine's, as "linux-x64". */
  readonly platform?: string
}

/**
 * Gives a running PostgreSQL 18 on `dataDir`: the one that runs, or a new one.
 * Throws a TrackLayerError (SETTINGS_INVALID, UNAVAILABLE) that says what happened and the way out.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = path.resolve(options.dataDir)
  try {
    return await start(dataDir, options)
  } catch (error) {
    throw explainFailure(error, dataDir)
  }
}

async function start(
  wantedDir: string,
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { clock, log = () => {}, sharedRoots = SHARED_ROOTS, database = 'tracklayer' } = options
  const platform = options.platform ?? `${process.platform}-${process.arch}`
  const found = await findPackage(path.resolve(options.packageRoot ?? __dirname), platform)
  const dataDir = await makeDataDir(wantedDir)
  const place = await resolvePlace({ dataDir, sharedRoots, log })
  const self = await identifySelf()
  const { answerTimeoutMs = ANSWER_TIMEOUT_MS } = options
  const lock: LockOptions = { folder: place.supervisorDir, clock, self }
  await makeFolder(place.supervisorDir)
  const membership = await withLock(lock, () =>
    joinUp({ found, place, self, clock, log, sharedRoots, answerTimeoutMs, database }),
  )
  return superviseServer({ ...membership, lock, place, database, log })
}

interface BringUpOptions extends ServerOptions {
  readonly found: PostgresPackage
  readonly self: ProcessIdentity
  readonly sharedRoots: readonly string[]
  readonly database: string
}

async function joinUp(options: BringUpOptions) {
  const { place, self, clock, database } = options
  const userFile = await joinServer(place.supervisorDir, self)
  let server: RunningServer | undefined
  try {
    const brought = await bringUp(options)
    server = brought.server
    await ensureDatabase(server.client, database)
    return { ...brought, userFile }
  } catch (error) {
    await server?.client.end()
    const isLast = await leaveServer(place.supervisorDir, userFile)
    if (isLast && server) await stopServer(server.process, { clock, patienceMs: STOP_PATIENCE_MS })
    throw error
  }
}

async function bringUp(
  options: BringUpOptions,
): Promise<{ server: RunningServer; isAdopted: boolean }> {
  const { found, place, self, log } = options
  const version = await clusterVersion(place.clusterDir)
  if (version !== null) assertMajor(version, found.major, place)
  const running = await adoptServer(options)
  if (running) {
    log(`Using the PostgreSQL that runs already (process ${running.process.pid})`)
    return { server: running, isAdopted: true }
  }
  await assertReachable(place)
  await removeHalfBuilt(place.home)
  const binaries = await prepareBinaries({ ...options, account: place.account, home: place.home })
  if (version === null) await createCluster({ place, binaries, self })
  return { server: await launchServer(binaries, options), isAdopted: false }
}

// A new cluster is put where its account can reach it; somebody may have closed a folder since.
async function assertReachable({ account, home }: Place): Promise<void> {
  if (account === null || (await canReach(account, home))) return
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `The database in ${home} runs as ${account.name}, which may no longer enter that folder; open it and those above it (chmod o+x) or choose another folder with --data-dir`,
  )
}

async function identifySelf(): Promise<ProcessIdentity> {
  const self = await identifyProcess(process.pid)
  if (self) return self
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'Cannot see our own process (is /proc mounted, or ps installed?); mend that or set DATABASE_URL',
  )
}
