// The worker's view of the ledger: claim what is due, record what became of it.
import type { PoolClient } from 'pg'
import { type CanonicalEvent, type CanonicalUser, inShape } from '../core/canonical-event.ts'
import type { ConsentStatement } from '../core/consent.ts'
import type { JsonObject } from '../core/json.ts'
import type { FilteredReason, HeldReason } from '../core/ledger-reason.ts'
import { type AttemptMark, type EarlierAttempts, returnsToBefore } from '../core/replay.ts'
import type { ReturnFacts } from '../core/return-message.ts'
import { addConfirmations } from './confirmations.ts'
import { consentDecisionOf } from './consent-decisions.ts'
import { CONSENTS_OF_PERSON, holdConsents } from './consents.ts'
import { type Database, inTransaction } from './database.ts'

export interface ClaimedDelivery {
  readonly id: string
  /** Number of the attempt this claim begins, from 1. Also the claim's token: only its holder settles the row. */
  readonly attempt: number
  readonly canonical: CanonicalEvent
  /** The event as the ledger has it: `canonical` itself, unless something else is to be sent of it. */
  readonly stored?: CanonicalEvent
  /** Who the person is known to be by now, which may be later than the event; null while anonymous. */
  readonly canonicalUserId: string | null
  readonly receivedAt: Date
  /** Attempts before this one, of the replay it is under way for if there is one; null for the first. */
  readonly earlier?: EarlierAttempts | null
  /** The person's latest statement of each consent category, as of now. */
  readonly consents: readonly ConsentStatement[]
  /** The replay it is under way for; null for the first delivery. */
  readonly replay?: ReplayUnderWay | null
  /** The person's profile, merges followed; null for nobody's event. */
  readonly profileId?: string | null
  /** Audiences the person is in as of now; there only for destinations whose file asks for them. */
  readonly audiences?: PersonAudiences
  /** Of a transition: which audience, and what its destination was told of the person before. */
  readonly membership?: ClaimedMembership
  /** Of what goes back to Segment: what its first attempt said, and every other one says too. */
  readonly returning?: ReturnFacts
}

export interface ClaimedMembership {
  /** Row id of the audience. */
  readonly audienceId: string
  readonly identity: string
  /** What people call it. */
  readonly name: string
  /** What was sent to this destination about the person, answered or not; the latest first, at most 20. */
  readonly told: readonly ToldEarlier[]
  /** True when the destination has what it would be told: it is told only what consent makes of it. */
  readonly isUnchanged?: boolean
}

export interface ToldEarlier {
  readonly as: 'entered' | 'exited'
  readonly state: Settlement['state'] | 'pending'
  /** Id of the remote audience it was sent to. */
  readonly remote: string | null
  readonly user: CanonicalUser
}

export interface PersonAudiences {
  /** Our ids, or the keys of audiences that are not listed; sorted. */
  readonly ids: readonly string[]
  /** Every name a trigger may use: ids, keys, computation ids. */
  readonly names: ReadonlySet<string>
}

export interface ReplayUnderWay {
  readonly id: string
  /** What the row was before; it returns there when the repeat brings nothing new. */
  readonly fromState: Settlement['state']
  readonly fromReason: string | null
  /** Attempts begun before the replay: its retry schedule starts anew. */
  readonly attemptsBefore: number
  /** ISO 8601; after it the platform would count a repeat, and nothing is sent. Null for no limit. */
  readonly until: string | null
  /** repeatIdentity it must still have; null when it does not matter. */
  readonly identity: string | null
}

/** SQL: who the person of event `e` is by now (`p`, `root`: its profile and what that was merged into). */
export const PERSON_COLUMNS = `
             coalesce(root.id, p.id)::text as profile_id,
             case when root.id is null then p.user_id else root.user_id end as user_id,
             case when p.id is not null then ${CONSENTS_OF_PERSON} end as consents`

export interface ClaimOptions {
  readonly environment: string
  readonly destination: string
  readonly limit: number
  /** Milliseconds until another worker may take an unrecorded attempt to have died with its worker. */
  readonly leaseMs: number
  /** Ids that are not taken, due or not: this worker has them still. Default none. */
  readonly except?: readonly string[]
}

