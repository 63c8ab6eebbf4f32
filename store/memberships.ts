// What a batch says about audiences, in the batch's own transaction (design 3.9): statements into the log, and from the
// log, for everybody concerned, who is a member now. Nothing here runs for a batch that says nothing about audiences.
//
// The log decides alone: whoever settles a member reads all that was ever stated of them, so that repeated, late and
// reordered messages, and merges, come to the same end.
import type { PoolClient } from 'pg'
import type { AudienceChange } from '../core/audience-change.ts'
import type { AudienceTable } from '../core/audience-table.ts'
import type { CanonicalUser } from '../core/canonical-event.ts'
import { type Audience, resolveAudiences } from './audiences.ts'
import { TransactionRaced } from './database.ts'
import type { PreparedMessage } from './entries.ts'
import type { StoredMessage } from './facts.ts'
import type { MovedMembership } from './identities.ts'
import { type Member, settleMembers } from './membership-settling.ts'
import type { Occasion } from './occasion.ts'
import { logTransitions } from './transitions.ts'

export interface AudienceOptions {
  readonly table: AudienceTable
  /** Names of all destinations that are on, those that get no events included. */
  readonly destinations: readonly string[]
  /** Stamped on the events of transitions. */
  readonly mappingVersion: string
}

interface Stated {
  readonly change: AudienceChange
  readonly user: CanonicalUser
  readonly profile: string | null
  /** Whose own identifiers the message names; the profile itself, or one merged into it. */
  readonly own: string | null
  readonly messageId: string
}

export interface MembershipNews {
  readonly stated: readonly Stated[]
  readonly deletions: readonly {
    readonly profile: string
    readonly messageId: string
    readonly statedAt: string | null
  }[]
  readonly moved: readonly MovedMembership[]
  /** Profiles of whoever said something new about consent: what destinations were told of them may be wrong by now. */
  readonly consenting: readonly string[]
  /** Profiles that others merged into: what either said of consent is now said of both. */
  readonly merged: readonly string[]
}

/** What the new messages of a batch say about memberships; null when that is nothing. */
export function membershipNews(
  messages: readonly PreparedMessage[],
  { stating, own }: Readonly<Record<'stating' | 'own', readonly (string | null)[]>>,
  stored: ReadonlyMap<string, StoredMessage>,
  { moved, consenting, merged }: Pick<MembershipNews, 'moved' | 'consenting' | 'merged'>,
): MembershipNews | null {
  const stated: Stated[] = []
  const deletions: MembershipNews['deletions'][number][] = []
  messages.forEach(({ audience, deletedAt, messageId }, at) => {
    if ((!audience && !deletedAt) || !stored.get(messageId)?.isNew) return
    const profile = stating[at] ?? null
    if (audience) stated.push({ ...audience, profile, own: own[at] ?? null, messageId })
    else if (deletedAt && profile) deletions.push({ profile, messageId, ...deletedAt })
  })
  const isNews = [stated, deletions, moved, consenting, merged].some(({ length }) => length > 0)
  return isNews ? { stated, deletions, moved, consenting, merged } : null
}

export async function recordMemberships(
  client: PoolClient,
  occasion: Occasion,
  { stated, deletions, moved, consenting, merged }: MembershipNews,
  options: AudienceOptions,
): Promise<void> {
  const audiences = await resolveAudiences(client, occasion, stated)
  const statements = stated.map((item, at) =>
    statementOf(item, audiences[at] as Audience, occasion),
  )
  // Most people who say something about consent are in no audience: they cost one look, and no lock.
  const denying = await denyingProfiles(client, merged)
  const restated = await toldMembers(client, occasion, [...new Set([...consenting, ...denying])])
  if (stated.length + deletions.length + moved.length + restated.length === 0) return
  await holdSubjects(client, occasion.environment, [
    ...restated,
    ...statements,
    ...deletions.map(({ profile }) => memberOf(profile)),
    ...moved.map(({ into }) => memberOf(into)),
  ])
  const members = [
    ...(await moveMemberships(client, occasion, moved)).map((member) => ({
      ...member,
      isRestated: member.wasInside && denying.has(member.profile ?? ''),
    })),
    ...(await writeDeletions(client, occasion, deletions)),
    ...(await writeStatements(client, occasion, statements)),
    ...restated,
  ]
  const flips = await settleMembers(client, occasion, members, options.table)
  const users = new Map(stated.map(({ messageId, user }) => [messageId, user]))
  await logTransitions(client, occasion, flips, users, options)
}

