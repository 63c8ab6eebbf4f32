// The database as the store uses it: a pool that comes in as an argument, transactions that are tried again when
// PostgreSQL says so, and its errors sorted by what they mean.
import type { Pool, PoolClient } from 'pg'
import { type Clock, type Random, sleep } from '../core/clock.ts'
import { messageOf, TrackLayerError } from '../core/errors.ts'

export interface Database {
  readonly pool: Pool
  readonly clock: Clock
  readonly random: Random
}

/** For `new pg.Pool`: statements of one transaction that do not wait for each other leave together. */
export const PIPELINED = { pipeline: true } as const

/** Thrown inside a transaction that lost a race it can win by starting over. */
export class TransactionRaced extends Error {
  readonly code = '40001'
}

// 40001 serialization_failure, 40P01 deadlock_detected: PostgreSQL's invitation to try the transaction again.
const TRY_AGAIN = new Set(['40001', '40P01'])
const MAX_TRIES = 8

/**
 * Runs `work` in a transaction; commits its result, or rolls back and throws.
 * @throws TrackLayerError UNAVAILABLE when the database cannot be reached or cannot write now
 */
export async function inTransaction<Result>(
  database: Database,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(database.pool, 'begin', work)
    } catch (error) {
      if (!TRY_AGAIN.has(sqlStateOf(error)) || attempt === MAX_TRIES) throw translated(error)
      await sleep(database.clock, Math.ceil(database.random() * 5 * 2 ** attempt))
    }
  }
}

// Compiling a plan takes half a second, which a page that reads a hundred rows never earns back.
const SNAPSHOT = 'begin isolation level repeatable read read only; set local jit = off'

/**
 * Runs the queries of `work` on one instant of the database, without writing.
 * @throws TrackLayerError UNAVAILABLE when the database cannot be reached
 */
export async function inSnapshot<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  try {
    return await once(pool, SNAPSHOT, work)
  } catch (error) {
    throw translated(error)
  }
}

async function once<Result>(
  pool: Pool,
  begin: string,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  // A connection that is lost emits an error besides rejecting its query; without a listener that ends the process.
  const onLost = (error: Error) => {
    broken = error
  }
  client.on('error', onLost)
  try {
    // Not waited for: the first statement goes out with it.
    const begun = client.query(begin)
    const [result] = await Promise.all([work(client), begun])
    await client.query('commit')
    return result
  } catch (error) {
    // A connection that cannot even roll back is not given to the next one.
    await client.query('rollback').catch(onLost)
    throw error
  } finally {
    client.off('error', onLost)
    client.release(broken)
  }
}

/** The five-character SQLSTATE of an error, or the system's code (`ECONNREFUSED`), or an empty text. */
export function sqlStateOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/**
 * True when the data itself cannot be stored: class 22 (data exception), 54 (program limit exceeded), or nesting beyond
 * the engine's stack (RangeError).
 */
export function isDataFault(error: unknown): boolean {
  return error instanceof RangeError || /^(22|54)...$/.test(sqlStateOf(error))
}

/** Errors of the connection, of resources (class 53: disk full, too many connections) and of shutdown (57) may pass. */
export function translated(error: unknown): unknown {
  const state = sqlStateOf(error)
  const passing = /^(08|53|57|58|40|25006)/.test(state) || /^E[A-Z]+$/.test(state)
  const lost =
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered/i
  if (!passing && !lost.test(messageOf(error))) return error
  return new TrackLayerError('UNAVAILABLE', `Database is not available: ${messageOf(error)}`, {
    cause: error,
  })
}
