// The database of a command: the one DATABASE_URL names, or the embedded server in the data folder.
import pg from 'pg'
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
  /** Resolves when an embedded server dies under us; never for another one, whose connections the pool renews. */
  readonly lost: Promise<void>
  close(): Promise<void>
}

/** Connects and applies missing migrations. Throws a TrackLayerError that says the way out. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const { databaseUrl, dataDir, log } = options
  const embedded = databaseUrl
    ? null
    : await startEmbeddedPostgres({
        dataDir,
        clock: realClock,
        packageRoot: ROOT,
        log: (line) => log('info', line),
      })
  const pool = createPool(embedded?.connection ?? { connectionString: databaseUrl ?? '' }, log)
  const close = async () => {
    await pool.end()
    await embedded?.stop()
  }
  try {
    const applied = await migrate(pool, readMigrations(MIGRATIONS))
    if (applied.length > 0) log('info', `applied ${applied.join(', ')}`)
  } catch (error) {
    await close()
    throw error
  }
  const description = embedded
    ? `embedded PostgreSQL in ${dataDir}`
    : withoutPassword(databaseUrl ?? '')
  return { pool, description, lost: lossOf(embedded), close }
}

/** A pool whose idle connections may break without taking the process along. */
export function createPool(connection: pg.ClientConfig, log: Log): pg.Pool {
  const pool = new pg.Pool({ ...connection, max: 16, connectionTimeoutMillis: 5_000 })
  pool.on('error', (error) => log('warn', `database connection lost: ${error.message}`))
  return pool
}

async function lossOf(embedded: EmbeddedPostgres | null): Promise<void> {
  const end = embedded && (await embedded.whenStopped)
  if (!end || end.isExpected) await new Promise(() => {})
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1:•••@')
}