/** Takes due deliveries, oldest first; concurrent workers never take the same one. */
export async function claimDeliveries(
  database: Database,
  options: ClaimOptions,
): Promise<ClaimedDelivery[]> {
  const now = database.clock.now()
  const { rows } = await database.pool.query<ClaimRow>({
    name: 'claim-deliveries',
    // Materialized: as the inner side of a nested loop a sub-select would run again for each row, and take more than its limit.
    text: `with due as materialized (
             select id, event_id from deliveries
             where environment = $1 and destination = $2 and state in ('pending', 'retrying', 'held') and due_at <= $3
               and (claimed_until is null or claimed_until <= $3) and id <> all ($6::bigint[])
               and not exists (
                 select from destination_states s
                 where s.environment = $1 and s.destination = $2 and s.is_paused)
             order by due_at limit $5 for update skip locked
           )
           update deliveries d set due_at = $4, claimed_until = $4, attempts = d.attempts + 1
           from due
           join events e on e.id = due.event_id
           left join profiles p on p.id = e.profile_id
           left join profiles root on root.id = p.merged_into
           where d.id = due.id
           returning d.id::text, d.attempts, e.canonical, e.received_at, ${PERSON_COLUMNS},
             case when d.attempts > 1 then (
               select coalesce(json_agg(json_build_object('number', a.number, 'status', a.status, 'error', a.error,
                        'startedAt', to_char(a.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                        order by a.number), '[]')
               from attempts a where a.delivery_id = d.id and a.number < d.attempts
             ) end as recorded,
             case when d.replay_id is not null then (
               select json_build_object('id', r.replay_id::text, 'fromState', r.from_state, 'fromReason', r.from_reason,
                        'attemptsBefore', r.attempts_before, 'identity', r.repeat_identity,
                        'until', to_char(r.repeat_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
               from replay_deliveries r where r.replay_id = d.replay_id and r.delivery_id = d.id
             ) end as replay`,
    values: [
      options.environment,
      options.destination,
      new Date(now),
      new Date(now + options.leaseMs),
      options.limit,
      options.except ?? [],
    ],
  })
  return rows.map(({ replay, recorded, ...row }) => ({
    ...deliveryOf(row, replay),
    earlier: recorded && earlierOf(row.attempts, recorded, replay?.attemptsBefore ?? 0),
  }))
}

function earlierOf(
  attempt: number,
  recorded: readonly RecordedMark[],
  before: number,
): EarlierAttempts | null {
  const begun = attempt - 1 - before
  return begun > 0 ? { begun, recorded: recorded.filter(({ number }) => number > before) } : null
}

/** A row with PERSON_COLUMNS as the worker sees it. */
export function deliveryOf(
  { id, attempts, canonical: text, received_at, user_id, consents, profile_id }: DeliveryRow,
  replay: ReplayUnderWay | null,
): ClaimedDelivery {
  const canonical = inShape(JSON.parse(text))
  return {
    id,
    attempt: attempts,
    canonical,
    stored: canonical,
    canonicalUserId: canonical.canonical_user_id ?? user_id,
    receivedAt: received_at,
    consents: consents ?? [],
    profileId: profile_id,
    replay,
  }
}

type RecordedMark = AttemptMark & { readonly number: number }

interface ClaimRow extends DeliveryRow {
  replay: ReplayUnderWay | null
  recorded: RecordedMark[] | null
}

export interface DeliveryRow {
  id: string
  attempts: number
  /** JSON text. */
  canonical: string
  received_at: Date
  user_id: string | null
  consents: ConsentStatement[] | null
  profile_id: string | null
}

export interface Attempt {
  readonly startedAt: Date
  readonly durationMs: number
  /** HTTP status of the answer; null when there was none. */
  readonly status: number | null
  readonly error: string | null
  /** What was sent, without secrets and personal data; attempt-request.ts makes its payload whole. */
  readonly request: Readonly<Record<string, unknown>>
  /** Beginning of the answer's body. */
  readonly response: string | null
}

export type Settlement =
  | { readonly state: 'delivered'; readonly reason: null }
  | { readonly state: 'filtered'; readonly reason: FilteredReason }
  | { readonly state: 'dead' | 'unknown'; readonly reason: string }
  /** Decided again at `dueAt` at the latest: when the hold runs out, or the person has said something. */
  | { readonly state: 'held'; readonly reason: HeldReason; readonly dueAt: Date }
  | { readonly state: 'retrying'; readonly reason: string; readonly dueAt: Date }

