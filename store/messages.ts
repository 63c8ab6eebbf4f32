// The story of one message: what came, what it became, where it went and what each attempt brought.
import type { Pool, PoolClient } from 'pg'
import { type CanonicalEvent, inShape } from '../core/canonical-event.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { withPayload } from './attempt-request.ts'
import { inSnapshot } from './database.ts'
import {
  type DedupStory,
  dedupOf,
  type IdentityStory,
  identityOf,
  type ReplayEntry,
  replaysOf,
} from './message-evidence.ts'
import { cleanText } from './text.ts'

export interface MessageStory {
  readonly message_id: string
  readonly environment: string
  readonly kind: string
  readonly outcome: string
  readonly received_at: string
  /** How often Segment delivered it. */
  readonly receipts: number
  readonly warnings: readonly string[]
  readonly raw: unknown
  /** The event it stated; of a duplicate, the event that counts instead. */
  readonly event: EventStory | null
  /** Why it counts or does not; null for a message without an event. */
  readonly dedup: DedupStory | null
  readonly profile: { readonly id: string; readonly canonical_user_id: string | null } | null
  /** How its identifiers led to the profile; null without one. */
  readonly identity: IdentityStory | null
  readonly deliveries: readonly DeliveryStory[]
  /** Of a message about audiences: what it changed, and who was told. */
  readonly transitions: readonly TransitionStory[]
}

export interface TransitionStory {
  readonly audience: string
  readonly direction: 'entered' | 'exited'
  readonly reason: string
  readonly event_id: string
  readonly deliveries: readonly DeliveryStory[]
}

export interface EventStory {
  readonly name: string
  readonly event_id: string
  readonly dedup_key: string | null
  /** The message that stated it first. */
  readonly message_id: string
  readonly canonical: unknown
}

export interface DeliveryStory {
  readonly delivery_id: string
  readonly destination: string
  readonly state: string
  readonly reason: string | null
  /** Consent evidence, subscription and mapping version behind the state; null when nothing was weighed. */
  readonly decision: unknown
  readonly attempts: readonly AttemptStory[]
  readonly replays: readonly ReplayEntry[]
  /** When it is decided or tried next, at the latest; null once it is settled. */
  readonly due_at: string | null
  /** Until when a worker has it in hand; it may be on its way. Null when none has. */
  readonly claimed_until: string | null
}

export interface AttemptStory {
  readonly number: number
  readonly started_at: string
  readonly duration_ms: number
  readonly status: number | null
  readonly error: string | null
  readonly request: JsonObject
  readonly response: string | null
}

/**
 * The story, or null when the environment has no such message.
 * @param mask what is done to personal data in the message, its event and its ids; attempts were stored masked
 * @throws TrackLayerError UNAVAILABLE
 */
export async function findMessage(
  pool: Pool,
  environment: string,
  messageId: string,
  mask: Mask = redact,
): Promise<MessageStory | null> {
  return inSnapshot(pool, async (client) => {
    // Ids are stored clean; PostgreSQL refuses to look for anything else.
    const { rows } = await client.query<MessageRow>(MESSAGE, [environment, cleanText(messageId)])
    const row = rows[0]
    if (!row) return null
    return storyOf(row, mask, {
      deliveries: row.event ? await deliveriesOf(client, row.event.id) : [],
      dedup: row.event ? await dedupOf(client, row, row.event) : null,
      identity: row.profile_id === null ? null : await identityOf(client, row),
      transitions: await transitionsOf(client, environment, row),
    })
  })
}

export type Mask = (value: Json | undefined) => Json | undefined

function storyOf(
  row: MessageRow,
  mask: Mask,
  {
    deliveries,
    dedup,
    identity,
    transitions,
  }: Pick<MessageStory, 'deliveries' | 'dedup' | 'identity' | 'transitions'>,
): MessageStory {
  const {
    event,
    profile_id,
    own_profile_id: _,
    canonical_user_id,
    warnings,
    raw,
    receipts,
    ...rest
  } = row
  return {
    ...rest,
    receipts,
    warnings: warnings ?? [],
    raw: mask(raw),
    event: event && eventStory(event, mask),
    dedup,
    // Ids may be addresses of mail.
    profile:
      profile_id === null
        ? null
        : { id: profile_id, canonical_user_id: maskedText(canonical_user_id, mask) },
    identity,
    deliveries,
    transitions,
  }
}

