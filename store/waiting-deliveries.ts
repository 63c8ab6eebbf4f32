// What people do about deliveries that wait: have a held one decided again now (release), take one back (withdraw); and
// say of one whose answer was lost that it arrived (settle).
//
// A claimed delivery may be on its way, so it is nobody's but its worker's until it is recorded or the claim's lease runs
// out. Both sides write under the row's lock: a claim finds what was withdrawn settled, and whoever withdraws finds the
// claim. A lease that ran out may have sent before its worker died: then it is said that it may have arrived.

import type { PoolClient } from 'pg'
import { AUDIENCE_ENTERED, AUDIENCE_EXITED } from '../core/audience-transition.ts'
import type { FilteredReason } from '../core/ledger-reason.ts'
import { type Arrival, type AttemptMark, arrivalOf } from '../core/replay.ts'
import { type Database, inTransaction } from './database.ts'
import type { DeliveryState } from './ledger.ts'

/** The reason of a delivery that somebody took back. */
export const WITHDRAWN: FilteredReason = 'withdrawn'

export interface PersonAct {
  readonly environment: string
  readonly actor: string
  readonly note: string | null
}

export interface ChangedDelivery {
  readonly delivery_id: string
  readonly destination: string
  readonly message_id: string
  readonly state: DeliveryState
  readonly reason: string | null
  /** When it is decided again; null once it is settled. */
  readonly due_at: string | null
  /** An earlier attempt may be, or is, at the platform all the same. */
  readonly may_have_arrived: boolean
}

export type ActResult =
  | { readonly kind: 'done'; readonly delivery: ChangedDelivery }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'refused'; readonly message: string }

/** Has a held delivery decided again now. It is sent only if whatever held it does so no longer. */
export function releaseDelivery(database: Database, act: PersonAct, id: string) {
  return changeOne(database, act, id, {
    refusalOf: (row, nowMs) =>
      row.state === 'held'
        ? underWay(row, nowMs)
        : `is ${row.state}: only what is held is released`,
    change: (client, rows, now) => release(client, rows, now),
  })
}

/** Ends a waiting delivery unsent; one that was being sent again becomes what it was before. */
export function withdrawDelivery(database: Database, act: PersonAct, id: string) {
  return changeOne(database, act, id, {
    refusalOf: whyNotWithdrawn,
    change: (client, rows, now) => withdraw(client, act, rows, now),
  })
}

/** Of one whose answer was lost: somebody looked, and it is there. */
export function settleAsDelivered(database: Database, act: PersonAct, id: string) {
  return changeOne(database, act, id, {
    refusalOf: ({ state }) =>
      state === 'unknown' ? null : `is ${state}: only what is unknown is settled by a person`,
    change: (client, rows, now) => settle(client, act, rows, now),
  })
}

export interface HeldGroup {
  readonly destination: string
  readonly reason: string
}

export interface GroupResult {
  readonly changed: number
  /** Of those looked at: in a worker's hand at this moment, or what is never withdrawn. */
  readonly skipped: number
}

/** One call changes so many at the most; the next call goes on. */
export const MOST_OF_A_GROUP = 10_000

export async function releaseGroup(
  database: Database,
  act: PersonAct,
  group: HeldGroup,
): Promise<GroupResult> {
  return changeGroup(database, act, group, {
    refusalOf: underWay,
    change: (client, rows, now) => release(client, rows, now),
  })
}

export async function withdrawGroup(
  database: Database,
  act: PersonAct,
  group: HeldGroup,
): Promise<GroupResult> {
  return changeGroup(database, act, group, {
    refusalOf: whyNotWithdrawn,
    change: (client, rows, now) => withdraw(client, act, rows, now),
  })
}

interface WaitingRow {
  readonly id: string
  readonly destination: string
  readonly state: DeliveryState
  readonly event: string
  readonly message_id: string
  readonly attempts: number
  readonly claimed_until: Date | null
  readonly marks: AttemptMark[] | null
}

interface Change {
  /** Why it may not be, as the end of a sentence about the delivery; null when it may. */
  refusalOf(row: WaitingRow, nowMs: number): string | null
  change(client: PoolClient, rows: readonly WaitingRow[], now: Date): Promise<void>
}

function underWay({ claimed_until }: WaitingRow, nowMs: number): string | null {
  if (claimed_until === null || claimed_until.getTime() <= nowMs) return null
  return `is in a worker’s hand and may be on its way; it is known what became of it by ${claimed_until.toISOString()}: look again then`
}

const WAITING: ReadonlySet<DeliveryState> = new Set(['pending', 'retrying', 'held'])

// Whoever left an audience would stay on the platform's list; so would, after a refusal, whoever may have been put on it.
function whyNotWithdrawn(row: WaitingRow, nowMs: number): string | null {
  if (!WAITING.has(row.state)) return `is ${row.state}: only what waits is withdrawn`
  if (row.event === AUDIENCE_EXITED)
    return 'takes a person off an audience, which is never withdrawn: they would stay on the platform’s list'
  const refusal = underWay(row, nowMs)
  if (refusal === null && row.event === AUDIENCE_ENTERED && arrival(row) !== 'no')
    return 'may have put a person on an audience already: only their removal takes them off'
  return refusal
}

