// Stops a batch in the middle of its transaction: an event of the same order, not committed yet, is in its way.
import type { TestDatabase } from './database.ts'
import { until } from './until.ts'

export interface HeldOrder {
  /** Waits until `count` statements on the database wait for a lock. */
  blocked(count: number): Promise<void>
  /** How many statements wait for a lock now. */
  waiting(): Promise<number>
  release(): Promise<void>
}

/** A purchase of `orderId` waits, with what its transaction has written so far, until `release()`. */
export async function holdOrder(
  database: TestDatabase,
  orderId: string,
  environment = 'production',
): Promise<HeldOrder> {
  // A connection of its own: those of the pool may all be waiting.
  const pool = database.createPool({ max: 2 })
  const client = await pool.connect()
  await client.query('begin')
  await client.query(
    `insert into events (environment, name, event_id, dedup_key, message_id, received_at, canonical)
     values ($1, 'purchase', 'held', $2, 'held', now(), '{}')`,
    [environment, orderId],
  )
  const waiting = async () => {
    const { rows } = await pool.query<{ count: string }>(
      `select count(*) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return Number(rows[0]?.count)
  }
  return {
    waiting,
    blocked: (count) => until(async () => (await waiting()) >= count),
    async release() {
      await client.query('rollback')
      client.release()
      await pool.end()
    },
  }
}