export interface DeliveryRecord {
  readonly delivery: ClaimedDelivery
  readonly settlement: Settlement
  /** Null when nothing was sent. */
  readonly attempt: Attempt | null
  /** Why: the evidence of the decision. Null keeps what stands. */
  readonly decision?: JsonObject | null
  /** Taken in under this id; what became of it is asked from then on. */
  readonly receipt?: { readonly id: string; readonly askAt: Date }
}

/** Gives claims back of which nothing was sent: due at once, and the attempt was none. */
export async function releaseDeliveries(
  { pool, clock }: Database,
  deliveries: readonly ClaimedDelivery[],
): Promise<void> {
  await pool.query({
    name: 'release-deliveries',
    text: `update deliveries d set due_at = $3, attempts = d.attempts - 1, claimed_until = null
           from unnest($1::bigint[], $2::integer[]) as t (id, number)
           where d.id = t.id and d.attempts = t.number and d.state in ('pending', 'retrying', 'held')`,
    values: [
      deliveries.map(({ id }) => id),
      deliveries.map(({ attempt }) => attempt),
      new Date(clock.now()),
    ],
  })
}

/** Writes attempts and states in one transaction: neither is ever there without the other. */
export async function recordDeliveries(
  database: Database,
  records: readonly DeliveryRecord[],
): Promise<void> {
  if (records.length === 0) return
  const inOrder = [...records].sort((a, b) => Number(a.delivery.id) - Number(b.delivery.id))
  const now = new Date(database.clock.now())
  await inTransaction(database, async (client) => {
    const answered = await answeredMeanwhile(client, inOrder)
    const sorted = inOrder.map((record) =>
      answered.has(record)
        ? { ...record, settlement: { ...record.settlement, dueAt: now } }
        : record,
    )
    const attempts = sorted.flatMap(({ delivery, attempt }) =>
      attempt ? [{ delivery, attempt }] : [],
    )
    // One after the other, in one round trip.
    const [settled] = await Promise.all([
      settleDeliveries(client, sorted, now),
      recordAttempts(client, attempts),
    ])
    const taken = sorted.flatMap(({ delivery, receipt }) =>
      receipt ? [{ deliveryId: delivery.id, receipt: receipt.id, askAt: receipt.askAt }] : [],
    )
    await addConfirmations(client, taken, now)
    await recordReplays(client, sorted, settled, now)
  })
}

// Whoever states something wakes what waits for it (consents.ts), but does not see an event that is being stored beside it;
// and the worker that claims that event does not see the statement. Both hold the person: either the statement is
// committed, and found here, or what is held now is found by it.
async function answeredMeanwhile(
  client: PoolClient,
  records: readonly DeliveryRecord[],
): Promise<ReadonlySet<DeliveryRecord>> {
  const waiting = records.filter(
    ({ delivery, settlement }) =>
      settlement.state === 'held' && settlement.reason === 'consent_unknown' && delivery.profileId,
  )
  if (waiting.length === 0) return new Set()
  const people = waiting.map(({ delivery }) => String(delivery.profileId))
  const now = await holdConsents(client, [...new Set(people)])
  return new Set(
    waiting.filter(
      ({ delivery: { profileId, consents } }) =>
        JSON.stringify(now.get(String(profileId))) !== JSON.stringify(consents),
    ),
  )
}

async function recordAttempts(
  client: PoolClient,
  attempts: readonly { readonly delivery: ClaimedDelivery; readonly attempt: Attempt }[],
): Promise<void> {
  if (attempts.length === 0) return
  await client.query({
    name: 'record-attempts',
    text: `insert into attempts (delivery_id, number, started_at, duration_ms, status, error, request, response)
               select id, number, started_at, duration_ms, status, error, request, response
               from unnest($1::bigint[], $2::integer[], $3::timestamptz[], $4::integer[], $5::integer[], $6::text[],
                           string_to_array($7, e'\\n'), $8::text[])
                 as t (id, number, started_at, duration_ms, status, error, request, response)`,
    values: [
      attempts.map(({ delivery }) => delivery.id),
      attempts.map(({ delivery }) => delivery.attempt),
      attempts.map(({ attempt }) => attempt.startedAt),
      attempts.map(({ attempt }) => attempt.durationMs),
      attempts.map(({ attempt }) => attempt.status),
      attempts.map(({ attempt }) => attempt.error),
      // JSON text has no line break of its own: joined so, it travels without the escapes of an array literal.
      attempts.map(({ attempt }) => JSON.stringify(attempt.request)).join('\n'),
      attempts.map(({ attempt }) => attempt.response),
    ],
  })
}

