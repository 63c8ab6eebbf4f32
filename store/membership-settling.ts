// From the log of statements to who is a member: a pure function of the log, the time and the rules, written as one
// statement for many members. The caller holds the subjects.
import type { PoolClient } from 'pg'
import type { AudienceRule, AudienceTable } from '../core/audience-table.ts'
import type { TransitionReason } from '../core/audience-transition.ts'
import type { JsonObject } from '../core/json.ts'
import type { Occasion } from './occasion.ts'

/** Somebody whose membership is to be settled, and why. */
export interface Member {
  readonly audienceId: string
  readonly subject: string
  readonly profile: string | null
  /** True when a profile that merged into this one was inside: whoever is outside now has left. */
  readonly wasInside: boolean
  readonly cause: TransitionReason
  /** Told anew although nothing changed. */
  readonly isRestated?: boolean
}

export interface AudienceRow {
  readonly id: string
  readonly identity: string
  readonly computation_id: string | null
  readonly key: string | null
  readonly name: string | null
  readonly external_audience_id: string | null
}

/** A membership that is other than before. */
export interface Flip {
  readonly audience: AudienceRow
  readonly rule: AudienceRule | null
  readonly subject: string
  readonly profile: string | null
  readonly isMember: boolean
  readonly reason: TransitionReason
  readonly computedAt: Date
  /** How often the same has been noticed before: after a merge somebody may leave once more for the same statement. */
  readonly repeats: number
  readonly messageId: string
  readonly userId: string | null
  readonly anonymousId: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly traits: JsonObject
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Writes who is a member now and returns who was not so before, in the order of audience and subject. */
export async function settleMembers(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  members: readonly Member[],
  table: AudienceTable,
): Promise<Flip[]> {
  const unique = uniqueMembers(members)
  if (unique.length === 0) return []
  const audiences = await readAudiences(
    client,
    unique.map(({ audienceId }) => audienceId),
  )
  const ruleOf = (id: string) => ruleOfRow(table, audiences.get(id))
  const { rows } = await client.query<FlipRow>({
    name: 'settle-members',
    text: SETTLE,
    values: [
      environment,
      receivedAt,
      unique.map(({ audienceId }) => audienceId),
      unique.map(({ subject }) => subject),
      unique.map(({ profile }) => profile),
      unique.map(({ wasInside }) => wasInside),
      unique.map(({ audienceId }) => ruleOf(audienceId)?.retentionDays ?? null),
      TRAITS,
      unique.map(({ isRestated }) => isRestated === true),
    ],
  })
  const causes = new Map(unique.map((member) => [keyOf(member), member.cause]))
  return rows.map((row) => {
    const { audience_id: audienceId, subject, reason, computed_at } = row
    const rule = ruleOf(audienceId)
    const isExpired = reason === 'expired'
    return {
      audience: audiences.get(audienceId) as AudienceRow,
      rule,
      subject,
      profile: row.profile_id,
      isMember: row.is_member,
      reason: reasonOf(row, causes.get(keyOf({ audienceId, subject })) ?? 'stated'),
      // Whoever expires left when the time was up, whenever that is noticed.
      computedAt: isExpired
        ? new Date(computed_at.getTime() + (rule?.retentionDays ?? 0) * DAY_MS)
        : computed_at,
      repeats: Number(row.repeats),
      messageId: row.message_id,
      userId: row.user_id,
      anonymousId: row.anonymous_id,
      email: row.email,
      phone: row.phone,
      traits: row.traits ?? {},
    }
  })
}

// What is only told anew is told for want of a change: after a merge, because of what either person said of consent.
function reasonOf({ reason, is_flip }: FlipRow, cause: TransitionReason): TransitionReason {
  if (reason === 'expired') return 'expired'
  return is_flip || cause === 'repaired' ? cause : 'consent'
}

export function ruleOfRow(
  table: AudienceTable,
  row: Pick<AudienceRow, 'computation_id' | 'key' | 'name'> | undefined,
): AudienceRule | null {
  if (!row) return null
  return table.ruleOf({ computationId: row.computation_id, key: row.key, name: row.name })
}

function keyOf({ audienceId, subject }: Pick<Member, 'audienceId' | 'subject'>): string {
  return `${audienceId}\n${subject}`
}

function uniqueMembers(members: readonly Member[]): Member[] {
  const unique = new Map<string, Member>()
  for (const member of members) {
    const known = unique.get(keyOf(member))
    const wasInside = member.wasInside || (known?.wasInside ?? false)
    // A change of its own is told as such.
    const cause = member.isRestated && known ? known.cause : member.cause
    const isRestated = member.isRestated === true || known?.isRestated === true
    unique.set(keyOf(member), { ...member, wasInside, cause, isRestated })
  }
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member)
}

