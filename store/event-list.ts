// The list of what came in, newest first: what each message is, and where it stands at each destination.
import type { Pool } from 'pg'
import { type JsonObject, objectAt, textOf } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { inSnapshot } from './database.ts'
import {
  type EventCursor,
  type EventFilter,
  MOST_LOOKED_AT,
  STUCK,
  searchStatement,
} from './event-search.ts'
import type { DeliveryState } from './ledger.ts'

export interface ListedEvent {
  readonly message_id: string
  readonly received_at: string
  readonly kind: string
  readonly outcome: string
  readonly receipts: number
  /** Segment's type and the name of what was tracked or viewed. */
  readonly type: string | null
  readonly segment_event: string | null
  /** Canonical name; null for what is no event. */
  readonly name: string | null
  readonly event_id: string | null
  readonly order_id: string | null
  readonly value: number | null
  readonly currency: string | null
  readonly profile_id: string | null
  /** Masked where it is an address. */
  readonly canonical_user_id: string | null
  /** Destination → state. */
  readonly deliveries: Readonly<Record<string, DeliveryState>>
}

export interface EventPage {
  readonly events: readonly ListedEvent[]
  /** Where the next page begins; null at the end. */
  readonly next: string | null
}

export interface EventPageOptions {
  readonly filter: EventFilter
  readonly cursor: EventCursor | null
  readonly limit: number
}

interface FoundRow {
  readonly message_id: string
  readonly event_row: string | null
  readonly received_at: Date
}

/** @throws TrackLayerError UNAVAILABLE */
export async function listEvents(
  pool: Pool,
  environment: string,
  { filter, cursor, limit }: EventPageOptions,
): Promise<EventPage> {
  return inSnapshot(pool, async (client) => {
    const { text, values, walks } = searchStatement(environment, filter, cursor, limit + 1)
    const { rows: found } = await client.query<FoundRow>(text, [...values])
    const page = found.slice(0, limit)
    const { rows } = await client.query<DetailRow>(DETAILS, [
      environment,
      page.map(({ message_id }) => message_id),
      page.map(({ event_row }) => event_row),
    ])
    const last = page.at(-1)
    if (found.length > limit && last) return pageOf(rows, cursorOf(last, walks))
    const isWalked = walks === 'event' && filter.state !== undefined && !STUCK.has(filter.state)
    return pageOf(rows, isWalked ? await notLookedAt(client, environment, cursor) : null)
  })

  // A page by a common state ends where looking on would take too long; the next one goes on there.
  async function notLookedAt(
    client: Pick<Pool, 'query'>,
    ofEnvironment: string,
    from: EventCursor | null,
  ): Promise<EventCursor | null> {
    // By the column: `id` alone is the text that is selected, for which all events are sorted.
    const { rows } = await client.query<{ id: string }>(
      `select id::text from events where environment = $1 and ($2::bigint is null or id < $2)
       order by events.id desc offset ${MOST_LOOKED_AT} limit 1`,
      [ofEnvironment, from?.kind === 'event' ? from.id : null],
    )
    return rows[0] ? { kind: 'event', id: String(BigInt(rows[0].id) + 1n) } : null
  }
}

function pageOf(rows: readonly DetailRow[], next: EventCursor | null): EventPage {
  return { events: rows.map(listed), next: next && writeCursor(next) }
}

function cursorOf({ received_at, message_id, event_row }: FoundRow, walks: EventCursor['kind']) {
  return walks === 'event' && event_row !== null
    ? ({ kind: 'event', id: event_row } as const)
    : ({ kind: 'arrival', at: received_at.toISOString(), messageId: message_id } as const)
}

export function writeCursor(cursor: EventCursor): string {
  const text = cursor.kind === 'event' ? `e${cursor.id}` : `a${cursor.at} ${cursor.messageId}`
  return Buffer.from(text).toString('base64url')
}

/** Null for what is no cursor of ours. */
export function readCursor(text: string): EventCursor | null {
  const plain = Buffer.from(text, 'base64url').toString()
  const event = /^e(\d{1,18})$/.exec(plain)?.[1]
  if (event !== undefined) return { kind: 'event', id: event }
  const [, at, messageId] = /^a(\d{4}-\d\d-\d\dT[\d:.]{8,12}Z) ([^\0]*)$/s.exec(plain) ?? []
  if (at === undefined || messageId === undefined || Number.isNaN(Date.parse(at))) return null
  return { kind: 'arrival', at, messageId }
}

interface DetailRow {
  message_id: string
  received_at: Date
  kind: string
  outcome: string
  receipts: number
  event_id: string | null
  raw: JsonObject
  name: string | null
  order_id: string | null
  canonical: JsonObject | null
  profile_id: string | null
  user_id: string | null
  deliveries: Record<string, DeliveryState> | null
}

const DETAILS = `
  select m.message_id, m.received_at, m.kind, m.outcome, m.receipts, m.event_id, m.raw::json,
         e.name, e.order_id, e.canonical::json, coalesce(root.id, p.id)::text as profile_id,
         coalesce(root.user_id, p.user_id) as user_id,
         (select jsonb_object_agg(d.destination, d.state) from deliveries d where d.event_id = e.id) as deliveries
  from unnest($2::text[], $3::bigint[]) with ordinality as t (message_id, event_row, place)
  join messages m on m.environment = $1 and m.message_id = t.message_id
  left join events e on e.id = t.event_row
  left join profiles p on p.id = m.profile_id
  left join profiles root on root.id = p.merged_into
  order by t.place`

function listed({ raw, canonical, user_id, deliveries, ...row }: DetailRow): ListedEvent {
  const properties = objectAt(canonical, 'properties')
  const { value, currency } = properties ?? {}
  return {
    message_id: row.message_id,
    received_at: row.received_at.toISOString(),
    kind: row.kind,
    outcome: row.outcome,
    receipts: row.receipts,
    type: textOf(raw.type),
    segment_event: shown(textOf(raw.event) ?? textOf(raw.name)),
    name: row.name,
    event_id: shown(row.event_id),
    order_id: shown(row.order_id),
    value: typeof value === 'number' ? value : null,
    currency: typeof currency === 'string' ? currency : null,
    profile_id: row.profile_id,
    canonical_user_id: shown(user_id),
    deliveries: deliveries ?? {},
  }
}

// Ids may be addresses of mail.
function shown(text: string | null): string | null {
  return redact(text) as string | null
}
