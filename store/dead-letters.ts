// Dead letters: deliveries given up, kept whole, by destination and reason.
import type { Pool } from 'pg'
import { redact } from '../core/redact.ts'
import { cleanText } from './text.ts'

/** Whatever is left out does not matter. */
export interface DeadLetterFilter {
  readonly destination?: string
  /** The whole reason, or its beginning. */
  readonly reason?: string
  /** Canonical name of the event. */
  readonly event?: string
  /** When it was given up: from `since`, up to and without `until`. ISO 8601. */
  readonly since?: string
  readonly until?: string
}

export interface DeadLetter {
  readonly delivery_id: string
  readonly destination: string
  readonly reason: string | null
  readonly event: string
  readonly event_id: string
  readonly message_id: string
  readonly occurred_at: string | null
  readonly given_up_at: string
  readonly attempts: number
  /** Of the last attempt. */
  readonly status: number | null
}

export interface DeadLetterGroup {
  readonly destination: string
  readonly reason: string | null
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  /** Canonical name → count. */
  readonly events: Readonly<Record<string, number>>
  /** Message ids of the latest three. */
  readonly examples: readonly string[]
}

/** The newest first. `cursor`: the last one of the page before. */
export async function listDeadLetters(
  pool: Pool,
  environment: string,
  filter: DeadLetterFilter,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly dead_letters: readonly DeadLetter[]; readonly next_cursor: string | null }> {
  const values: unknown[] = [environment, limit]
  const where = conditions({ ...filter, cursor: cursor ?? undefined }, values)
  const { rows } = await pool.query<DeadLetter>(
    `select d.id::text as delivery_id, d.destination, d.reason, e.name as event, e.event_id, e.message_id,
            e.occurred_at, d.settled_at as given_up_at, d.attempts,
            (select a.status from attempts a where a.delivery_id = d.id order by a.number desc limit 1) as status
     from deliveries d join events e on e.id = d.event_id
     where d.environment = $1 and d.state = 'dead' ${where}
     order by d.id desc limit $2`,
    values,
  )
  return {
    dead_letters: rows.map((row) => ({ ...row, event_id: String(redact(row.event_id)) })),
    next_cursor: rows.length < limit ? null : (rows.at(-1)?.delivery_id ?? null),
  }
}

/** Most first, at most 200 groups. */
export async function groupDeadLetters(
  pool: Pool,
  environment: string,
  filter: DeadLetterFilter,
): Promise<DeadLetterGroup[]> {
  const values: unknown[] = [environment]
  const { rows } = await pool.query<DeadLetterGroup>(
    `with letter as materialized (
       select d.id, d.destination, d.reason, d.settled_at, e.name, e.message_id
       from deliveries d join events e on e.id = d.event_id
       where d.environment = $1 and d.state = 'dead' ${conditions(filter, values)}
     ), named as (
       select destination, reason, name, count(*)::integer as count from letter group by 1, 2, 3
     )
     select g.destination, g.reason, g.count, g.first_at, g.last_at, g.examples,
            (select jsonb_object_agg(n.name, n.count) from named n
             where n.destination = g.destination and n.reason is not distinct from g.reason) as events
     from (
       select destination, reason, count(*)::integer as count, min(settled_at) as first_at, max(settled_at) as last_at,
              (array_agg(message_id order by id desc))[1:3] as examples
       from letter group by 1, 2
     ) g
     order by g.count desc, g.destination, g.reason limit 200`,
    values,
  )
  return rows
}

function conditions(
  filter: DeadLetterFilter & { readonly cursor?: string | undefined },
  values: unknown[],
): string {
  const parts: string[] = []
  const add = (value: string | undefined, text: (place: string) => string) => {
    if (value === undefined) return
    values.push(cleanText(value))
    parts.push(`and ${text(`$${values.length}`)}`)
  }
  add(filter.destination, (name) => `d.destination = ${name}`)
  add(filter.reason, (text) => `starts_with(d.reason, ${text})`)
  add(filter.event, (name) => `e.name = ${name}`)
  add(filter.since, (at) => `d.settled_at >= ${at}::timestamptz`)
  add(filter.until, (at) => `d.settled_at < ${at}::timestamptz`)
  add(filter.cursor, (id) => `d.id < ${id}::bigint`)
  return parts.join(' ')
}