async function readAudiences(
  client: PoolClient,
  ids: readonly string[],
): Promise<Map<string, AudienceRow>> {
  const { rows } = await client.query<AudienceRow>({
    name: 'read-audiences',
    text: `select id::text, identity, computation_id, key, name, external_audience_id
           from audiences where id = any($1::bigint[])`,
    values: [[...new Set(ids)]],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

// What a platform may match a person by.
const TRAITS = [
  ...['firstName', 'first_name', 'firstname', 'lastName', 'last_name', 'lastname'],
  ...['address', 'city', 'state', 'region', 'postalCode', 'postal_code', 'zip', 'country'],
]

interface FlipRow {
  audience_id: string
  subject: string
  profile_id: string | null
  is_member: boolean
  reason: string | null
  is_flip: boolean
  computed_at: Date
  message_id: string
  repeats: string
  user_id: string | null
  anonymous_id: string | null
  email: string | null
  phone: string | null
  traits: JsonObject | null
}

// The latest statement decides; of two for one instant the exit, because staying out costs less than staying in by
// mistake; the message id makes even that one the same everywhere. A membership began with the first entry after the
// last exit before it.
const SETTLE = `
  with member as materialized (
    select * from unnest($3::bigint[], $4::text[], $5::bigint[], $6::boolean[], $7::integer[], $9::boolean[])
      as t (audience_id, subject, profile_id, was_inside, retention_days, is_restated)
  ), settled as materialized (
    select m.audience_id, m.subject, m.profile_id, m.was_inside, m.retention_days, m.is_restated, last.computed_at, last.message_id, entry.since,
           case when not last.is_member then coalesce(last.reason, 'exited')
                when last.computed_at <= $2::timestamptz - make_interval(hours => 24 * m.retention_days) then 'expired'
           end as reason
    from member m
    cross join lateral (
      select computed_at, is_member, message_id, reason from membership_statements
      where environment = $1 and audience_id = m.audience_id and subject = m.subject
      order by computed_at desc, is_member, message_id desc limit 1
    ) last
    left join lateral (
      select max(computed_at) as at from membership_statements
      where environment = $1 and audience_id = m.audience_id and subject = m.subject and not is_member
    ) exit on true
    left join lateral (
      select min(computed_at) as since from membership_statements
      where environment = $1 and audience_id = m.audience_id and subject = m.subject and is_member
        and last.is_member and computed_at > coalesce(exit.at, '-infinity')
    ) entry on true
  ), before as materialized (
    select s.audience_id, s.subject, b.is_member from settled s
    cross join lateral (
      select is_member from memberships
      where environment = $1 and audience_id = s.audience_id and subject = s.subject limit 1
    ) b
  ), written as (
    insert into memberships as m
      (environment, audience_id, subject, profile_id, is_member, since, computed_at, message_id, reason)
    select $1, audience_id, subject, profile_id, reason is null, since, computed_at, message_id, reason
    from settled order by audience_id, subject
    on conflict (environment, audience_id, subject) do update set
      profile_id = excluded.profile_id, is_member = excluded.is_member, since = excluded.since,
      computed_at = excluded.computed_at, message_id = excluded.message_id, reason = excluded.reason
      where (m.is_member, m.since, m.computed_at, m.message_id, m.reason) is distinct from
            (excluded.is_member, excluded.since, excluded.computed_at, excluded.message_id, excluded.reason)
  )
  select s.audience_id::text, s.subject, s.profile_id::text, s.reason is null as is_member, s.reason, s.computed_at,
         s.message_id, s.changed as is_flip, again.repeats, p.user_id, known.anonymous_id, known.email, known.phone, stated.traits
  from (
    select s.*, (s.reason is null) is distinct from (
             case when s.reason is null then coalesce(b.is_member, false) else coalesce(b.is_member, false) or s.was_inside end
           ) as changed
    from settled s left join before b on b.audience_id = s.audience_id and b.subject = s.subject
  ) s
  left join lateral (select user_id from profiles where id = s.profile_id limit 1) p on true
  cross join lateral (
    select count(*) as repeats from membership_transitions
    where environment = $1 and audience_id = s.audience_id and subject = s.subject
      and (direction = 'entered') = (s.reason is null)
      and computed_at in (s.computed_at, s.computed_at + make_interval(hours => 24 * s.retention_days))
  ) again
  left join lateral (
    select (array_agg(value order by linked_at desc, value) filter (where type = 'anonymous_id'))[1] as anonymous_id,
           (array_agg(value order by linked_at desc, value) filter (where type = 'email'))[1] as email,
           (array_agg(value order by linked_at desc, value) filter (where type = 'phone'))[1] as phone
    from identifiers where profile_id in (
      select s.profile_id union all select id from profiles where merged_into = s.profile_id)
  ) known on true
  left join lateral (
    select jsonb_object_agg(name, value order by stated_at, message_id) as traits
    from profile_traits where name = any($8::text[]) and profile_id in (
      select s.profile_id union all select id from profiles where merged_into = s.profile_id)
  ) stated on true
  where s.is_restated or s.changed
  order by s.audience_id, s.subject`
