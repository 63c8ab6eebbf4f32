// Undoing a merge. What messages bring is kept with the profile whose own identifiers they name (0014_people.sql), so that
// most of it follows when the pointer between the two goes. Statements of consent and memberships count for the person as a
// whole: they are handed back. Nothing that was sent is taken back, and no row of the ledger changes.
import type { Pool, PoolClient } from 'pg'
import type { AudienceTable } from '../core/audience-table.ts'
import { type LinkRule, rootsOf, type StandingMerge } from '../core/identity.ts'
import type { JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import type { Principal } from './access.ts'
import { recordAudit } from './audit-log.ts'
import { latestStatements, readConsentStatements } from './consent-history.ts'
import { type Database, inSnapshot, inTransaction } from './database.ts'
import { type Flip, settleMembers } from './membership-settling.ts'
import type { AudienceOptions } from './memberships.ts'
import type { Occasion } from './occasion.ts'
import { shownAudience, shownIdentifier } from './profiles.ts'
import { logTransitions } from './transitions.ts'

export interface MergeKey {
  readonly environment: string
  readonly mergeId: string
}

/** Why a merge cannot be undone: it is `undone` already, or happened before it was kept what came for whom. */
export type Inseparable = 'undone' | 'too_old'

export interface SeparationPreview {
  readonly id: string
  readonly rule: LinkRule
  readonly message_id: string
  readonly merged_at: string
  readonly refusal: Inseparable | null
  /** Who goes: the profile that was merged, and whoever had merged into it. */
  readonly leaves: Side
  /** Who stays. */
  readonly stays: Side
  /** Identifiers that nobody has afterwards: the alias that is undone linked them. */
  readonly released: readonly JsonObject[]
  /** What was sent of either since the merge, by destination: it stays as it is. */
  readonly sent: readonly { readonly destination: string; readonly count: number }[]
}

export interface Side {
  readonly profile_id: string
  readonly canonical_user_id: string | null
  readonly identifiers: readonly JsonObject[]
  /** The latest of each category by the side's own messages. */
  readonly consents: readonly JsonObject[]
  /** Audiences of which the side's own messages state something. */
  readonly audiences: readonly JsonObject[]
  readonly messages: number
  readonly events: number
}

interface MergeRow {
  readonly id: string
  readonly environment: string
  /** The profiles that its evidence names. */
  readonly from_id: string
  readonly into_id: string
  readonly root_id: string
  readonly rule: LinkRule
  readonly message_id: string
  readonly merged_at: Date
  readonly is_separable: boolean
  readonly undone_at: Date | null
}

/** Whether it joined one of these profiles with somebody. @throws TrackLayerError UNAVAILABLE */
export async function isMergeOf(
  pool: Pool,
  { environment, mergeId }: MergeKey,
  profiles: readonly string[],
): Promise<boolean> {
  if (!/^\d{1,18}$/.test(mergeId)) return false
  return inSnapshot(pool, async (client) => {
    const { rowCount } = await client.query(
      `select from merges where environment = $1 and id = $2
         and (from_profile_id = any($3::bigint[]) or into_profile_id = any($3::bigint[]))`,
      [environment, mergeId, profiles],
    )
    return rowCount === 1
  })
}

/** Null for a merge that the environment does not have. @throws TrackLayerError UNAVAILABLE */
export async function previewSeparation(
  { pool }: Pick<Database, 'pool'>,
  key: MergeKey,
  table: AudienceTable,
): Promise<SeparationPreview | null> {
  return inSnapshot(pool, async (client) => {
    const merge = await readMerge(client, key)
    if (!merge) return null
    const goes = await sidesOf(client, merge)
    const { leaving, staying } = goes
    const side = (root: string, profiles: readonly string[]) =>
      readSide(client, key.environment, { root, profiles, table })
    return {
      id: merge.id,
      rule: merge.rule,
      message_id: merge.message_id,
      merged_at: merge.merged_at.toISOString(),
      refusal: refusalOf(merge),
      leaves: await side(goes.root, leaving),
      stays: await side(merge.root_id, staying),
      released: (await readReleased(client, merge, leaving)).map(shownIdentifier),
      sent: await readSent(client, [...leaving, ...staying], merge.merged_at),
    }
  })
}

export interface Separated {
  readonly kind: 'separated'
  /** Who is a profile of their own again. */
  readonly profile_id: string
  readonly kept_apart_from: string
}

/**
 * Undoes a merge, once: the same kind of evidence does not merge the two again.
 * @returns null for a merge that the environment does not have
 * @throws TrackLayerError UNAVAILABLE
 */
export async function undoMerge(
  database: Database,
  { mergeId, principal }: { readonly mergeId: string; readonly principal: Principal },
  options: AudienceOptions,
): Promise<Separated | Inseparable | null> {
  const { environment } = principal
  const occasion = { environment, receivedAt: new Date(database.clock.now()) }
  return inTransaction(database, async (client) => {
    const merge = await holdMerge(client, { environment, mergeId })
    const refusal = merge && refusalOf(merge)
    if (!merge || refusal) return refusal
    const sides = await sidesOf(client, merge)
    await releaseLinks(client, merge, sides.leaving)
    await pointBack(client, merge, sides)
    await recordApart(client, occasion, merge, principal.actor)
    await handBackConsents(client, environment, [...sides.leaving, ...sides.staying])
    await handBackMemberships(client, occasion, { merge, sides, options })
    const target = `merge ${merge.id}: profile ${sides.root} out of ${merge.root_id}`
    await recordAudit({ pool: client, clock: database.clock }, principal, 'merge.undone', target)
    return { kind: 'separated', profile_id: sides.root, kept_apart_from: merge.root_id }
  })
}

function refusalOf({ undone_at, is_separable }: MergeRow): Inseparable | null {
  if (undone_at !== null) return 'undone'
  return is_separable ? null : 'too_old'
}

const OWN_FROM = 'coalesce(m.own_from_profile_id, m.from_profile_id)'
const OWN_INTO = 'coalesce(m.own_into_profile_id, m.into_profile_id)'

async function readMerge(
  client: PoolClient,
  { environment, mergeId }: MergeKey,
): Promise<MergeRow | null> {
  const { rows } = await client.query<MergeRow>(
    `select m.id::text, m.environment, ${OWN_FROM}::text as from_id, ${OWN_INTO}::text as into_id,
            coalesce(p.merged_into, p.id)::text as root_id, m.rule, m.message_id, m.merged_at, m.is_separable, m.undone_at
     from merges m join profiles p on p.id = m.into_profile_id where m.environment = $1 and m.id = $2`,
    [environment, mergeId],
  )
  return rows[0] ?? null
}

// Everybody of the person is held, in the order of their ids, as merging and settling hold them; then it is looked again.
async function holdMerge(client: PoolClient, key: MergeKey): Promise<MergeRow | null> {
  const merge = await readMerge(client, key)
  if (!merge) return null
  await client.query(
    `select from profiles where id = $1 or merged_into = $1 order by profiles.id for no key update`,
    [merge.root_id],
  )
  const held = await readMerge(client, key)
  return held?.root_id === merge.root_id ? held : holdMerge(client, key)
}

interface Sides {
  /** Who the leaving are afterwards. */
  readonly root: string
  readonly leaving: readonly string[]
  readonly staying: readonly string[]
}

// Without the merge, the others that hold leave two people.
async function sidesOf(client: PoolClient, { id, from_id, root_id }: MergeRow): Promise<Sides> {
  const { rows: family } = await client.query<{ id: string }>(
    'select id::text from profiles where id = $1 or merged_into = $1 order by id',
    [root_id],
  )
  const profiles = family.map((profile) => profile.id)
  const { rows: standing } = await client.query<StandingMerge>(
    `select ${OWN_FROM}::text as "from", ${OWN_INTO}::text as "into" from merges m
     where m.into_profile_id = any($1::bigint[]) and m.undone_at is null and m.id <> $2 order by m.id`,
    [profiles, id],
  )
  const roots = rootsOf(profiles, standing)
  const [leaving, staying] = [
    profiles.filter((profile) => roots.get(profile) !== root_id),
    profiles.filter((profile) => roots.get(profile) === root_id),
  ]
  return { root: roots.get(leaving[0] ?? '') ?? from_id, leaving, staying }
}

// An alias links the id it names under both kinds, because it may come first. With the alias, that goes.
const RELEASED = `
  environment = $1 and rule = 'alias'
  and message_id = $2 and profile_id <> all ($3::bigint[]) and profile_id in (
    select id from profiles where id = $4 or merged_into = $4)
  and value in (select value from identifiers own where own.profile_id = any($3::bigint[]))`

function releasedBy(merge: MergeRow, leaving: readonly string[]): unknown[] {
  return [merge.environment, merge.message_id, leaving, merge.root_id]
}

async function readReleased(
  client: PoolClient,
  merge: MergeRow,
  leaving: readonly string[],
): Promise<JsonObject[]> {
  if (merge.undone_at) return []
  const { rows } = await client.query<JsonObject>(
    `select type, value, rule, message_id from identifiers where ${RELEASED} order by type`,
    releasedBy(merge, leaving),
  )
  return rows
}

async function releaseLinks(
  client: PoolClient,
  merge: MergeRow,
  leaving: readonly string[],
): Promise<void> {
  await client.query(`delete from identifiers where ${RELEASED}`, releasedBy(merge, leaving))
}

// Whoever reads how often somebody was separated, and merges or settles by it, begins anew.
async function pointBack(
  client: PoolClient,
  { root_id }: MergeRow,
  { root, leaving }: Sides,
): Promise<void> {
  await client.query(
    `update profiles set merged_into = case when id = any($2::bigint[]) then nullif($1::bigint, id) end,
            separations = separations + case when id in ($1, $3) then 1 else 0 end
     where id = any($2::bigint[]) or id = $3`,
    [root, leaving, root_id],
  )
}

async function recordApart(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  { id, from_id, into_id, rule }: MergeRow,
  actor: string,
): Promise<void> {
  await client.query('update merges set undone_at = $2, undone_by = $3 where id = $1', [
    id,
    receivedAt,
    actor,
  ])
  await client.query(
    `insert into kept_apart (environment, profile_id, other_profile_id, rule, merge_id) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [environment, from_id, into_id, rule, id],
  )
}

// While two are one, what either says overwrites what stood: each gets back what their own messages say.
async function handBackConsents(
  client: PoolClient,
  environment: string,
  profiles: readonly string[],
): Promise<void> {
  const said = await readConsentStatements(client, environment, profiles, null)
  const latest = latestStatements(said)
  await client.query(
    `with said as materialized (
       select * from unnest($2::bigint[], $3::text[], $4::boolean[], $5::timestamptz[], $6::text[])
         as t (profile_id, category, granted, stated_at, message_id)
     ), others as (
       delete from consents c where c.profile_id = any($7::bigint[]) and c.message_id = any($8::text[])
         and not exists (select from said s where s.profile_id = c.profile_id and s.category = c.category)
     )
     insert into consents (environment, profile_id, category, granted, stated_at, message_id)
     select $1, profile_id, category, granted, stated_at, message_id from said order by profile_id, category
     on conflict (profile_id, category) do update
       set granted = excluded.granted, stated_at = excluded.stated_at, message_id = excluded.message_id`,
    [
      environment,
      latest.map(({ profile_id }) => profile_id),
      latest.map(({ category }) => category),
      latest.map(({ granted }) => granted),
      latest.map(({ stated_at }) => stated_at),
      latest.map(({ message_id }) => message_id),
      profiles,
      [...new Set(said.map(({ message_id }) => message_id))],
    ],
  )
}

interface MembershipSeparation {
  readonly merge: MergeRow
  readonly sides: Sides
  readonly options: AudienceOptions
}

// The statements go back to whose they are, and the log of transitions with them; then both are settled by what is theirs.
// Who is left without any statement, and was inside, leaves.
async function handBackMemberships(
  client: PoolClient,
  occasion: Occasion,
  { merge, sides, options }: MembershipSeparation,
): Promise<void> {
  const { root_id } = merge
  const { root, leaving } = sides
  const { rows } = await client.query<{ audience_id: string }>(
    `with back as (
       update membership_statements set profile_id = $2::bigint, subject = 'p:' || $2::text
       where environment = $1 and profile_id = $3 and own_profile_id = any($4::bigint[])
       returning audience_id
     )
     select distinct audience_id::text from back`,
    [occasion.environment, root, root_id, leaving],
  )
  if (rows.length === 0) return
  const audienceIds = rows.map(({ audience_id }) => audience_id)
  await client.query(
    `update membership_transitions x set subject = 'p:' || $2::text, profile_id = $2::bigint
     from events e
     where x.environment = $1 and x.audience_id = any($3::bigint[]) and x.subject = 'p:' || $4::text
       and e.transition_id = x.id and e.profile_id = any($5::bigint[])`,
    [occasion.environment, root, audienceIds, root_id, leaving],
  )
  const remaining = await closeEmpty(client, occasion, merge, audienceIds)
  const memberOf = (audienceId: string, profile: string) => ({
    audienceId,
    subject: `p:${profile}`,
    profile,
    wasInside: false,
    cause: 'separated' as const,
  })
  const flips = await settleMembers(
    client,
    occasion,
    [
      ...audienceIds.map((id) => memberOf(id, root)),
      ...remaining.map((id) => memberOf(id, root_id)),
    ],
    options.table,
  )
  const told = flips.map((flip) => asOfNow(flip, occasion))
  await logTransitions(client, occasion, told, new Map(), options)
}

// Receivers drop what is older than what they know: what the separation changes, changes now.
function asOfNow(flip: Flip, { receivedAt }: Occasion): Flip {
  return flip.reason === 'separated' ? { ...flip, computedAt: receivedAt } : flip
}

/**
 * For whoever stays without a statement of an audience: a member leaves by a statement from before all time, so that it
 * weighs nothing against any that comes; for others what stood goes.
 * @returns audiences in which whoever stays is to be settled
 */
async function closeEmpty(
  client: PoolClient,
  { environment }: Occasion,
  { root_id, message_id }: MergeRow,
  audienceIds: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ audience_id: string }>(
    `with concerned as materialized (
       select t.audience_id, coalesce(m.is_member, false) as is_member, exists (
                select from membership_statements s
                where s.environment = $1 and s.audience_id = t.audience_id and s.subject = 'p:' || $2::text) as is_stated
       from unnest($4::bigint[]) as t (audience_id)
       left join memberships m
         on m.environment = $1 and m.audience_id = t.audience_id and m.subject = 'p:' || $2::text
     ), left_over as (
       insert into membership_statements
         (environment, audience_id, subject, computed_at, is_member, message_id, profile_id, reason)
       select $1, audience_id, 'p:' || $2::text, 'epoch', false, $3, $2::bigint, 'separated'
       from concerned where is_member and not is_stated
     ), gone as (
       delete from memberships m using concerned c
       where m.environment = $1 and m.audience_id = c.audience_id and m.subject = 'p:' || $2::text
         and not c.is_member and not c.is_stated
     )
     select audience_id::text from concerned where is_member or is_stated`,
    [environment, root_id, message_id, audienceIds],
  )
  return rows.map(({ audience_id }) => audience_id)
}

interface SideQuestion {
  readonly root: string
  readonly profiles: readonly string[]
  readonly table: AudienceTable
}

async function readSide(
  client: PoolClient,
  environment: string,
  { root, profiles, table }: SideQuestion,
): Promise<Side> {
  const { rows } = await client.query<SideRow>(
    `select (select user_id from profiles where id = $2) as user_id,
            (select coalesce(json_agg(json_build_object('type', type, 'value', value, 'rule', rule,
                      'message_id', message_id) order by type, value), '[]')
             from identifiers where profile_id = any($3::bigint[])) as identifiers,
            (select count(*)::integer from messages where profile_id = any($3::bigint[])) as messages,
            (select count(*)::integer from events where profile_id = any($3::bigint[]) and transition_id is null) as events,
            (select coalesce(json_agg(json_build_object('identity', a.identity, 'computation_id', a.computation_id,
                      'key', a.key, 'name', a.name) order by a.key, a.identity), '[]')
             from audiences a where a.id in (
               select audience_id from membership_statements
               where environment = $1 and profile_id = (select coalesce(merged_into, id) from profiles where id = $2)
                 and coalesce(own_profile_id, profile_id) = any($3::bigint[]))) as audiences`,
    [environment, root, profiles],
  )
  const row = rows[0] as SideRow
  const said = await readConsentStatements(client, environment, profiles, null)
  return {
    profile_id: root,
    canonical_user_id: redact(row.user_id) as string | null,
    identifiers: row.identifiers.map(shownIdentifier),
    consents: latestStatements(said).map(({ category, granted, stated_at, message_id }) => ({
      category,
      granted,
      stated_at,
      message_id,
    })),
    audiences: row.audiences.map((audience) => shownAudience(audience, table)),
    messages: row.messages,
    events: row.events,
  }
}

interface SideRow {
  readonly user_id: string | null
  readonly identifiers: readonly JsonObject[]
  readonly audiences: readonly JsonObject[]
  readonly messages: number
  readonly events: number
}

async function readSent(
  client: PoolClient,
  profiles: readonly string[],
  since: Date,
): Promise<SeparationPreview['sent']> {
  const { rows } = await client.query<SeparationPreview['sent'][number]>(
    `select d.destination, count(*)::integer as count
     from unnest($1::bigint[]) as person (id)
     cross join lateral (select id from events where profile_id = person.id offset 0) e
     cross join lateral (
       select destination from deliveries
       where event_id = e.id and state in ('delivered', 'unknown') and settled_at >= $2 offset 0) d
     group by d.destination order by d.destination`,
    [profiles, since],
  )
  return rows
}
