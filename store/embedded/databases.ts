// Whole databases: tests clone one per file from a template, the dev command uses a throw-away one.
import pg from 'pg'
import { MAINTENANCE_DATABASE } from './settings.ts'

// PostgreSQL cuts longer names short, and two long names could become one.
const NAME_LIMIT_BYTES = 63

export interface CreateDatabaseOptions {
  /** Clone this database; nobody may be connected to it meanwhile. Default: an empty database. */
  readonly template?: string
}

export interface DropDatabaseOptions {
  /** Ends the connections of others first. */
  readonly force?: boolean
}

/** Makes a database on the server that `connection` points to. Throws when there is one of that name. */
export async function createDatabase(
  connection: pg.ClientConfig,
  name: string,
  { template }: CreateDatabaseOptions = {},
): Promise<void> {
  const clone = template === undefined ? '' : ` TEMPLATE ${quoteName(template)}`
  await onServer(connection, (client) => client.query(`CREATE DATABASE ${quoteName(name)}${clone}`))
}

/** Removes a database; one that does not exist is no error. */
export async function dropDatabase(
  connection: pg.ClientConfig,
  name: string,
  { force = false }: DropDatabaseOptions = {},
): Promise<void> {
  const how = force ? ' WITH (FORCE)' : ''
  await onServer(connection, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${quoteName(name)}${how}`),
  )
}

/** The databases that people made, sorted; without PostgreSQL's own. */
export async function listDatabases(connection: pg.ClientConfig): Promise<string[]> {
  const { rows } = await onServer(connection, (client) =>
    client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> $1 ORDER BY datname',
      [MAINTENANCE_DATABASE],
    ),
  )
  return rows.map(({ datname }) => datname)
}

/** Makes the database unless it exists; two processes may do so at once. */
export async function ensureDatabase(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
  if (rowCount) return
  await client.query(`CREATE DATABASE ${quoteName(name)}`).catch((error) => {
    // 42P04 duplicate_database; 23505 when the other one is not committed yet.
    if (error.code !== '42P04' && error.code !== '23505') throw error
  })
}

/** The same server, another database. */
export function onDatabase(connection: pg.ClientConfig, database: string): pg.ClientConfig {
  if (connection.connectionString === undefined) return { ...connection, database }
  // Not `URL`: it refuses "postgresql://user@/name?host=/folder", the way to write a socket.
  const [, server = '', query = ''] =
    /^([^:]+:\/\/[^/?]*)[^?]*(.*)$/.exec(connection.connectionString) ?? []
  return { ...connection, connectionString: `${server}/${encodeURIComponent(database)}${query}` }
}

function quoteName(name: string): string {
  if (name === '' || Buffer.byteLength(name) > NAME_LIMIT_BYTES) {
    throw new RangeError(`A database name has 1 to ${NAME_LIMIT_BYTES} bytes, not "${name}"`)
  }
  return pg.escapeIdentifier(name)
}

async function onServer<T>(
  connection: pg.ClientConfig,
  run: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(onDatabase(connection, MAINTENANCE_DATABASE))
  // A connection lost meanwhile rejects what runs; emitted without a listener it would end the process as well.
  client.on('error', () => {})
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}
