// What goes wrong at a destination, by reason: given up, in doubt, or being retried.
import type { Pool } from 'pg'
import { inSnapshot } from './database.ts'
import type { DeliveryState } from './ledger.ts'

export interface DestinationError {
  readonly state: Extract<DeliveryState, 'dead' | 'unknown' | 'retrying'>
  readonly reason: string | null
  readonly count: number
  /** When it was seen last: given up, or tried. */
  readonly last_at: string | null
  /** Message of the latest. */
  readonly example: string
}

/** The latest looked at of each state, whatever their destination: many rows of one cause are read no further. */
const MOST_LOOKED_AT = 10_000
const MOST_REASONS = 20

const LATEST = (state: DestinationError['state']) => `
  (select id, event_id, destination, state, reason, settled_at from deliveries
   where environment = $1 and state = '${state}' order by event_id desc limit ${MOST_LOOKED_AT})`

/** Most first. */
export async function groupErrors(
  pool: Pool,
  environment: string,
  destination: string,
): Promise<DestinationError[]> {
  const { rows } = await inSnapshot(pool, (client) =>
    client.query<DestinationError>(
      `select g.state, g.reason, g.count, coalesce(g.settled_at, a.started_at) as last_at, e.message_id as example
     from (
       select state, reason, count(*)::integer as count, max(settled_at) as settled_at,
              (array_agg(id order by id desc))[1] as latest, max(event_id) as event_id
       from (${LATEST('dead')} union all ${LATEST('unknown')} union all ${LATEST('retrying')}) stuck
       where destination = $2 group by 1, 2 order by count(*) desc, 2 limit ${MOST_REASONS}
     ) g
     join events e on e.id = g.event_id
     left join lateral (
       select started_at from attempts where delivery_id = g.latest order by number desc limit 1
     ) a on true
     order by g.count desc, g.reason`,
      [environment, destination],
    ),
  )
  return rows
}
