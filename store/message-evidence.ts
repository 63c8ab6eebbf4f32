// What stands behind the story of a message: which identifier led to which profile, which message counts and why, and
// when somebody had it sent again.
import type { PoolClient } from 'pg'
import { type JsonObject, textOf } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { cleanText } from './text.ts'

export interface IdentityStory {
  /** What each identifier of the message belongs to, and the message by which it came to do so. */
  readonly links: readonly {
    readonly type: string
    readonly value: string
    readonly profile_id: string
    readonly rule: string
    readonly message_id: string
    readonly linked_at: string
  }[]
  /** Merges on the way from the message's profile to the one it is part of now. */
  readonly merges: readonly {
    readonly from_profile_id: string
    readonly into_profile_id: string
    readonly rule: string
    readonly message_id: string
    readonly merged_at: string
  }[]
}

interface Subject {
  readonly environment: string
  readonly message_id: string
  readonly profile_id: string | null
  readonly own_profile_id: string | null
  readonly raw: JsonObject
}

export async function identityOf(
  client: PoolClient,
  { environment, message_id, profile_id, own_profile_id, raw }: Subject,
): Promise<IdentityStory> {
  const idOf = (key: string) => {
    const id = textOf(raw[key])
    return id === null ? null : cleanText(id)
  }
  const links = await client.query<IdentityStory['links'][number]>(
    `select type, value, profile_id::text, rule, message_id, linked_at from identifiers
     where environment = $1
       and ((type = 'user_id' and value in ($2, $4)) or (type = 'anonymous_id' and value in ($3, $4)))
     union all
     select type, value, profile_id::text, rule, message_id, linked_at from identifiers
     where profile_id = $6 and type in ('email', 'phone') and message_id = $5
     order by type desc, value`,
    [
      environment,
      idOf('userId'),
      idOf('anonymousId'),
      idOf('previousId'),
      message_id,
      own_profile_id,
    ],
  )
  const merges = await client.query<IdentityStory['merges'][number]>(
    `select from_profile_id::text, into_profile_id::text, rule, message_id, merged_at from merges
     where into_profile_id = $1 and undone_at is null and from_profile_id in (
       select profile_id from identifiers where environment = $2
         and ((type = 'user_id' and value = $3) or (type = 'anonymous_id' and value = $4))
       union select $5::bigint)
     order by id`,
    [profile_id, environment, idOf('userId'), idOf('anonymousId'), own_profile_id],
  )
  return {
    links: links.rows.map((link) => ({ ...link, value: shownValue(link.type, link.value) })),
    merges: merges.rows,
  }
}

function shownValue(type: string, value: string): string {
  const shown = redact({ [type]: value }) as JsonObject
  return String(shown[type])
}

export interface DedupStory {
  /** `first`: this message counts. `duplicate`: another one did already. */
  readonly verdict: 'first' | 'duplicate'
  /** What makes them one: the row's dedup key where it has one, else the event id. */
  readonly by: 'dedup_key' | 'event_id'
  readonly winner: { readonly message_id: string; readonly received_at: string | null }
  /** Other messages that stated the same, at most twenty. */
  readonly duplicates: readonly { readonly message_id: string; readonly received_at: string }[]
}

export async function dedupOf(
  client: PoolClient,
  { environment, message_id }: Pick<Subject, 'environment' | 'message_id'>,
  event: {
    readonly event_id: string
    readonly dedup_key: string | null
    readonly message_id: string
  },
): Promise<DedupStory> {
  const { rows: winners } = await client.query<{ received_at: string }>(
    'select received_at from messages where environment = $1 and message_id = $2',
    [environment, event.message_id],
  )
  const { rows: duplicates } = await client.query<DedupStory['duplicates'][number]>(
    `select message_id, received_at from messages
     where environment = $1 and event_id = $2 and outcome = 'duplicate' and message_id <> $3
     order by received_at, message_id limit 20`,
    [environment, event.event_id, message_id],
  )
  return {
    verdict: event.message_id === message_id ? 'first' : 'duplicate',
    by: event.dedup_key === null ? 'event_id' : 'dedup_key',
    winner: { message_id: event.message_id, received_at: winners[0]?.received_at ?? null },
    duplicates,
  }
}

export interface ReplayEntry {
  readonly replay_id: string
  readonly requested_by: string
  readonly note: string | null
  readonly requested_at: string
  /** State and reason it was taken from. */
  readonly from_state: string
  readonly from_reason: string | null
  /** Why it was not enqueued; null when it was. */
  readonly refusal: string | null
  readonly outcome: string | null
  readonly outcome_reason: string | null
  readonly settled_at: string | null
}

/** Delivery id → the replays that looked at it, in order. */
export async function replaysOf(
  client: PoolClient,
  deliveries: readonly string[],
): Promise<Map<string, ReplayEntry[]>> {
  const { rows } = await client.query<ReplayEntry & { delivery_id: string }>(
    `select i.delivery_id::text, i.replay_id::text, r.requested_by, r.note, r.created_at as requested_at,
            i.from_state, i.from_reason, i.refusal, i.outcome, i.outcome_reason, i.settled_at
     from replay_deliveries i join replays r on r.id = i.replay_id
     where i.delivery_id = any($1::bigint[]) order by i.replay_id`,
    [deliveries],
  )
  const found = new Map<string, ReplayEntry[]>()
  for (const { delivery_id, ...entry } of rows)
    found.set(delivery_id, [...(found.get(delivery_id) ?? []), entry])
  return found
}
