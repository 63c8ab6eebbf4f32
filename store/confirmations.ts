// Requests that a platform answered with "taken in": which deliveries were in them, when to ask what became of them, and
// the ledger's correction when the answer is not "counted".
import type { PoolClient } from 'pg'
import { type Database, inTransaction } from './database.ts'
import { recountMinutesOf } from './minute-tallies.ts'

export interface TakenIn {
  readonly deliveryId: string
  readonly receipt: string
  readonly askAt: Date
}

/** In the transaction that settles the deliveries: none is ever taken in without being asked after. */
export async function addConfirmations(
  client: PoolClient,
  taken: readonly TakenIn[],
  takenAt: Date,
): Promise<void> {
  if (taken.length === 0) return
  await client.query({
    name: 'add-confirmations',
    text: `insert into confirmations as c (environment, destination, receipt, delivery_ids, taken_at, due_at)
           select d.environment, d.destination, t.receipt, array_agg(d.id order by d.id), $4, min(t.ask_at)
           from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as t (id, receipt, ask_at) join deliveries d on d.id = t.id
           group by d.environment, d.destination, t.receipt order by d.environment, d.destination, t.receipt
           on conflict (environment, destination, receipt) do update
             set delivery_ids = c.delivery_ids || excluded.delivery_ids`,
    values: [
      taken.map(({ deliveryId }) => deliveryId),
      taken.map(({ receipt }) => receipt),
      taken.map(({ askAt }) => askAt),
      takenAt,
    ],
  })
}

export interface ClaimedConfirmation {
  readonly environment: string
  readonly destination: string
  readonly receipt: string
  readonly takenAt: Date
  readonly deliveries: number
  /** How often it was asked after, this time included. */
  readonly asked: number
}

/** Takes the one that is due longest; null when there is none. Concurrent workers never take the same. */
export async function claimConfirmation(
  { pool, clock }: Database,
  {
    environment,
    destination,
    leaseMs,
  }: { readonly environment: string; readonly destination: string; readonly leaseMs: number },
): Promise<ClaimedConfirmation | null> {
  const now = clock.now()
  const { rows } = await pool.query<{
    receipt: string
    taken_at: Date
    deliveries: number
    asked: number
  }>({
    name: 'claim-confirmation',
    text: `update confirmations c set due_at = $4, asked = c.asked + 1
           from (
             select receipt from confirmations
             where environment = $1 and destination = $2 and due_at <= $3
             order by due_at limit 1 for update skip locked
           ) due
           where c.environment = $1 and c.destination = $2 and c.receipt = due.receipt
           returning c.receipt, c.taken_at, cardinality(c.delivery_ids) as deliveries, c.asked`,
    values: [environment, destination, new Date(now), new Date(now + leaseMs)],
  })
  const [row] = rows
  if (!row) return null
  const { receipt, taken_at: takenAt, deliveries, asked } = row
  return { environment, destination, receipt, takenAt, deliveries, asked }
}

export type ConfirmationOutcome =
  | { readonly kind: 'counted' }
  /** `dead`: none of them counts. `unknown`: which of them count, nobody says. */
  | { readonly kind: 'corrected'; readonly state: 'dead' | 'unknown'; readonly reason: string }
  | { readonly kind: 'open'; readonly dueAt: Date }

export async function settleConfirmation(
  database: Database,
  { environment, destination, receipt }: ClaimedConfirmation,
  outcome: ConfirmationOutcome,
): Promise<void> {
  const place = [environment, destination, receipt]
  if (outcome.kind === 'open') {
    await database.pool.query(
      'update confirmations set due_at = $4 where environment = $1 and destination = $2 and receipt = $3',
      [...place, outcome.dueAt],
    )
    return
  }
  const [state, reason] =
    outcome.kind === 'counted' ? ['delivered', null] : [outcome.state, outcome.reason]
  await inTransaction(database, async (client) => {
    const { rows } = await client.query<{ delivery_ids: string[] }>(
      `delete from confirmations where environment = $1 and destination = $2 and receipt = $3
       returning delivery_ids::text[]`,
      place,
    )
    const ids = rows[0]?.delivery_ids ?? []
    await client.query(
      'select from deliveries where id = any($1::bigint[]) order by id for update',
      [ids],
    )
    await recountMinutesOf(client, ids)
    // What was sent anew by hand meanwhile is under way or settled by another request: this answer is not about it.
    await client.query(
      `update deliveries set state = $2, reason = $3, settled_at = $4,
         decision = jsonb_set(decision, '{confirmation,state}', to_jsonb($5::text))
       where id = any($1::bigint[]) and state = 'delivered' and decision -> 'confirmation' ->> 'receipt' = $6`,
      [
        ids,
        state,
        reason,
        new Date(database.clock.now()),
        outcome.kind === 'counted' ? 'counted' : state,
        receipt,
      ],
    )
  })
}
