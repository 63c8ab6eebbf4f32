// Replays: sending again on purpose, under the same event id and in the same row of the ledger. A replay is worked off in
// pages; each page is one transaction that enqueues, writes down what it decided, and moves the position.
import type { Pool, PoolClient } from 'pg'
import { TrackLayerError } from '../core/errors.ts'
import type { ReplayPermissions } from '../core/replay.ts'
import { type Database, inSnapshot, inTransaction } from './database.ts'
import type { DeliverySide } from './delivery-side.ts'
import { recountMinutesOf } from './minute-tallies.ts'
import { type ReplaySelection, readCandidates } from './replay-candidates.ts'
import { type Considered, considerCandidates } from './replay-verdicts.ts'

export interface ReplayRequest {
  readonly selection: ReplaySelection
  readonly permissions: ReplayPermissions
}

export interface NewReplay extends ReplayRequest {
  readonly environment: string
  /** The same key finds the replay that was made with it. */
  readonly idempotencyKey: string | null
  readonly requestedBy: string
  readonly note: string | null
}

/** The reason of a delivery that waits because of a replay. */
export const REPLAYED = 'replayed'

/** The id of the replay. @throws TrackLayerError MESSAGE_INVALID when the key stands for another request */
export async function createReplay(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  { environment, selection, permissions, idempotencyKey, requestedBy, note }: NewReplay,
): Promise<string> {
  const request = JSON.stringify({ selection, permissions })
  const { rows } = await pool.query<{ id: string; is_same: boolean }>(
    `insert into replays as r
       (environment, idempotency_key, selection, requested_by, note, last_delivery_id, created_at)
     select $1, $2, $3::jsonb, $4, $5, coalesce(max(id), 0), $6 from deliveries
     on conflict (environment, idempotency_key) where idempotency_key is not null
       do update set idempotency_key = r.idempotency_key
     returning id::text, selection = $3::jsonb as is_same`,
    [environment, idempotencyKey, request, requestedBy, note, new Date(clock.now())],
  )
  const [row] = rows
  if (!row) throw new Error('A replay was stored without an answer')
  if (row.is_same) return row.id
  throw new TrackLayerError(
    'MESSAGE_INVALID',
    `Idempotency-Key "${idempotencyKey}" stands for another replay; take a new one`,
  )
}

interface ReplayRow {
  readonly position: string
  readonly last_delivery_id: string
  readonly selection: ReplayRequest
}

const PAGE = 500

/**
 * Enqueues the next page. Two callers at once, or one that starts over, enqueue nothing twice.
 * @returns false when there is nothing left to do, or no such replay
 */
export async function continueReplay(
  database: Database,
  side: DeliverySide,
  environment: string,
  id: string,
  limit = PAGE,
): Promise<boolean> {
  const page = await inSnapshot(database.pool, async (client) => {
    const replay = await runningReplay(client, environment, id, '')
    if (!replay) return null
    const candidates = await readCandidates(client, replay.selection.selection, {
      environment,
      after: replay.position,
      last: replay.last_delivery_id,
      limit,
    })
    return { replay, candidates }
  })
  if (!page) return false
  const considered = await considerCandidates(page.candidates, {
    side,
    environment,
    permissions: page.replay.selection.permissions,
    nowMs: database.clock.now(),
    previewAll: false,
  })
  const now = new Date(database.clock.now())
  return inTransaction(database, async (client) => {
    const replay = await runningReplay(client, environment, id, 'for update')
    // Another caller has done this page: it is there, the next one is for the next call.
    if (replay?.position !== page.replay.position) return replay !== null
    await enqueue(client, id, considered, now)
    const position = considered.at(-1)?.candidate.delivery.id ?? replay.position
    const isFinished = considered.length < limit
    await client.query(
      `update replays set position = $2, state = case when $3 then 'finished' else state end,
              finished_at = case when $3 then $4::timestamptz end
       where id = $1`,
      [id, position, isFinished, now],
    )
    return !isFinished
  })
}

async function runningReplay(
  client: PoolClient,
  environment: string,
  id: string,
  lock: '' | 'for update',
): Promise<ReplayRow | null> {
  const { rows } = await client.query<ReplayRow>(
    `select position::text, last_delivery_id::text, selection from replays
     where environment = $1 and id = $2 and state = 'running' ${lock}`,
    [environment, id],
  )
  return rows[0] ?? null
}

