// What a page costs PostgreSQL, told in rows: the same on every machine, as a duration is not. A page that has begun to
// read its table whole fails by it.
import type pg from 'pg'
import type { TestDatabase } from './database.ts'
import { createTestStore, type TestStoreOptions } from './store.ts'

/**
 * What a page of 50 may look at: twice what the dearest one does (582). The tables that a page must not read whole hold
 * ten times as much in the long tests.
 */
export const PAGE_ROWS = 1_000

/** A test store with a single connection: each connection counts for itself, and publishes when it is told to. */
export function createCountedStore(on: TestDatabase, options: TestStoreOptions = {}) {
  const pool = on.createPool({ max: 1 })
  const store = createTestStore(on, { ...options, pool })

  /** Rows of tables and entries of indexes that the page looked at; a row found by an index counts once. */
  async function read<Body>(path: string): Promise<{ body: Body; rows: number }> {
    const before = await rowsSoFar(pool)
    const answer = await store.read(path)
    const rows = (await rowsSoFar(pool)) - before
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return { body: (await answer.json()) as Body, rows }
  }

  /** The pages that look at more rows than they may, a line each. @param most where it is not `PAGE_ROWS` */
  async function excess<Name extends string>(
    pages: Readonly<Record<Name, string>>,
    most: Readonly<Partial<Record<Name, number>>>,
  ): Promise<string[]> {
    const lines: string[] = []
    for (const name of Object.keys(pages) as Name[]) {
      const { rows } = await read(pages[name])
      const want = most[name] ?? PAGE_ROWS
      if (rows > want) lines.push(`${name}: ${rows} rows, want at most ${want}`)
    }
    return lines
  }
  return { store, pool, read, excess }
}

async function rowsSoFar(pool: pg.Pool): Promise<number> {
  await pool.query('select pg_stat_force_next_flush()')
  const { rows } = await pool.query<{ read: string }>(
    `select (select sum(seq_tup_read) from pg_stat_user_tables)
          + (select sum(idx_tup_read) from pg_stat_user_indexes) as read`,
  )
  return Number(rows[0]?.read)
}
