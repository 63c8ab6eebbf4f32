// Applies core's identity decisions (design 3.6) inside the transaction of a batch.
import type { PoolClient } from 'pg'
import {
  decideIdentity,
  type IdentityClaim,
  type IdentityDecision,
  identifiersOf,
  type KeptApart,
  type KnownProfile,
  keyOf,
  type Link,
} from '../core/identity.ts'
import { wakeDeliveries } from './consents.ts'
import { TransactionRaced } from './database.ts'
import type { PreparedMessage } from './entries.ts'
import type { Occasion } from './occasion.ts'

export interface ResolvedProfiles {
  /** By position of the messages, merges followed; null for a message without identifiers. */
  readonly profiles: readonly (string | null)[]
  /** The same before any merge: where what the message brings is kept. */
  readonly own: readonly (string | null)[]
  /** Merges that moved what was stated of somebody's memberships: to be settled anew. */
  readonly moved: readonly MovedMembership[]
  /** Whom others merged into, each once. */
  readonly merged: readonly string[]
  /** Who was made here: nothing of theirs is known to anybody else yet. */
  readonly created: ReadonlySet<string>
}

export interface MovedMembership {
  readonly from: string
  readonly into: string
}

function concernsMemberships({ audience, deletedAt }: PreparedMessage): boolean {
  return audience !== null || deletedAt !== null
}

/** The profile of each message. New people are made on the way. */
export async function resolveProfiles(
  client: PoolClient,
  occasion: Occasion,
  messages: readonly PreparedMessage[],
): Promise<ResolvedProfiles> {
  const claims = messages.map(({ identity }) => identity)
  const owners = await ownersOf(client, occasion, claims)
  const { decision, separated } = await decide(client, claims, owners)
  const held = messages.some(concernsMemberships)
    ? [...owners.values()].map(({ id }) => id)
    : messages.flatMap(({ consent }, at) => (consent && decision.profiles[at]) ?? [])
  const contacts = contactLinks(messages, decision.own)
  // One after the other, in one round trip.
  const [, ids] = await Promise.all([
    holdProfiles(client, decision, owners, held),
    makePeople(client, occasion, decision, contacts),
  ])
  const made = new Map(decision.created.map(({ placeholder }, place) => [placeholder, ids[place]]))
  const idOf = (profile: string) => made.get(profile) ?? profile
  await identifyProfiles(client, decision)
  const moved = await mergeProfiles(client, occasion, decision, idOf)
  await passSeparations(client, decision, separated, idOf)
  const idsOf = (profiles: readonly (string | null)[]) =>
    profiles.map((profile) => (profile === null ? null : idOf(profile)))
  return {
    profiles: idsOf(decision.profiles),
    own: idsOf(decision.own),
    moved,
    merged: rootsOf(decision).map(idOf),
    created: new Set(ids),
  }
}

// Whom a later merge of the batch took along is nobody's root.
function rootsOf({ merges }: IdentityDecision): string[] {
  const gone = new Set(merges.map(({ from }) => from))
  return [...new Set(merges.map(({ into }) => into))].filter((profile) => !gone.has(profile))
}

interface Owner extends KnownProfile {
  /** How often somebody was separated from the root: above 0 for people who are kept apart from others. */
  readonly separations: number
}
type Owners = ReadonlyMap<string, Owner>

async function ownersOf(
  client: PoolClient,
  { environment }: Occasion,
  claims: readonly IdentityClaim[],
): Promise<Map<string, Owner>> {
  const wanted = identifiersOf(claims)
  if (wanted.length === 0) return new Map()
  const { rows } = await client.query<{
    type: Link['type']
    value: string
    id: string
    own_id: string
    user_id: string | null
    separations: number
  }>({
    name: 'identifier-owners',
    // One index probe for each identifier, whatever the planner believes: a plan kept from a young, small database
    // reads the whole index once it has grown (92 ms a batch, 0.6 ms so).
    text: `select wanted.type, wanted.value, coalesce(root.id, p.id)::text as id,
                  p.id::text as own_id, coalesce(root.separations, p.separations) as separations,
                  case when root.id is null then p.user_id else root.user_id end as user_id
           from unnest($2::text[], $3::text[]) as wanted (type, value)
           cross join lateral (
             select profile_id from identifiers
             where environment = $1 and type = wanted.type and value = wanted.value
               and type in ('user_id', 'anonymous_id')
             limit 1
           ) i
           cross join lateral (select * from profiles where id = i.profile_id limit 1) p
           left join lateral (select * from profiles where id = p.merged_into limit 1) root on true`,
    values: [environment, wanted.map(({ type }) => type), wanted.map(({ value }) => value)],
  })
  return new Map(
    rows.map(({ id, own_id, user_id, separations, ...key }) => [
      keyOf(key),
      { id, ownId: own_id, userId: user_id, separations },
    ]),
  )
}

