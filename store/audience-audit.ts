// Our set of an audience's members against what a destination acknowledged: the deliveries that were answered well, to the
// remote audience that is in use now. Platforms round sizes and tell them late, so only answers prove anything.
import type { Pool, PoolClient } from 'pg'
import { redact } from '../core/redact.ts'
import { shownSubject } from './audience-reading.ts'
import { translated } from './database.ts'
import { type RemoteAudience, readRemoteAudiences } from './remote-audiences.ts'

export interface AuditQuestion {
  readonly environment: string
  readonly destination: string
  /** Row id of the audience. */
  readonly audienceId: string
  /** False for append-only audiences: nobody is told who leaves. */
  readonly tellsExits: boolean
}

export interface DriftedMember {
  /** `missing`: ours, and the destination does not have them. `extra`: it has somebody who is none of ours. */
  readonly drift: 'missing' | 'extra'
  readonly subject: string
  readonly profile_id: string | null
  readonly canonical_user_id: string | null
  /** What became of the last thing it was told; null when it was told nothing. */
  readonly last: { readonly state: string; readonly reason: string | null } | null
}

export interface Waiting {
  readonly as: 'entered' | 'exited'
  readonly state: string
  readonly reason: string | null
  readonly count: number
}

export interface DestinationAudit {
  readonly destination: string
  readonly remote: {
    readonly external_id: string | null
    readonly name: string
    readonly state: RemoteAudience['state']
    readonly reason: string | null
    readonly due_at: string | null
  } | null
  readonly ours: number
  readonly acknowledged: number
  readonly in_step: number
  /** People on their way in or out. */
  readonly waiting: number
  /** Removals and entries that are not settled, by state and reason. */
  readonly deliveries_waiting: readonly Waiting[]
  /** Members who are not sent, by reason: consent, a trigger. */
  readonly withheld: Readonly<Record<string, number>>
  readonly missing: number
  readonly extra: number
  /** Who drifted, missing first, up to the limit asked for; personal data masked. */
  readonly drifted: readonly DriftedMember[]
}

const TOLD = `
  told as materialized (
    select x.subject, x.id, coalesce(d.decision ->> 'sent_as', x.direction) = 'entered' as as_member, d.state, d.reason,
           d.decision ->> 'remote_audience' as remote
    from membership_transitions x
    cross join lateral (select id from events where transition_id = x.id offset 0) e
    cross join lateral (
      select state, reason, decision from deliveries where event_id = e.id and destination = $3 offset 0) d
    where x.environment = $1 and x.audience_id = $2 and ($4::text[] is null or x.subject = any($4))
  )`

// A member who has been removed because they withdrew consent is withheld; one whose removal failed is one too many.
const JUDGED = `
  with ${TOLD}, acknowledged as (
    select subject from (
      select distinct on (subject) subject, as_member from told
      where state = 'delivered' and remote is not distinct from $5 order by subject, id desc
    ) last where as_member
  ), latest as (
    select distinct on (subject) subject, state, reason, as_member from told order by subject, id desc
  ), compared as (
    select subject, m.is_ours is not null as is_ours, a.is_acknowledged is not null as is_acknowledged, m.profile_id
    from (
      select subject, true as is_ours, profile_id from memberships
      where environment = $1 and audience_id = $2 and is_member and ($4::text[] is null or subject = any($4))
    ) m full join (select subject, true as is_acknowledged from acknowledged) a using (subject)
  ), judged as materialized (
    select c.*, l.state, l.reason, case
        when c.is_ours and c.is_acknowledged and l.state in ('dead', 'unknown') and not l.as_member then 'extra'
        when c.is_ours = c.is_acknowledged then 'in_step'
        when not c.is_ours and not $6::boolean then 'in_step'
        when l.state in ('pending', 'retrying', 'held') then 'waiting'
        when c.is_ours and l.state = 'delivered' and not l.as_member then 'withheld'
        when c.is_ours and l.state = 'filtered' and l.reason not in ('superseded', 'unchanged', 'no_remote_audience')
          then 'withheld'
        when c.is_ours then 'missing' else 'extra' end as verdict
    from compared c left join latest l using (subject)
  )`

/** @param limit of `drifted` @throws TrackLayerError UNAVAILABLE */
export async function auditDestination(
  pool: Pool,
  question: AuditQuestion,
  limit: number,
): Promise<DestinationAudit> {
  try {
    return await audit(pool, question, limit)
  } catch (error) {
    throw translated(error)
  }
}

