// Messages that turned a yes into a no, the latest first, and what became of the person's deliveries because of each.
import type { Pool } from 'pg'
import { redact } from '../core/redact.ts'
import { inSnapshot } from './database.ts'

export interface Revocation {
  readonly id: string
  /** Answered yes before, and no by this message. */
  readonly categories: readonly string[]
  readonly stated_at: string
  readonly received_at: string
  /** The message that says so. */
  readonly message_id: string
  readonly profile_id: string
  readonly canonical_user_id: string | null
  /** Destination → deliveries that had not been sent yet and ended because of it. */
  readonly withdrawn: Readonly<Record<string, number>>
  /** Destination → removals from audiences because of it. */
  readonly removed: Readonly<Record<string, number>>
}

/** Events of the person that are looked at, the latest before the revocation. */
const MOST_EVENTS = 500

// The evidence of a delivery names the message that decided. From a person to their events to the deliveries, each by
// index, whatever the planner believes ("offset 0"); what was settled before the revocation is not even read.
const REVOCATIONS = `
  select r.id::text, r.categories, r.stated_at, r.received_at, r.message_id, who.id::text as profile_id,
         who.user_id as canonical_user_id, coalesce(became.withdrawn, '{}') as withdrawn,
         coalesce(became.removed, '{}') as removed
  from (
    select * from revocations where environment = $1 and ($2::bigint is null or id < $2) order by id desc limit $3
  ) r
  join profiles own on own.id = r.profile_id
  join profiles who on who.id = coalesce(own.merged_into, own.id)
  cross join lateral (
    select jsonb_object_agg(destination, count) filter (where not is_removal) as withdrawn,
           jsonb_object_agg(destination, count) filter (where is_removal) as removed
    from (
      select d.destination, d.is_removal, count(*)::integer as count
      from (select id from profiles where id = who.id or merged_into = who.id offset 0) p
      cross join lateral (
        select id from events where profile_id = p.id and received_at <= r.received_at
        order by id desc limit ${MOST_EVENTS}
      ) e
      cross join lateral (
        select destination, decision ->> 'sent_as' is not null as is_removal from deliveries
        where event_id = e.id and settled_at >= r.received_at and (reason = 'consent_denied' or decision ? 'sent_as')
          and decision -> 'consent' -> 'evidence' @> jsonb_build_array(
            jsonb_build_object('source', 'profile', 'state', 'denied', 'messageId', r.message_id))
        offset 0
      ) d
      group by 1, 2
    ) counted
  ) became
  order by r.id desc`

/** The newest first. @param cursor the last one of the page before */
export async function listRevocations(
  pool: Pool,
  environment: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly revocations: readonly Revocation[]; readonly next_cursor: string | null }> {
  const rows = await inSnapshot(pool, async (client) => {
    const found = await client.query<Revocation>(REVOCATIONS, [environment, cursor, limit])
    return found.rows
  })
  return {
    revocations: rows.map((row) => ({
      ...row,
      canonical_user_id: redact(row.canonical_user_id) as string | null,
    })),
    next_cursor: rows.length < limit ? null : (rows.at(-1)?.id ?? null),
  }
}