// Who is kept apart stands on the profiles that are held afterwards: only a batch that would merge somebody marked so asks
// further, and decides once more.
async function decide(
  client: PoolClient,
  claims: readonly IdentityClaim[],
  owners: Owners,
): Promise<{ readonly decision: IdentityDecision; readonly separated: ReadonlySet<string> }> {
  const separated = new Set(
    [...owners.values()].flatMap(({ id, separations }) => (separations > 0 ? [id] : [])),
  )
  let decision = decideIdentity(claims, owners)
  const isMarked = decision.merges.some(({ from, into }) =>
    [from, into].some((id) => separated.has(id)),
  )
  if (isMarked)
    decision = decideIdentity(claims, owners, await readKeptApart(client, [...separated]))
  return { decision, separated }
}

async function readKeptApart(
  client: PoolClient,
  profiles: readonly string[],
): Promise<KeptApart[]> {
  const { rows } = await client.query<{ one: string; other: string; rule: Link['rule'] }>({
    name: 'kept-apart',
    text: `select coalesce(one.merged_into, one.id)::text as one, coalesce(other.merged_into, other.id)::text as other,
                  k.rule
           from profiles p
           join kept_apart k on k.profile_id = p.id or k.other_profile_id = p.id
           join profiles one on one.id = k.profile_id
           join profiles other on other.id = k.other_profile_id
           where p.id = any($1::bigint[]) or p.merged_into = any($1::bigint[])`,
    values: [profiles],
  })
  return rows.map(({ one, other, rule }) => ({ profiles: [one, other], rule }))
}

// Whoever somebody kept apart merges into is kept apart from the same people.
async function passSeparations(
  client: PoolClient,
  { merges }: IdentityDecision,
  separated: ReadonlySet<string>,
  idOf: IdOf,
): Promise<void> {
  const marked = new Set(separated)
  const into = merges.flatMap((merge) => {
    if (!marked.has(merge.from)) return []
    marked.add(merge.into)
    return [idOf(merge.into)]
  })
  if (into.length === 0) return
  await client.query('update profiles set separations = separations + 1 where id = any($1)', [into])
}

// What is merged or identified must still be as the decision saw it: locked, each a root, each with the same user id, and
// nobody separated from it. Otherwise a visitor who became a user meanwhile would merge into another one, and merges could
// chain or cross.
// A batch about memberships holds everybody it names here, at once and in order: memberships are settled under that hold,
// and two batches that took it in two steps would wait for each other. Whoever states consent is held so that no delivery of
// theirs is put aside unseen meanwhile (deliveries.ts).
async function holdProfiles(
  client: PoolClient,
  { merges, identified }: IdentityDecision,
  owners: Owners,
  held: readonly string[],
): Promise<void> {
  const touched = new Set([
    ...held,
    ...merges.flatMap(({ from, into }) => [from, into]),
    ...identified.map(({ profile }) => profile),
  ])
  const expected = new Map(
    [...owners.values()].filter(({ id }) => touched.has(id)).map((owner) => [owner.id, owner]),
  )
  if (expected.size === 0) return
  const { rows } = await client.query<{ id: string; user_id: string | null; separations: number }>({
    name: 'hold-profiles',
    text: `select id::text, user_id, separations from profiles where id = any($1::bigint[]) and merged_into is null
           order by profiles.id for no key update`,
    values: [[...expected.keys()]],
  })
  const isAsSeen = rows.every(({ id, user_id, separations }) => {
    const seen = expected.get(id)
    return seen?.userId === user_id && seen.separations === separations
  })
  if (rows.length !== expected.size || !isAsSeen)
    throw new TransactionRaced('a profile was identified or merged meanwhile')
}

