// The deliveries that a replay looks at, page by page in the order of their rows, each with all that the decision needs.
import type { PoolClient } from 'pg'
import type { JsonObject } from '../core/json.ts'
import type { AttemptMark } from '../core/replay.ts'
import { withPayload } from './attempt-request.ts'
import { type ClaimedDelivery, type DeliveryRow, deliveryOf, PERSON_COLUMNS } from './deliveries.ts'
import type { DeliveryState } from './ledger.ts'
import { cleanText } from './text.ts'

/** What to look at; whatever is left out does not matter. At least one of the ids, destination and since is given. */
export interface ReplaySelection {
  /** Segment's messageId; of a duplicate, the event that counts. */
  readonly message_id?: string
  readonly event_id?: string
  readonly destination?: string
  readonly states: readonly DeliveryState[]
  /** The row's reason: the whole of it, or its beginning. */
  readonly reason?: string
  /** Canonical name, e.g. purchase. */
  readonly event?: string
  /** Instants of arrival: from `since`, up to and without `until`. ISO 8601. */
  readonly since?: string
  readonly until?: string
}

export interface Candidate {
  readonly delivery: ClaimedDelivery
  readonly destination: string
  readonly state: DeliveryState
  readonly reason: string | null
  readonly eventName: string
  readonly eventId: string
  readonly messageId: string
  readonly attempts: readonly AttemptMark[]
  /** The last attempt: what was sent, redacted, and when. */
  readonly sent: SentRequest | null
}

export interface SentRequest {
  readonly number: number
  readonly at: string
  readonly request: JsonObject
}

export interface PageOptions {
  readonly environment: string
  /** Rows after this one, up to and with `last`. */
  readonly after: string
  readonly last: string
  readonly limit: number
}

export async function readCandidates(
  client: Pick<PoolClient, 'query'>,
  selection: ReplaySelection,
  { environment, after, last, limit }: PageOptions,
): Promise<Candidate[]> {
  const values: unknown[] = [environment, after, last, limit]
  const { rows } = await client.query<CandidateRow>(
    `select d.id::text, d.destination, d.state, d.reason, d.attempts, e.name, e.event_id, e.message_id,
            e.canonical, e.received_at, ${PERSON_COLUMNS},
            (select json_agg(json_build_object('status', a.status, 'error', a.error,
                      'startedAt', to_char(a.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                      order by a.number)
             from attempts a where a.delivery_id = d.id) as marks,
            (select json_build_object('number', a.number, 'request', a.request::json,
                      'at', to_char(a.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
             from attempts a where a.delivery_id = d.id order by a.number desc limit 1) as sent
     from deliveries d
     join events e on e.id = d.event_id
     left join profiles p on p.id = e.profile_id
     left join profiles root on root.id = p.merged_into
     where d.environment = $1 and d.id > $2 and d.id <= $3 ${conditions(selection, values)}
     order by d.id limit $4`,
    values,
  )
  return rows.map(candidateOf)
}

// Only the conditions that are given: each statement is planned for itself.
function conditions(selection: ReplaySelection, values: unknown[]): string {
  const parts: string[] = []
  const add = (value: unknown, text: (place: string) => string) => {
    if (value === undefined) return
    values.push(typeof value === 'string' ? cleanText(value) : value)
    parts.push(`and ${text(`$${values.length}`)}`)
  }
  const { message_id, event_id, destination, states, reason, event, since, until } = selection
  add(message_id, (id) => `e.id in (${EVENTS_OF_MESSAGE(id)})`)
  add(event_id, (id) => `e.environment = $1 and e.event_id = ${id}`)
  add(destination, (name) => `d.destination = ${name}`)
  add(reason, (text) => `starts_with(d.reason, ${text})`)
  add(event, (name) => `e.name = ${name}`)
  add(since, (at) => `e.received_at >= ${at}::timestamptz`)
  add(until, (at) => `e.received_at < ${at}::timestamptz`)
  // Literals out of our own list: with them the planner knows the index of what was given up.
  parts.push(`and d.state in (${states.map((state) => `'${state}'`).join(', ')})`)
  return parts.join(' ')
}

// The same one as findMessage tells of.
const EVENTS_OF_MESSAGE = (id: string) => `
  select w.id from messages m
  cross join lateral (
    select w.id from events w
    where w.environment = m.environment and w.event_id = m.event_id
    order by w.message_id = m.message_id desc,
             w.canonical::json ->> 'segment_event' is not distinct from m.raw::json ->> 'event' desc, w.id
    limit 1
  ) w
  where m.environment = $1 and m.message_id = ${id}`

interface CandidateRow extends DeliveryRow {
  destination: string
  state: DeliveryState
  reason: string | null
  name: string
  event_id: string
  message_id: string
  marks: AttemptMark[] | null
  sent: SentRequest | null
}

function candidateOf(row: CandidateRow): Candidate {
  const { destination, state, reason, name, event_id, message_id, marks, sent } = row
  const delivery = deliveryOf(row, null)
  return {
    delivery,
    destination,
    state,
    reason,
    eventName: name,
    eventId: event_id,
    messageId: message_id,
    attempts: marks ?? [],
    sent: sent && { ...sent, request: withPayload(sent.request, delivery.canonical) },
  }
}
