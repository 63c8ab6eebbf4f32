// Whether a destination is switched on: by people, or off by a credential that stopped working.
import type { Pool } from 'pg'

export interface DestinationState {
  readonly destination: string
  readonly is_paused: boolean
  readonly reason: string | null
  readonly changed_at: string
}

export interface StateChange {
  readonly environment: string
  readonly destination: string
  readonly isPaused: boolean
  readonly reason: string | null
  readonly at: Date
}

/** True when this changed anything: a destination that is paused already keeps its first reason. */
export async function setDestinationState(pool: Pool, change: StateChange): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into destination_states as s (environment, destination, is_paused, reason, changed_at)
     values ($1, $2, $3, $4, $5)
     on conflict (environment, destination) do update
       set is_paused = excluded.is_paused, reason = excluded.reason, changed_at = excluded.changed_at
       where s.is_paused is distinct from excluded.is_paused`,
    [change.environment, change.destination, change.isPaused, change.reason, change.at],
  )
  return rowCount === 1
}

/** Destinations that were ever switched; one that is not listed is on. */
export async function listDestinationStates(
  pool: Pick<Pool, 'query'>,
  environment: string,
): Promise<DestinationState[]> {
  const { rows } = await pool.query<DestinationState>(
    'select destination, is_paused, reason, changed_at from destination_states where environment = $1 order by destination',
    [environment],
  )
  return rows
}
