// The audiences that platforms keep for ours, by (environment, destination, audience): who may make one, which id it got,
// and whether it takes members. One process makes it; the others wait for what comes of it.
import type { Pool } from 'pg'
import type { Database } from './database.ts'

/** Reasons of transitions that wait for their remote audience. */
export const REMOTE_WAITED_FOR = 'remote_audience'
export const REMOTE_PAUSED = 'audience_paused'

export interface RemoteKey {
  readonly environment: string
  readonly destination: string
  /** Row id of our audience. */
  readonly audienceId: string
}

export interface RemoteAudience {
  readonly audienceId: string
  /** What it is called at the platform. */
  readonly name: string
  readonly externalId: string | null
  readonly state: 'making' | 'waiting' | 'ready' | 'paused'
  readonly reason: string | null
  readonly attempts: number
  readonly dueAt: Date | null
  readonly changedAt: Date
}

interface Row {
  audience_id: string
  name: string
  external_id: string | null
  state: RemoteAudience['state']
  reason: string | null
  attempts: number
  due_at: Date | null
  changed_at: Date
}

const COLUMNS =
  'audience_id::text, name, external_id, state, reason, attempts, due_at, changed_at' as const

/** Those of the named audiences that the destination has. */
export async function readRemoteAudiences(
  pool: Pool,
  environment: string,
  destination: string,
  audienceIds: readonly string[],
): Promise<Map<string, RemoteAudience>> {
  const { rows } = await pool.query<Row>({
    name: 'read-remote-audiences',
    text: `select ${COLUMNS} from remote_audiences
           where environment = $1 and destination = $2 and audience_id = any($3::bigint[])`,
    values: [environment, destination, audienceIds],
  })
  return new Map(rows.map((row) => [row.audience_id, remoteOf(row)]))
}

/**
 * Takes the right to make it; null while another has it, while its time has not come, or when it is made. A lease that
 * ran out ended with its process: whether the platform made it, the definition finds out by name.
 */
export async function beginMaking(
  { pool, clock }: Database,
  { environment, destination, audienceId }: RemoteKey,
  { name, distinctName, leaseMs }: { name: string; distinctName: string; leaseMs: number },
): Promise<RemoteAudience | null> {
  const now = clock.now()
  const { rows } = await pool.query<Row>({
    name: 'begin-making-remote-audience',
    // Of two audiences of one name, one made anew in Segment, the second cannot have the first one's list.
    text: `insert into remote_audiences as r
             (environment, destination, audience_id, name, state, attempts, due_at, changed_at)
           values ($1, $2, $3, case when exists (
             select from remote_audiences o
             where o.environment = $1 and o.destination = $2 and o.name = $4 and o.audience_id <> $3
           ) then $5 else $4 end, 'making', 1, $7, $6)
           on conflict (environment, destination, audience_id) do update
             set state = 'making', attempts = r.attempts + 1, due_at = excluded.due_at, changed_at = excluded.changed_at
             where r.state in ('making', 'waiting') and r.due_at <= $6
           returning ${COLUMNS}`,
    values: [
      environment,
      destination,
      audienceId,
      name,
      distinctName,
      new Date(now),
      new Date(now + leaseMs),
    ],
  })
  return rows[0] ? remoteOf(rows[0]) : null
}

/** What making it brought: its id, and whoever waited is decided again; or why not, and when to try again. */
export async function endMaking(
  { pool, clock }: Database,
  key: RemoteKey,
  attempts: number,
  made: { readonly externalId: string } | { readonly reason: string; readonly dueAt: Date },
): Promise<void> {
  const isMade = 'externalId' in made
  const now = new Date(clock.now())
  const { rowCount } = await pool.query(
    `update remote_audiences set state = $5, external_id = $6, reason = $7, due_at = $8, changed_at = $9
     where environment = $1 and destination = $2 and audience_id = $3 and attempts = $4 and state = 'making'`,
    [
      key.environment,
      key.destination,
      key.audienceId,
      attempts,
      isMade ? 'ready' : 'waiting',
      isMade ? made.externalId : null,
      isMade ? null : made.reason,
      isMade ? null : made.dueAt,
      now,
    ],
  )
  if (rowCount === 1 && isMade) await releaseWaiting(pool, key, now)
}

/** True when this paused it: the platform refused `externalId`, and that is still the one in use. */
export async function pauseRemoteAudience(
  { pool, clock }: Database,
  { environment, destination, audienceId }: RemoteKey,
  reason: string,
  externalId: string,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update remote_audiences set state = 'paused', reason = $4, due_at = null, changed_at = $5
     where environment = $1 and destination = $2 and audience_id = $3 and state = 'ready' and external_id = $6`,
    [environment, destination, audienceId, reason, new Date(clock.now()), externalId],
  )
  return rowCount === 1
}

/**
 * Lets a paused one, or one that is being tried again later, go on now.
 * @param anew forget the id: it is looked for, or made, again, and holds nobody of whom we know
 * @returns null when there is none at this destination
 */
export async function resumeRemoteAudience(
  { pool, clock }: Database,
  key: RemoteKey,
  anew: boolean,
): Promise<RemoteAudience | null> {
  const now = new Date(clock.now())
  const { rows } = await pool.query<Row>(
    `update remote_audiences
     set external_id = case when $4 then null else external_id end,
         state = case when $4 or external_id is null then 'waiting' else 'ready' end,
         due_at = case when $4 or external_id is null then $5::timestamptz end, reason = null, changed_at = $5
     where environment = $1 and destination = $2 and audience_id = $3 and state <> 'making'
     returning ${COLUMNS}`,
    [key.environment, key.destination, key.audienceId, anew, now],
  )
  if (!rows[0]) return null
  await releaseWaiting(pool, key, now)
  return remoteOf(rows[0])
}

async function releaseWaiting(
  pool: Pool,
  { environment, destination, audienceId }: RemoteKey,
  at: Date,
): Promise<void> {
  await pool.query(
    `update deliveries set state = 'pending', due_at = $4
     where id = any (array(
       select d.id from deliveries d
       cross join lateral (select transition_id from events where id = d.event_id offset 0) e
       cross join lateral (
         select audience_id from membership_transitions where id = e.transition_id offset 0) x
       where d.environment = $1 and d.destination = $2 and d.state = 'held'
         and d.reason in ('${REMOTE_WAITED_FOR}', '${REMOTE_PAUSED}') and x.audience_id = $3))`,
    [environment, destination, audienceId, at],
  )
}

function remoteOf(row: Row): RemoteAudience {
  return {
    audienceId: row.audience_id,
    name: row.name,
    externalId: row.external_id,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    dueAt: row.due_at,
    changedAt: row.changed_at,
  }
}
