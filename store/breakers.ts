// Circuit breakers as the workers that hold them said last: each lane of each process has one of its own.
import type { Pool } from 'pg'

export interface Breaker {
  readonly destination: string
  /** Which process's lane. */
  readonly worker: string
  /** `half_open`: the rest is over, and the next request tries. */
  readonly state: 'open' | 'half_open'
  readonly since: string
  readonly rest_until: string
}

export interface BreakerChange {
  readonly environment: string
  readonly destination: string
  readonly worker: string
  /** Null: closed, requests go. */
  readonly open: { readonly restUntil: Date } | null
  readonly at: Date
}

export async function recordBreaker(
  pool: Pool,
  { environment, destination, worker, open, at }: BreakerChange,
): Promise<void> {
  if (!open) {
    await pool.query(
      'delete from breakers where environment = $1 and destination = $2 and worker = $3',
      [environment, destination, worker],
    )
    return
  }
  await pool.query(
    `insert into breakers as b (environment, destination, worker, since, rest_until)
     values ($1, $2, $3, $4, $5)
     on conflict (environment, destination, worker) do update set rest_until = excluded.rest_until`,
    [environment, destination, worker, at, open.restUntil],
  )
}

// A worker that was killed leaves its row behind, and one with nothing to send does not try.
const MEANS_NOTHING_AFTER_MS = 10 * 60_000

/** Those that keep requests back. */
export async function listBreakers(
  client: Pick<Pool, 'query'>,
  environment: string,
  nowMs: number,
): Promise<Breaker[]> {
  const { rows } = await client.query<Breaker>(
    `select destination, worker, case when rest_until > $2 then 'open' else 'half_open' end as state, since, rest_until
     from breakers where environment = $1 and rest_until > $3 order by destination, worker`,
    [environment, new Date(nowMs), new Date(nowMs - MEANS_NOTHING_AFTER_MS)],
  )
  return rows
}