// Profiles, identifiers and contacts in one statement. A link to a profile that is made here names its place in
// `created`; identifiers of one owner must all be new, contacts may be known already.
async function makePeople(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  { created, links }: IdentityDecision,
  contacts: readonly ContactLink[],
): Promise<string[]> {
  if (created.length + links.length + contacts.length === 0) return []
  const placeOf = new Map(created.map(({ placeholder }, place) => [placeholder, place]))
  const rows = [...links, ...contacts].sort((a, b) => (linkOrder(a) < linkOrder(b) ? -1 : 1))
  const { rows: answer } = await client.query<{ ids: string[] | null; linked: number }>({
    name: 'make-people',
    text: `with fresh as materialized (
             select place, user_id, nextval('profiles_id_seq') as id
             from unnest($3::text[]) with ordinality as t (user_id, place)
           ), made as (
             insert into profiles (id, environment, user_id, created_at)
             select id, $1, user_id, $2 from fresh
           ), linked as (
             insert into identifiers (environment, type, value, profile_id, message_id, rule, linked_at)
             select $1, t.type, t.value, coalesce(t.profile_id, fresh.id), t.message_id, t.rule, $2
             from unnest($4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[])
               with ordinality as t (type, value, profile_id, place, message_id, rule, sequence)
             left join fresh on fresh.place = t.place + 1
             order by t.sequence
             on conflict do nothing
             returning type
           )
           select (select array_agg(id::text order by place) from fresh) as ids,
                  (select count(*)::integer from linked where type in ('user_id', 'anonymous_id')) as linked`,
    values: [
      environment,
      receivedAt,
      created.map(({ userId }) => userId),
      rows.map(({ type }) => type),
      rows.map(({ value }) => value),
      rows.map(({ profile }) => (placeOf.has(profile) ? null : profile)),
      rows.map(({ profile }) => placeOf.get(profile) ?? null),
      rows.map(({ messageId }) => messageId),
      rows.map(({ rule }) => rule),
    ],
  })
  if (answer[0]?.linked !== links.length)
    throw new TransactionRaced('an identifier was linked meanwhile')
  return answer[0].ids ?? []
}

function linkOrder({ type, value, profile }: ContactLink): string {
  return `${type}\n${value}\n${profile}`
}

/** Email addresses and phone numbers: kept with their evidence, for matching only. */
type ContactLink = Omit<Link, 'type'> & { readonly type: string }

function contactLinks(
  messages: readonly PreparedMessage[],
  profiles: IdentityDecision['own'],
): ContactLink[] {
  const links = new Map<string, ContactLink>()
  messages.forEach(({ contacts, messageId }, at) => {
    const profile = profiles[at]
    if (!profile) return
    for (const [type, value] of contacts) {
      const link = { type, value, profile, messageId, rule: 'same_message' } as const
      links.set(linkOrder(link), link)
    }
  })
  return [...links.values()]
}

async function identifyProfiles(
  client: PoolClient,
  { identified }: IdentityDecision,
): Promise<void> {
  if (identified.length === 0) return
  await client.query({
    name: 'identify-profiles',
    text: `update profiles p set user_id = t.user_id
           from unnest($1::bigint[], $2::text[]) as t (id, user_id) where p.id = t.id`,
    values: [identified.map(({ profile }) => profile), identified.map(({ userId }) => userId)],
  })
}

type IdOf = (profile: string) => string

async function mergeProfiles(
  client: PoolClient,
  occasion: Occasion,
  { merges }: IdentityDecision,
  idOf: IdOf,
): Promise<MovedMembership[]> {
  const { environment, receivedAt } = occasion
  const moved: MovedMembership[] = []
  for (const { from, into, own, messageId, rule } of merges) {
    const [fromId, intoId] = [idOf(from), idOf(into)]
    // Followers move along, so that one step always leads to the root.
    await client.query('update profiles set merged_into = $2 where id = $1 or merged_into = $1', [
      fromId,
      intoId,
    ])
    // What was stated of memberships moves along in the same round trip: mostly there is nothing.
    const { rows } = await client.query<{ statements: string }>(
      `with moved as (
         update membership_statements set profile_id = $3::bigint, subject = 'p:' || $3::text,
                own_profile_id = coalesce(own_profile_id, profile_id)
         where profile_id = $2::bigint
         returning audience_id
       )
       insert into merges (environment, from_profile_id, into_profile_id, message_id, rule, merged_at, is_separable,
                           own_from_profile_id, own_into_profile_id)
       values ($1, $2::bigint, $3::bigint, $4, $5, $6, true, $7, $8)
       returning (select count(*) from moved) as statements`,
      [environment, fromId, intoId, messageId, rule, receivedAt, idOf(own.from), idOf(own.into)],
    )
    if (rows[0]?.statements !== '0') moved.push({ from: fromId, into: intoId })
  }
  // What the known person said about consent now answers for the visitor's events, too.
  await wakeDeliveries(
    client,
    occasion,
    merges.map(({ into }) => idOf(into)),
  )
  return moved
}
