// What of the latest messages the mapping table does not cover: unlisted names, and properties it could not read.
import type { Pool } from 'pg'

export interface CoverageFinding {
  /** Segment event name. */
  readonly event: string
  readonly is_mapped: boolean
  /** What could not be read, as stored with the message; null for the name itself. */
  readonly warning: string | null
  readonly count: number
  /** The id of one such message. */
  readonly example: string
}

/** @param limit how many of the latest track messages are looked at */
export async function findUncovered(
  pool: Pool,
  environment: string,
  limit: number,
): Promise<CoverageFinding[]> {
  const { rows } = await pool.query<CoverageFinding & { count: string }>(
    `with latest as (
       select message_id, kind, warnings, name.event
       from messages
       -- PostgreSQL refuses to take apart JSON with a NUL in it.
       cross join lateral (
         select case when position('\\u0000' in raw) = 0 and raw::json ->> 'type' = 'track' then raw::json ->> 'event' end as event
       ) name
       where environment = $1 and kind in ('event', 'unmapped') and name.event is not null
       order by received_at desc limit $2
     )
     select event, kind = 'event' as is_mapped, warning, count(*)::text as count, max(message_id) as example
     from latest left join lateral jsonb_array_elements_text(warnings) as w (warning) on true
     where kind = 'unmapped' or warning is not null
     group by event, kind, warning order by count(*) desc, event, warning`,
    [environment, limit],
  )
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}