async function changeOne(
  database: Database,
  { environment }: PersonAct,
  id: string,
  { refusalOf, change }: Change,
): Promise<ActResult> {
  if (!/^\d{1,18}$/.test(id)) return { kind: 'not_found' }
  const now = new Date(database.clock.now())
  return inTransaction(database, async (client): Promise<ActResult> => {
    await client.query(
      'select from deliveries where environment = $1 and id = $2::bigint for update',
      [environment, id],
    )
    const [row] = await readRows(client, environment, [id])
    if (!row) return { kind: 'not_found' }
    const refusal = refusalOf(row, now.getTime())
    const about = `Delivery ${id} to ${row.destination}`
    if (refusal !== null) return { kind: 'refused', message: `${about} ${refusal}` }
    await change(client, [row], now)
    return { kind: 'done', delivery: await readChanged(client, row) }
  })
}

// What a worker is taking up at this moment is left to it: nobody waits for a claim.
async function changeGroup(
  database: Database,
  { environment }: PersonAct,
  { destination, reason }: HeldGroup,
  { refusalOf, change }: Change,
): Promise<GroupResult> {
  const now = new Date(database.clock.now())
  return inTransaction(database, async (client) => {
    const { rows: locked } = await client.query<{ id: string }>(
      `select id::text from deliveries
       where environment = $1 and destination = $2 and state = 'held' and reason = $3
       order by deliveries.id limit $4 for update skip locked`,
      [environment, destination, reason, MOST_OF_A_GROUP],
    )
    const rows = await readRows(
      client,
      environment,
      locked.map(({ id }) => id),
    )
    const open = rows.filter((row) => refusalOf(row, now.getTime()) === null)
    if (open.length > 0) await change(client, open, now)
    return { changed: open.length, skipped: rows.length - open.length }
  })
}

// A statement of its own after the lock: what waited for it sees what the one before has written.
async function readRows(
  client: PoolClient,
  environment: string,
  ids: readonly string[],
): Promise<WaitingRow[]> {
  const { rows } = await client.query<WaitingRow>(
    `select d.id::text, d.destination, d.state, d.attempts, d.claimed_until, e.name as event, e.message_id,
            case when d.attempts > 0 then (
              select json_agg(json_build_object('status', a.status, 'error', a.error, 'startedAt', a.started_at)
                              order by a.number)
              from attempts a where a.delivery_id = d.id) end as marks
     from deliveries d join events e on e.id = d.event_id
     where d.environment = $1 and d.id = any($2::bigint[])`,
    [environment, ids],
  )
  return rows
}

async function readChanged(client: PoolClient, row: WaitingRow): Promise<ChangedDelivery> {
  const { rows } = await client.query<Pick<ChangedDelivery, 'state' | 'reason' | 'due_at'>>(
    `select state, reason, case when settled_at is null then due_at end as due_at from deliveries where id = $1`,
    [row.id],
  )
  const [changed] = rows
  if (!changed) throw new Error(`Delivery ${row.id} was changed and is gone`)
  return {
    delivery_id: row.id,
    destination: row.destination,
    message_id: row.message_id,
    ...changed,
    may_have_arrived: arrival(row) !== 'no',
  }
}

function arrival({ state, attempts, marks }: WaitingRow): Arrival {
  return arrivalOf(state, attempts, marks ?? [])
}

// As a statement of consent wakes what waits for it (consents.ts).
async function release(client: PoolClient, rows: readonly WaitingRow[], now: Date): Promise<void> {
  await client.query(
    "update deliveries set state = 'pending', due_at = $2 where id = any($1::bigint[])",
    [rows.map(({ id }) => id), now],
  )
}

// A replay that is withdrawn has brought nothing: the row returns to what it was taken from.
async function withdraw(
  client: PoolClient,
  { actor, note }: PersonAct,
  rows: readonly WaitingRow[],
  now: Date,
): Promise<void> {
  await client.query(
    `with open as materialized (
       select d.id, d.replay_id, d.state, d.reason, r.from_state, r.from_reason, t.may_have_arrived
       from unnest($1::bigint[], $2::boolean[]) as t (id, may_have_arrived)
       join deliveries d on d.id = t.id
       left join replay_deliveries r on r.replay_id = d.replay_id and r.delivery_id = d.id
     ), ended as (
       update replay_deliveries r set outcome = 'filtered', outcome_reason = '${WITHDRAWN}', settled_at = $3
       from open where r.replay_id = open.replay_id and r.delivery_id = open.id
     )
     update deliveries d
     set state = coalesce(open.from_state, 'filtered'), settled_at = $3, claimed_until = null, replay_id = null,
         reason = case when open.from_state is null then '${WITHDRAWN}' else open.from_reason end,
         decision = coalesce(d.decision, '{}') || jsonb_build_object('withdrawn', $4::jsonb || jsonb_build_object(
           'from_state', open.state, 'from_reason', open.reason, 'may_have_arrived', open.may_have_arrived))
     from open where d.id = open.id`,
    [
      rows.map(({ id }) => id),
      rows.map((row) => arrival(row) !== 'no'),
      now,
      JSON.stringify({ by: actor, at: now.toISOString(), note }),
    ],
  )
}

async function settle(
  client: PoolClient,
  { actor, note }: PersonAct,
  rows: readonly WaitingRow[],
  now: Date,
): Promise<void> {
  await client.query(
    `update deliveries d
     set state = 'delivered', reason = null, settled_at = $2,
         decision = coalesce(d.decision, '{}') || jsonb_build_object('settled', $3::jsonb || jsonb_build_object(
           'from_reason', d.reason))
     where id = any($1::bigint[])`,
    [rows.map(({ id }) => id), now, JSON.stringify({ by: actor, at: now.toISOString(), note })],
  )
}
