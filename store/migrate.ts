// Numbered migrations, each applied once and in order; several stores may start at the same time.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Pool, PoolClient } from 'pg'
import { messageOf, TrackLayerError } from '../core/errors.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** The migrations of a folder: files named `0001_what_it_does.sql`, in order. */
export function readMigrations(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((name) => ({
      number: Number(name.slice(0, 4)),
      name,
      sql: readFileSync(path.join(folder, name), 'utf8'),
    }))
  assertNumbersDiffer(migrations)
  return migrations
}

// What is applied is noted by number: the second of two would count as applied and never be.
function assertNumbersDiffer(migrations: readonly Migration[]): void {
  migrations.forEach(({ number, name }, at) => {
    const before = migrations[at - 1]
    if (before?.number === number)
      throw new RangeError(
        `Migrations ${before.name} and ${name} have one number; give each its own`,
      )
  })
}

// Any constant does, as long as every store uses the same one.
const LOCK = 7_225_108

/**
 * Applies what is missing, each migration in its own transaction, and returns the names applied.
 * @throws TrackLayerError SETTINGS_INVALID when the database is ahead of this program; Error naming a failed migration
 */
export async function migrate(pool: Pool, migrations: readonly Migration[]): Promise<string[]> {
  const client = await pool.connect()
  // A connection that is lost emits an error besides rejecting its query; without a listener that ends the process.
  client.on('error', () => {})
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await client.query(
      'create table if not exists migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ number: number }>('select number from migrations')
    const applied = new Set(rows.map((row) => row.number))
    assertNotAhead(applied, migrations)
    const missing = migrations.filter(({ number }) => !applied.has(number))
    for (const migration of missing) await apply(client, migration)
    return missing.map(({ name }) => name)
  } finally {
    // Ending the connection gives the lock back even when a migration has left it in a failed transaction.
    client.release(true)
  }
}

// One simple query is one transaction: the statements and the note of them hold together. The statements may end in a
// comment.
async function apply(client: PoolClient, { number, name, sql }: Migration): Promise<void> {
  try {
    await client.query(
      `begin; ${sql}\n; insert into migrations (number, name) values (${number}, '${name}'); commit`,
    )
  } catch (error) {
    throw new Error(`Migration ${name} failed and left nothing: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function assertNotAhead(applied: ReadonlySet<number>, migrations: readonly Migration[]): void {
  const newest = Math.max(0, ...migrations.map(({ number }) => number))
  const ahead = [...applied].filter((number) => number > newest)
  if (ahead.length === 0) return
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `The database has migration ${Math.max(...ahead)}, this program knows ${newest}: run the newer program`,
  )
}