// A claim that outlived its lease has been taken over: its attempt is on record, the state is the new holder's.
// Held until it was too old to be sent is an answer that did not come in time. One that was woken while it was in hand
// (consents.ts) is due at once: it was decided on what was known before.
async function settleDeliveries(
  client: PoolClient,
  records: readonly DeliveryRecord[],
  now: Date,
): Promise<Set<string>> {
  const settlements = records.map(settlementOfRow)
  const { rows } = await client.query<{ id: string }>({
    name: 'settle-deliveries',
    text: `update deliveries d
             set state = t.state, reason = t.reason,
                 due_at = case when d.due_at < d.claimed_until then d.due_at else coalesce(t.due_at, d.due_at) end,
                 settled_at = case when t.due_at is null then $6::timestamptz end,
                 decision = coalesce(t.decision::jsonb, d.decision),
                 attempts = case when t.sent then d.attempts else d.attempts - 1 end, claimed_until = null,
                 consent_decision = coalesce(t.consent_decision, case
                   when d.reason = 'consent_unknown' and t.state = 'filtered' and t.reason = 'too_old' then 'expired'
                 end, d.consent_decision),
                 replay_id = case when t.due_at is null then null else d.replay_id end
             from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::timestamptz[], $7::boolean[],
                         string_to_array($8, e'\\n', ''), $9::text[])
               as t (id, number, state, reason, due_at, sent, decision, consent_decision)
             where d.id = t.id and d.attempts = t.number and d.claimed_until is not null
               and d.state in ('pending', 'retrying', 'held')
             returning d.id::text`,
    values: [
      records.map(({ delivery }) => delivery.id),
      records.map(({ delivery }) => delivery.attempt),
      settlements.map(({ state }) => state),
      settlements.map(({ reason }) => reason),
      settlements.map((settlement) => ('dueAt' in settlement ? settlement.dueAt : null)),
      now,
      records.map(({ attempt }) => attempt !== null),
      // An empty line is null.
      records.map(({ decision }) => (decision ? JSON.stringify(decision) : '')).join('\n'),
      records.map(({ decision, settlement }) => consentDecisionOf(decision, settlement)),
    ],
  })
  return new Set(rows.map(({ id }) => id))
}

type RowSettlement =
  | Settlement
  | { readonly state: Settlement['state']; readonly reason: string | null }

function settlementOfRow({ delivery: { replay }, settlement }: DeliveryRecord): RowSettlement {
  if (!replay || !returnsToBefore(replay.fromState, settlement)) return settlement
  return { state: replay.fromState, reason: replay.fromReason }
}

// What a replay brought, beside what the row became: a repeat that was refused leaves the row as it was.
async function recordReplays(
  client: PoolClient,
  records: readonly DeliveryRecord[],
  settled: ReadonlySet<string>,
  now: Date,
): Promise<void> {
  const ended = records.flatMap((record) => {
    const { delivery, settlement } = record
    const isFinal = !('dueAt' in settlementOfRow(record))
    return delivery.replay && isFinal && settled.has(delivery.id)
      ? [{ replay: delivery.replay.id, delivery: delivery.id, settlement }]
      : []
  })
  if (ended.length === 0) return
  await client.query({
    name: 'record-replays',
    text: `update replay_deliveries r set outcome = t.outcome, outcome_reason = t.reason, settled_at = $5
           from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as t (replay_id, delivery_id, outcome, reason)
           where r.replay_id = t.replay_id and r.delivery_id = t.delivery_id`,
    values: [
      ended.map(({ replay }) => replay),
      ended.map(({ delivery }) => delivery),
      ended.map(({ settlement }) => settlement.state),
      ended.map(({ settlement }) => settlement.reason),
      now,
    ],
  })
}