async function audit(
  pool: Pool,
  question: AuditQuestion,
  limit: number,
): Promise<DestinationAudit> {
  const { environment, destination, audienceId } = question
  const rows = await readRemoteAudiences(pool, environment, destination, [audienceId])
  const remote = rows.get(audienceId) ?? null
  const { rows: sums } = await pool.query<SumRow>(
    `${JUDGED}
     select verdict, is_ours, is_acknowledged, case when verdict = 'withheld' then
              case state when 'delivered' then 'consent_withdrawn' else reason end end as reason, count(*) as count
     from judged group by 1, 2, 3, 4`,
    valuesOf(question, remote, null),
  )
  const { rows: waiting } = await pool.query<WaitingRow>(WAITING, [
    environment,
    audienceId,
    destination,
  ])
  const count = (wanted: (row: SumRow) => boolean) =>
    sums.filter(wanted).reduce((sum, row) => sum + Number(row.count), 0)
  const verdict = (name: string) => count((row) => row.verdict === name)
  // The whole is read once: who drifted is asked only where somebody did.
  const isDrifted = verdict('missing') + verdict('extra') > 0
  const drifted = isDrifted ? await readDrifted(pool, question, remote, limit) : []
  return {
    destination,
    remote: remote && {
      external_id: remote.externalId,
      name: remote.name,
      state: remote.state,
      reason: remote.reason,
      due_at: remote.dueAt?.toISOString() ?? null,
    },
    ours: count(({ is_ours }) => is_ours),
    acknowledged: count(({ is_acknowledged }) => is_acknowledged),
    in_step: verdict('in_step'),
    waiting: verdict('waiting'),
    deliveries_waiting: waiting.map((row) => ({ ...row, count: Number(row.count) })),
    withheld: Object.fromEntries(
      sums
        .filter((row) => row.verdict === 'withheld')
        .map(({ reason, count: people }) => [reason ?? 'unknown', Number(people)]),
    ),
    missing: verdict('missing'),
    extra: verdict('extra'),
    drifted: drifted.map(driftedOf),
  }
}

// From what waits at the destination to the audience: few of all that it was ever told.
const WAITING = `
  select case when coalesce(d.decision ->> 'sent_as', x.direction) = 'entered' then 'entered' else 'exited' end as "as",
         d.state, d.reason, count(*) as count
  from deliveries d
  cross join lateral (select transition_id from events where id = d.event_id offset 0) e
  cross join lateral (
    select direction from membership_transitions
    where id = e.transition_id and environment = $1 and audience_id = $2 offset 0) x
  where d.environment = $1 and d.destination = $3 and d.state in ('pending', 'retrying', 'held')
  group by 1, 2, 3 order by 1, 2, 3`

async function readDrifted(
  pool: Pool,
  question: AuditQuestion,
  remote: RemoteAudience | null,
  limit: number,
): Promise<readonly DriftRow[]> {
  const { rows } = await pool.query<DriftRow>(
    `${JUDGED}
     select j.verdict as drift, j.subject, j.state, j.reason, p.id::text as profile_id, p.user_id
     from judged j left join profiles p on p.id = coalesce(
       j.profile_id, case when j.subject like 'p:%' then substr(j.subject, 3)::bigint end)
     where j.verdict in ('missing', 'extra') order by j.verdict desc, j.subject limit $7`,
    [...valuesOf(question, remote, null), limit],
  )
  return rows
}

interface SumRow {
  verdict: 'in_step' | 'waiting' | 'withheld' | 'missing' | 'extra'
  is_ours: boolean
  is_acknowledged: boolean
  reason: string | null
  count: string
}
type WaitingRow = Omit<Waiting, 'count'> & { count: string }
interface DriftRow {
  drift: DriftedMember['drift']
  subject: string
  state: string | null
  reason: string | null
  profile_id: string | null
  user_id: string | null
}

function driftedOf({
  drift,
  subject,
  state,
  reason,
  profile_id,
  user_id,
}: DriftRow): DriftedMember {
  return {
    drift,
    subject: shownSubject(subject),
    profile_id,
    canonical_user_id: redact(user_id) as string | null,
    last: state === null ? null : { state, reason },
  }
}

// Null stands for a destination without audiences of its own; one that is still to be made has acknowledged nothing.
function valuesOf(
  { environment, audienceId, destination, tellsExits }: AuditQuestion,
  remote: RemoteAudience | null,
  subjects: readonly string[] | null,
): unknown[] {
  const inUse = remote ? (remote.externalId ?? '') : null
  return [environment, audienceId, destination, subjects, inUse, tellsExits]
}

/** The next of those who drifted, in the order of their subjects. */
export async function driftedSubjects(
  client: Pool | PoolClient,
  question: AuditQuestion,
  {
    remote,
    among,
    after = '',
    limit,
  }: {
    readonly remote: RemoteAudience | null
    readonly among: readonly string[] | null
    readonly after?: string
    readonly limit: number
  },
): Promise<{ readonly subject: string; readonly profile: string | null }[]> {
  const { rows } = await client.query<{ subject: string; profile_id: string | null }>(
    `${JUDGED}
     select subject, coalesce(profile_id, case when subject like 'p:%' then substr(subject, 3)::bigint end)::text
              as profile_id
     from judged where verdict in ('missing', 'extra') and subject > $7 collate "C"
     order by subject collate "C" limit $8`,
    [...valuesOf(question, remote, among), after, limit],
  )
  return rows.map(({ subject, profile_id }) => ({ subject, profile: profile_id }))
}