// Decided on what was read: a row that has moved since belongs to whoever moved it. Locked in the order of their ids, as
// every statement on deliveries does.
async function enqueue(
  client: PoolClient,
  replayId: string,
  considered: readonly Considered[],
  now: Date,
): Promise<void> {
  if (considered.length === 0) return
  const deliveries = considered.map(({ candidate }) => candidate.delivery)
  await client.query('select from deliveries where id = any($1::bigint[]) order by id for update', [
    deliveries.map(({ id }) => id),
  ])
  const going = considered.filter(({ verdict }) => verdict.kind !== 'refused')
  await recountMinutesOf(
    client,
    going.map(({ candidate }) => candidate.delivery.id),
  )
  await client.query(
    `with decided as materialized (
       select * from unnest($3::bigint[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::timestamptz[],
                            $9::text[])
         as t (id, state, reason, attempts, refusal, repeat_until, repeat_identity)
     ), queued as (
       update deliveries d set state = 'pending', reason = '${REPLAYED}', due_at = $2, settled_at = null, replay_id = $1
       from decided t
       where d.id = t.id and t.refusal is null and d.state = t.state and d.attempts = t.attempts
       returning d.id
     )
     insert into replay_deliveries
       (replay_id, delivery_id, from_state, from_reason, refusal, attempts_before, repeat_until, repeat_identity, enqueued_at)
     select $1, t.id, t.state, t.reason,
            case when q.id is null then coalesce(t.refusal, 'under_way') end, t.attempts, t.repeat_until,
            t.repeat_identity,
            case when q.id is not null then $2::timestamptz end
     from decided t left join queued q using (id)`,
    [
      replayId,
      now,
      deliveries.map(({ id }) => id),
      considered.map(({ candidate }) => candidate.state),
      considered.map(({ candidate }) => candidate.reason),
      deliveries.map(({ attempt }) => attempt),
      considered.map(({ verdict }) => (verdict.kind === 'refused' ? verdict.code : null)),
      considered.map(({ verdict }) =>
        verdict.kind === 'replay' && verdict.untilMs !== null ? new Date(verdict.untilMs) : null,
      ),
      considered.map(({ verdict }) => (verdict.kind === 'replay' ? verdict.identity : null)),
    ],
  )
}

export interface ReplayStory {
  readonly id: string
  readonly state: 'running' | 'finished'
  readonly selection: ReplayRequest
  readonly requested_by: string
  readonly note: string | null
  readonly created_at: string
  readonly finished_at: string | null
  /** Deliveries looked at: enqueued and refused. */
  readonly considered: number
  readonly enqueued: number
  /** Why the others were not: code → count. */
  readonly refused: Readonly<Record<string, number>>
  /** What became of those enqueued; `waiting` are still under way. */
  readonly outcomes: Readonly<Record<string, number>>
}

const STORY = `
  select r.id::text, r.state, r.selection, r.requested_by, r.note, r.created_at, r.finished_at,
         count(i.delivery_id)::integer as considered, count(i.enqueued_at)::integer as enqueued,
         coalesce(jsonb_agg(i.refusal) filter (where i.refusal is not null), '[]') as refusals,
         coalesce(jsonb_agg(coalesce(i.outcome, 'waiting')) filter (where i.enqueued_at is not null), '[]') as results
  from replays r left join replay_deliveries i on i.replay_id = r.id`

type StoryRow = Omit<ReplayStory, 'refused' | 'outcomes'> & {
  readonly refusals: string[]
  readonly results: string[]
}

export async function findReplay(
  pool: Pool,
  environment: string,
  id: string,
): Promise<ReplayStory | null> {
  if (!/^\d{1,18}$/.test(id)) return null
  const { rows } = await pool.query<StoryRow>(
    `${STORY} where r.environment = $1 and r.id = $2 group by r.id`,
    [environment, id],
  )
  return rows[0] ? storyOf(rows[0]) : null
}

export interface ReplayedDelivery {
  readonly message_id: string
  readonly event: string
  readonly destination: string
  /** Why it was not sent again; null when it was. */
  readonly refusal: string | null
  /** Null while it is under way. */
  readonly outcome: string | null
  readonly reason: string | null
}

/** The first of what a replay looked at, by the order of their rows. */
export async function listReplayed(
  pool: Pool,
  environment: string,
  id: string,
  limit: number,
): Promise<ReplayedDelivery[]> {
  const { rows } = await pool.query<ReplayedDelivery>(
    `select e.message_id, e.name as event, d.destination, i.refusal, i.outcome, i.outcome_reason as reason
     from replays r
     join replay_deliveries i on i.replay_id = r.id
     join deliveries d on d.id = i.delivery_id
     join events e on e.id = d.event_id
     where r.environment = $1 and r.id = $2 order by i.delivery_id limit $3`,
    [environment, id, limit],
  )
  return rows
}

/** The latest hundred. */
export async function listReplays(pool: Pool, environment: string): Promise<ReplayStory[]> {
  const { rows } = await pool.query<StoryRow>(
    `${STORY} where r.id in (select id from replays where environment = $1 order by id desc limit 100)
     group by r.id order by r.id desc`,
    [environment],
  )
  return rows.map(storyOf)
}

function storyOf({ refusals, results, ...row }: StoryRow): ReplayStory {
  return { ...row, refused: countsOf(refusals), outcomes: countsOf(results) }
}

function countsOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
