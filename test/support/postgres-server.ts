// The PostgreSQL of a jest run: started before the first suite with a migrated template, stopped after the last one.
//
// Runs at the same time share one server on one data directory, and a server that a killed run left is adopted by the
// next: nothing piles up. What the databases are called says whose they are.
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { realClock } from '../../cli/clock.ts'
import {
  createDatabase,
  dropDatabase,
  listDatabases,
  onDatabase,
} from '../../store/embedded/databases.ts'
import { startEmbeddedPostgres } from '../../store/embedded/start.ts'
import { migrate, readMigrations } from '../../store/migrate.ts'

export const MIGRATIONS = path.join(__dirname, '..', '..', 'store', 'migrations')

/** What global-setup hands to the workers, as JSON in this variable. */
export const SERVER_VARIABLE = 'TRACKLAYER_TEST_POSTGRES'

export interface TestServer {
  readonly connection: pg.ClientConfig
  /** Name of the migrated database that test files clone. */
  readonly template: string
  /** Beginning of the names of this run's databases. */
  readonly prefix: string
}

/** Starts it, makes the template and sets `SERVER_VARIABLE`; returns what undoes all that. */
export async function startServer(): Promise<() => Promise<void>> {
  const dataDir = path.join(os.tmpdir(), `tracklayer-tests-${os.userInfo().uid}`)
  const postgres = await startEmbeddedPostgres({ dataDir, clock: realClock })
  const { connection } = postgres
  const prefix = `test-${process.pid}-`
  const server: TestServer = { connection, template: `${prefix}template`, prefix }
  try {
    await dropDatabasesOfDeadRuns(connection)
    await dropOwn(server)
    await createDatabase(connection, server.template)
    await migrateTemplate(server)
  } catch (error) {
    await postgres.stop()
    throw error
  }
  process.env[SERVER_VARIABLE] = JSON.stringify(server)
  return async () => {
    await dropOwn(server)
    await postgres.stop()
  }
}

async function migrateTemplate({ connection, template }: TestServer): Promise<void> {
  const pool = new pg.Pool({ ...onDatabase(connection, template), max: 1 })
  try {
    await migrate(pool, readMigrations(MIGRATIONS))
    // Who is killed by these tests is the client, never the server: its disk need not be waited for.
    await pool.query(`alter database ${pg.escapeIdentifier(template)} set synchronous_commit = off`)
  } finally {
    await pool.end()
  }
}

async function dropOwn({ connection, prefix }: TestServer): Promise<void> {
  for (const name of await listDatabases(connection)) {
    if (name.startsWith(prefix)) await dropDatabase(connection, name, { force: true })
  }
}

async function dropDatabasesOfDeadRuns(connection: pg.ClientConfig): Promise<void> {
  for (const name of await listDatabases(connection)) {
    const run = Number(/^test-(\d+)-/.exec(name)?.[1])
    if (run && !isRunning(run)) await dropDatabase(connection, name, { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
