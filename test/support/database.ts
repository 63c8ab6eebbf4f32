// A database of a test file's own, cloned from the migrated template, and the proof that nothing is left open on it.
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { PIPELINED } from '../../store/database.ts'
import { createDatabase, dropDatabase, onDatabase } from '../../store/embedded/databases.ts'
import { SERVER_VARIABLE, type TestServer } from './postgres-server.ts'

export interface TestDatabase {
  /** For `new pg.Pool(connection)`: the file's own database. */
  readonly connection: pg.ClientConfig
  /** Closed with the database. A test that breaks connections makes one of its own with `createPool`. */
  readonly pool: pg.Pool
  /** Another pool on the same database, closed with it unless that has happened already. */
  createPool(options?: pg.PoolConfig): pg.Pool
  /** The rows of a statement; numbers and counts come as PostgreSQL's driver gives them. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Empties every table but `migrations`. */
  clear(): Promise<void>
  close(): Promise<void>
}

let opened = 0

/** Throws outside a jest run that started the server. `template: null` gives an empty database. */
export async function openTestDatabase(
  options: { readonly template?: null } = {},
): Promise<TestDatabase> {
  const server = testServer()
  const worker = process.env.JEST_WORKER_ID ?? '0'
  const name = `${server.prefix}${worker}-${++opened}-${fileTag()}`.slice(0, 63)
  const clone = options.template === null ? {} : { template: server.template }
  await createDatabase(server.connection, name, clone)
  const connection = onDatabase(server.connection, name)
  const pools: pg.Pool[] = []
  const createPool = (poolOptions: pg.PoolConfig = {}) => {
    const pool = new pg.Pool({ ...connection, ...PIPELINED, max: 8, ...poolOptions })
    pool.on('error', () => {})
    pools.push(pool)
    return pool
  }
  const pool = createPool()
  return {
    connection,
    pool,
    createPool,
    query: async (sql, values) => (await pool.query(sql, values)).rows,
    clear: () => clear(pool),
    close: async () => {
      try {
        for (const each of pools) assertAtRest(each)
        await assertNoTransaction(pool)
      } finally {
        await Promise.all(pools.map((each) => (each.ended ? undefined : each.end())))
      }
      await assertNoConnection(server.connection, name)
      await dropDatabase(server.connection, name)
    },
  }
}

/** Opens a database for the test file, empties it before each test, and checks for leaks after each test and at last. */
export function useDatabase(): TestDatabase {
  let database: TestDatabase | undefined
  const current = () => {
    if (!database) throw new Error('The database is there once the first test runs')
    return database
  }
  beforeAll(async () => {
    database = await openTestDatabase()
  })
  beforeEach(() => current().clear())
  afterEach(() => assertNoTransaction(current().pool))
  afterAll(async () => {
    await database?.close()
  })
  return {
    get connection() {
      return current().connection
    },
    get pool() {
      return current().pool
    },
    createPool: (options) => current().createPool(options),
    query: (sql, values) => current().query(sql, values),
    clear: () => current().clear(),
    close: () => current().close(),
  }
}

/** How to reach the server itself, for tests that make databases. */
export function testServer(): TestServer {
  const text = process.env[SERVER_VARIABLE]
  if (!text) throw new Error(`${SERVER_VARIABLE} is not set: global-setup did not start PostgreSQL`)
  return JSON.parse(text)
}

function fileTag(): string {
  const { testPath } = expect.getState()
  return path.basename(testPath ?? 'none', '.test.ts').replace(/[^a-z0-9]+/gi, '-')
}

// Deleting few rows is ten times as fast as truncating; without triggers the order of the tables does not matter.
async function clear(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations'`,
  )
  const deletions = rows.map(({ tablename }) => `delete from ${pg.escapeIdentifier(tablename)}`)
  await pool.query(
    ['begin', 'set local session_replication_role = replica', ...deletions, 'commit'].join(';'),
  )
}

function assertAtRest({ totalCount, idleCount, waitingCount, ended }: pg.Pool): void {
  if (ended || (totalCount === idleCount && waitingCount === 0)) return
  throw new Error(
    `Leak: of ${totalCount} connections ${idleCount} are idle, and ${waitingCount} callers wait`,
  )
}

// A rollback may still be on its way when the test has its answer.
async function assertNoTransaction(pool: pg.Pool): Promise<void> {
  const open = await settled(async () => {
    const { rows } = await pool.query<{ query: string }>(
      `select query from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
         and backend_type = 'client backend'`,
    )
    return rows.map(({ query }) => query)
  })
  if (open.length > 0) throw new Error(`Leak: open transactions, last in: ${open.join('; ')}`)
}

async function assertNoConnection(connection: pg.ClientConfig, database: string): Promise<void> {
  const client = new pg.Client(onDatabase(connection, 'postgres'))
  await client.connect()
  try {
    const open = await settled(async () => {
      const { rows } = await client.query<{ query: string }>(
        "select query from pg_stat_activity where datname = $1 and backend_type = 'client backend'",
        [database],
      )
      return rows.map(({ query }) => query)
    })
    if (open.length > 0) throw new Error(`Leak: connections, last asked: ${open.join('; ')}`)
  } finally {
    await client.end()
  }
}

// A server process ends a moment after its client: what is there is asked for again, for two seconds at most.
async function settled(ask: () => Promise<string[]>): Promise<string[]> {
  for (let patience = 100; ; patience--) {
    const found = await ask()
    if (found.length === 0 || patience === 0) return found
    await wait(20)
  }
}
