// What is held: how many by destination and reason, and one by one, whatever runs out first at the top.
import type { Pool, PoolClient } from 'pg'
import { redact } from '../core/redact.ts'
import { inSnapshot } from './database.ts'
import { cleanText } from './text.ts'

export interface HeldCount {
  readonly destination: string
  readonly reason: string | null
  readonly count: number
  /** When the first and the last of them are decided at the latest. */
  readonly first_due_at: string
  readonly last_due_at: string
}

export interface HeldDelivery {
  readonly delivery_id: string
  readonly destination: string
  readonly reason: string | null
  /** Decided at the latest: one that waits for consent ends then, unsent. */
  readonly due_at: string
  readonly received_at: string
  /** Canonical name of the event. */
  readonly event: string
  readonly message_id: string
  readonly profile_id: string | null
  readonly canonical_user_id: string | null
  /** Consent categories nobody has answered; empty when it waits for something else. */
  readonly waits_for: readonly string[]
}

export interface HeldFilter {
  readonly destination?: string
  readonly reason?: string
}

/** The most first. */
export async function countHeld(client: PoolClient, environment: string): Promise<HeldCount[]> {
  const { rows } = await client.query<HeldCount>(
    `select destination, reason, count(*)::integer as count, min(due_at) as first_due_at, max(due_at) as last_due_at
     from deliveries where environment = $1 and state = 'held'
     group by destination, reason order by count(*) desc, destination, reason`,
    [environment],
  )
  return rows
}

/** Where a page ended: `2026-04-23T10:00:00.000Z_17`. */
export const HELD_CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(\d{1,18})$/

export async function listHeld(
  pool: Pool,
  environment: string,
  filter: HeldFilter,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly held: readonly HeldDelivery[]; readonly next_cursor: string | null }> {
  const values: unknown[] = [environment, limit]
  const where = conditions(filter, cursor, values)
  const rows = await inSnapshot(pool, async (client) => {
    const found = await client.query<HeldRow>(
      `select d.id::text as delivery_id, d.destination, d.reason, d.due_at, e.received_at, e.name as event, e.message_id,
              coalesce(root.id, p.id)::text as profile_id,
              case when root.id is null then p.user_id else root.user_id end as canonical_user_id,
              jsonb_path_query_array(d.decision, '$.consent.evidence[*] ? (@.state == "unknown").category') as waits_for
       from (
         select id from deliveries d where environment = $1 and state = 'held' ${where} order by due_at, id limit $2
       ) page
       join deliveries d on d.id = page.id
       join events e on e.id = d.event_id
       left join profiles p on p.id = e.profile_id
       left join profiles root on root.id = p.merged_into
       order by d.due_at, d.id`,
      values,
    )
    return found.rows
  })
  const last = rows.length < limit ? undefined : rows.at(-1)
  return {
    held: rows.map(({ waits_for, canonical_user_id, due_at, ...row }) => ({
      ...row,
      due_at: due_at.toISOString(),
      // Ids may be addresses of mail.
      canonical_user_id: redact(canonical_user_id) as string | null,
      waits_for: waits_for ?? [],
    })),
    next_cursor: last ? `${last.due_at.toISOString()}_${last.delivery_id}` : null,
  }
}

interface HeldRow extends Omit<HeldDelivery, 'waits_for' | 'due_at'> {
  readonly due_at: Date
  readonly waits_for: string[] | null
}

function conditions(filter: HeldFilter, cursor: string | null, values: unknown[]): string {
  const parts: string[] = []
  const place = (value: string) => `$${values.push(cleanText(value))}`
  const { destination, reason } = filter
  if (destination !== undefined) parts.push(`and destination = ${place(destination)}`)
  if (reason !== undefined) parts.push(`and reason = ${place(reason)}`)
  const [, at, id] = HELD_CURSOR.exec(cursor ?? '') ?? []
  if (at && id) parts.push(`and (due_at, id) > (${place(at)}::timestamptz, ${place(id)}::bigint)`)
  return parts.join(' ')
}