interface MessageRow {
  message_id: string
  environment: string
  kind: string
  outcome: string
  received_at: string
  receipts: number
  warnings: string[] | null
  raw: JsonObject
  profile_id: string | null
  /** Of the message itself, before any merge. */
  own_profile_id: string | null
  canonical_user_id: string | null
  event: EventRow | null
}

interface EventRow {
  id: string
  name: string
  event_id: string
  dedup_key: string | null
  message_id: string
  canonical: JsonObject
}

// A duplicate leads to its winner by event id, which counts once for each name: of several the one that states the same
// Segment event comes first, then the earliest.
const MESSAGE = `
  select m.message_id, m.environment, m.kind, m.outcome, m.received_at, m.receipts, m.warnings, m.raw::json,
         coalesce(root.id, p.id)::text as profile_id, p.id::text as own_profile_id,
         case when root.id is null then p.user_id else root.user_id end as canonical_user_id,
         (select json_build_object('id', e.id::text, 'name', e.name, 'event_id', e.event_id,
                   'dedup_key', e.dedup_key, 'message_id', e.message_id, 'canonical', e.canonical::json)
          from events e
          where e.environment = m.environment and e.event_id = m.event_id
          order by e.message_id = m.message_id desc,
                   e.canonical::json ->> 'segment_event' is not distinct from m.raw::json ->> 'event' desc, e.id
          limit 1) as event
  from messages m
  left join profiles p on p.id = m.profile_id
  left join profiles root on root.id = p.merged_into
  where m.environment = $1 and m.message_id = $2`

function eventStory(event: EventRow, mask: Mask): EventStory {
  return {
    name: event.name,
    event_id: maskedText(event.event_id, mask),
    dedup_key: maskedText(event.dedup_key, mask),
    message_id: event.message_id,
    canonical: mask(event.canonical),
  }
}

function maskedText<Text extends string | null>(text: Text, mask: Mask): Text {
  return mask(text) as Text
}

async function transitionsOf(
  client: PoolClient,
  environment: string,
  { message_id, kind }: MessageRow,
): Promise<TransitionStory[]> {
  if (kind !== 'audience' && kind !== 'delete') return []
  const { rows } = await client.query<Omit<TransitionStory, 'deliveries'> & { id: string }>(
    `select e.id::text, e.canonical::json -> 'properties' ->> 'audience_id' as audience, x.direction, x.reason, x.event_id
     from membership_transitions x join events e on e.transition_id = x.id
     where x.environment = $1 and x.message_id = $2 order by x.id`,
    [environment, message_id],
  )
  const stories: TransitionStory[] = []
  for (const { id, ...row } of rows)
    stories.push({ ...row, deliveries: await deliveriesOf(client, id) })
  return stories
}

async function deliveriesOf(client: PoolClient, eventId: string): Promise<DeliveryStory[]> {
  const { rows } = await client.query<DeliveryStory & { canonical: string }>(
    `select e.canonical, d.id::text as delivery_id, d.destination, d.state, d.reason, d.decision,
            case when d.state in ('pending', 'retrying', 'held') then d.due_at end as due_at, d.claimed_until,
            coalesce((
              select jsonb_agg(jsonb_build_object('number', a.number, 'started_at', a.started_at,
                'duration_ms', a.duration_ms, 'status', a.status, 'error', a.error, 'request', a.request::json,
                'response', a.response) order by a.number)
              from attempts a where a.delivery_id = d.id), '[]') as attempts
     from deliveries d join events e on e.id = d.event_id where d.event_id = $1 order by d.destination`,
    [eventId],
  )
  const replays = await replaysOf(
    client,
    rows.map(({ delivery_id }) => delivery_id),
  )
  return rows.map(({ canonical, ...row }) => ({
    ...row,
    attempts: row.attempts.map((attempt) => attemptStory(attempt, inShape(JSON.parse(canonical)))),
    replays: replays.get(row.delivery_id) ?? [],
  }))
}

// PostgreSQL writes instants inside JSON in the session's zone and form.
function attemptStory(attempt: AttemptStory, canonical: CanonicalEvent): AttemptStory {
  return {
    ...attempt,
    started_at: new Date(attempt.started_at).toISOString(),
    request: withPayload(attempt.request, canonical),
  }
}