interface Statement {
  readonly audienceId: string
  readonly subject: string
  readonly profile: string | null
  readonly own: string | null
  readonly computedAt: string
  readonly isMember: boolean
  readonly messageId: string
}

function statementOf(
  { change, profile, own, messageId }: Stated,
  { id }: Audience,
  { receivedAt }: Occasion,
): Statement {
  const computedAt = change.computedAt ?? receivedAt.toISOString()
  const [first] = change.identifiers
  const subject = profile === null ? `${first?.type}:${first?.value}` : `p:${profile}`
  return { audienceId: id, subject, profile, own, computedAt, isMember: change.isMember, messageId }
}

function memberOf(profile: string): { subject: string; profile: string } {
  return { subject: `p:${profile}`, profile }
}

/**
 * From here to the commit nobody else settles these subjects or merges these profiles: what is read of the log is all
 * there is. Taken in the order of their keys, like everything that is written.
 */
export async function holdSubjects(
  client: PoolClient,
  environment: string,
  subjects: readonly { readonly subject: string; readonly profile: string | null }[],
): Promise<void> {
  const profiles = [...new Set(subjects.flatMap(({ profile }) => profile ?? []))]
  const { rows } = await client.query<{ merged_into: string | null }>({
    name: 'hold-members',
    text: `select merged_into from profiles where id = any($1::bigint[])
           order by profiles.id for no key update`,
    values: [profiles],
  })
  if (rows.some(({ merged_into }) => merged_into !== null))
    throw new TransactionRaced('a profile was merged meanwhile')
  const unresolved = subjects.filter(({ profile }) => profile === null)
  if (unresolved.length === 0) return
  await client.query({
    name: 'hold-unresolved',
    text: `select pg_advisory_xact_lock(key)
           from (select distinct hashtextextended($1 || e'\\n' || subject, 0) as key
                 from unnest($2::text[]) as t (subject) order by 1) keys`,
    values: [environment, unresolved.map(({ subject }) => subject)],
  })
}

async function writeStatements(
  client: PoolClient,
  { environment }: Occasion,
  statements: readonly Statement[],
): Promise<readonly Member[]> {
  if (statements.length === 0) return []
  await client.query({
    name: 'write-statements',
    text: `insert into membership_statements
             (environment, audience_id, subject, computed_at, is_member, message_id, profile_id, own_profile_id)
           select $1, audience_id, subject, computed_at, is_member, message_id, profile_id, nullif(own, profile_id)
           from unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::boolean[], $6::text[], $7::bigint[], $8::bigint[])
             as t (audience_id, subject, computed_at, is_member, message_id, profile_id, own)
           order by audience_id, subject, computed_at
           on conflict do nothing`,
    values: [
      environment,
      statements.map(({ audienceId }) => audienceId),
      statements.map(({ subject }) => subject),
      statements.map(({ computedAt }) => computedAt),
      statements.map(({ isMember }) => isMember),
      statements.map(({ messageId }) => messageId),
      statements.map(({ profile }) => profile),
      statements.map(({ own }) => own),
    ],
  })
  return statements.map((statement) => ({ ...statement, wasInside: false, cause: 'stated' }))
}

// Whoever asks to be forgotten leaves every audience, and their history goes; the tombstone stays, so that what was
// stated before and arrives later brings nobody back.
async function writeDeletions(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  deletions: MembershipNews['deletions'],
): Promise<readonly Member[]> {
  if (deletions.length === 0) return []
  const { rows } = await client.query<MemberRow>({
    name: 'write-deletions',
    text: `with asked as materialized (
             select m.environment, m.audience_id, m.subject, m.profile_id, t.stated_at, t.message_id
             from unnest($2::bigint[], $3::timestamptz[], $4::text[]) as t (profile_id, stated_at, message_id)
             join memberships m on m.profile_id = t.profile_id and m.environment = $1
           ), forgotten as (
             delete from membership_statements s using asked a
             where s.environment = a.environment and s.audience_id = a.audience_id and s.subject = a.subject
               and s.computed_at <= a.stated_at
           ), written as (
             insert into membership_statements
               (environment, audience_id, subject, computed_at, is_member, message_id, profile_id, reason)
             select environment, audience_id, subject, stated_at, false, message_id, profile_id, 'deleted' from asked
             on conflict do nothing
           )
           select distinct audience_id::text, subject, profile_id::text, false as was_inside from asked`,
    values: [
      environment,
      deletions.map(({ profile }) => profile),
      deletions.map(({ statedAt }) => statedAt ?? receivedAt),
      deletions.map(({ messageId }) => messageId),
    ],
  })
  return rows.map((row) => memberOfRow(row, 'deleted'))
}

