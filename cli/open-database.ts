// The database of a command: the one DATABASE_URL names, or the embedded server in the data folder.
import pg from 'pg'
import { PIPELINED } from '../store/database.ts'
import type { EmbeddedPostgres } from '../store/embedded/handle.ts'
import { startEmbeddedPostgres } from '../store/embedded/start.ts'
import { migrate, readMigrations } from '../store/migrate.ts'
import { realClock } from './clock.ts'
import type { Log } from './output.ts'
import { MIGRATIONS, ROOT } from './paths.ts'

export interface OpenDatabaseOptions {
  /** Any PostgreSQL 14 or newer; without it the embedded one. */
  readonly databaseUrl: string | undefined
  readonly dataDir: string
  readonly log: Log
}

export interface OpenDatabase {
  readonly pool: pg.Pool
  /** For people, without the password. */
  readonly description: string
  /** Rejects when an embedded server died and cannot be started again; else it stays pending. */
  readonly lost: Promise<never>
  close(): Promise<void>
}

/** Connects and applies missing migrations. Throws a TrackLayerError that says the way out. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const { databaseUrl, dataDir, log } = options
  const server = databaseUrl ? null : await startServer(options)
  const pool = createPool(server?.connection ?? { connectionString: databaseUrl ?? '' }, log)
  const close = async () => {
    await pool.end()
    await server?.stop()
  }
  try {
    const applied = await migrate(pool, readMigrations(MIGRATIONS))
    if (applied.length > 0) log('info', `applied ${applied.join(', ')}`)
  } catch (error) {
    await close()
    throw error
  }
  return {
    pool,
    description: server ? `embedded PostgreSQL in ${dataDir}` : withoutPassword(databaseUrl ?? ''),
    lost: server?.lost ?? new Promise<never>(() => {}),
    close,
  }
}

// The embedded server, started again whenever it dies under us. Its socket stays where it was, so the pool's next
// connection finds it; meanwhile the store answers 503 and deliveries wait.
async function startServer({ dataDir, log }: OpenDatabaseOptions) {
  const start = () =>
    startEmbeddedPostgres({
      dataDir,
      clock: realClock,
      packageRoot: ROOT,
      log: (line) => log('info', line),
    })
  let current: EmbeddedPostgres = await start()
  const watch = async (): Promise<never> => {
    for (;;) {
      const { isExpected } = await current.whenStopped
      if (isExpected) return new Promise<never>(() => {})
      log('error', 'the embedded database died; starting it again')
      current = await start()
    }
  }
  return { connection: current.connection, lost: watch(), stop: () => current.stop() }
}

/** A pool whose idle connections may break without taking the process along. */
export function createPool(connection: pg.ClientConfig, log: Log): pg.Pool {
  const pool = new pg.Pool({ ...connection, ...PIPELINED, max: 16, connectionTimeoutMillis: 5_000 })
  pool.on('error', (error) => log('warn', `database connection lost: ${error.message}`))
  return pool
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1:•••@')
}
