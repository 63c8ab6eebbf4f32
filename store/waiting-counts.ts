// What waits now, counted as far as somebody reads it: a queue of a million rows is "10,000 and more", and said to be.
import type { PoolClient } from 'pg'
import type { DeliveryState } from './ledger.ts'

/** Rows looked at of each destination's queue, and of what is held or retried everywhere. */
export const MOST_COUNTED = 10_000

export type WaitingState = Extract<DeliveryState, 'pending' | 'retrying' | 'held'>

export interface WaitingCount {
  readonly destination: string
  readonly state: WaitingState
  readonly count: number
  /** True when there are more. */
  readonly is_partial: boolean
  /** Arrival of the oldest event among those counted, and when the first of them was or is due. */
  readonly oldest_at: Date
  readonly first_due_at: Date
}

// Pending: the index of what is due, earliest first, where a queue that grows old begins. Held and retrying have an index
// by state. An event's number grows with its arrival: the least stands for the oldest.
const COUNTED = (destination: string, state: string, rows: string) => `
  select ${destination} as destination, '${state}' as state, count(*)::integer as count,
         looked_at > ${MOST_COUNTED} as is_partial, min(event_id) as oldest, min(due_at) as first_due_at
  from (
    select *, count(*) over () as looked_at from (${rows} limit ${MOST_COUNTED + 1}) few
  ) looked where state = '${state}' group by 1, looked_at`

const STUCK = (state: string) =>
  COUNTED(
    'destination',
    state,
    `select destination, state, event_id, due_at from deliveries
     where environment = $1 and state = '${state}' order by event_id`,
  )

const DUE = `
  select q.* from unnest($2::text[]) as x (name)
  cross join lateral (${COUNTED(
    'x.name',
    'pending',
    `select state, event_id, due_at from deliveries
     where environment = $1 and destination = x.name and state in ('pending', 'retrying', 'held') and due_at < $3
     order by due_at`,
  )}) q`

const WAITING = `
  select w.destination, w.state, w.count, w.is_partial, e.received_at as oldest_at, w.first_due_at
  from (${DUE} union all ${STUCK('retrying')} union all ${STUCK('held')}) w
  join events e on e.id = w.oldest`

// A claim moves what it takes to the end of its lease, and what is held lies far behind.
const AHEAD_MS = 60 * 60_000

export async function countWaiting(
  client: Pick<PoolClient, 'query'>,
  environment: string,
  destinations: readonly string[],
  nowMs: number,
): Promise<readonly WaitingCount[]> {
  const { rows } = await client.query<WaitingCount>(WAITING, [
    environment,
    destinations,
    new Date(nowMs + AHEAD_MS),
  ])
  return rows
}