// The statements have moved with the merge. What stood for the one that is no more goes, and counts once more: as who
// was inside and may now be outside.
async function moveMemberships(
  client: PoolClient,
  { environment }: Occasion,
  moved: readonly MovedMembership[],
): Promise<readonly Member[]> {
  if (moved.length === 0) return []
  const { rows } = await client.query<MemberRow>({
    name: 'move-memberships',
    text: `with t as materialized (
             select from_id, into_id from unnest($2::bigint[], $3::bigint[]) as t (from_id, into_id)
           ), gone as (
             delete from memberships m using t where m.profile_id = t.from_id and m.environment = $1
             returning m.audience_id, t.into_id, m.is_member
           ), renamed as (
             update membership_transitions x set subject = 'p:' || t.into_id, profile_id = t.into_id
             from t, gone
             where x.environment = $1 and x.audience_id = gone.audience_id and gone.into_id = t.into_id
               and x.subject = 'p:' || t.from_id
           )
           select audience_id::text, 'p:' || into_id as subject, into_id::text as profile_id,
                  bool_or(is_member) as was_inside
           from gone group by audience_id, into_id`,
    values: [environment, moved.map(({ from }) => from), moved.map(({ into }) => into)],
  })
  return rows.map((row) => memberOfRow(row, 'merged'))
}

// Those of them who, under whichever of their profiles, refused something: only a refusal changes what destinations
// were told.
async function denyingProfiles(
  client: PoolClient,
  profiles: readonly string[],
): Promise<ReadonlySet<string>> {
  if (profiles.length === 0) return new Set()
  const { rows } = await client.query<{ id: string }>({
    name: 'denying-profiles',
    text: `select t.id::text as id from unnest($1::bigint[]) as t (id)
           where exists (
             select from (select t.id union all select id from profiles where merged_into = t.id) p
             cross join lateral (select granted from consents where profile_id = p.id offset 0) c
             where not c.granted)`,
    values: [profiles],
  })
  return new Set(rows.map(({ id }) => id))
}

// Of whom destinations were told, or were not told for want of consent. What still waits is decided with the new consent
// anyway, except what is being sent at this moment.
async function toldMembers(
  client: PoolClient,
  { environment }: Occasion,
  profiles: readonly string[],
): Promise<readonly Member[]> {
  if (profiles.length === 0) return []
  const { rows } = await client.query<MemberRow>({
    name: 'told-members',
    text: `select m.audience_id::text, m.subject, m.profile_id::text, false as was_inside
           from memberships m
           cross join lateral (
             select id from membership_transitions
             where environment = $1 and audience_id = m.audience_id and subject = m.subject order by id desc limit 1
           ) last
           where m.profile_id = any($2::bigint[]) and m.environment = $1 and m.is_member and exists (
             select from events e join deliveries d on d.event_id = e.id
             where e.transition_id = last.id
               and (d.state in ('delivered', 'retrying', 'unknown', 'dead') or (d.state = 'pending' and d.reason is null)
                    or d.reason in ('consent_denied', 'consent_unknown', 'unchanged') and d.state = 'filtered'))`,
    values: [environment, profiles],
  })
  return rows.map((row) => ({ ...memberOfRow(row, 'consent'), isRestated: true }))
}

interface MemberRow {
  audience_id: string
  subject: string
  profile_id: string | null
  was_inside: boolean
}

function memberOfRow(row: MemberRow, cause: Member['cause']): Member {
  return {
    audienceId: row.audience_id,
    subject: row.subject,
    profile: row.profile_id,
    wasInside: row.was_inside,
    cause,
  }
}
