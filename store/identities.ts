// Applies core's identity decisions (design 3.6) inside the transaction of a batch.
import type { PoolClient } from 'pg'
import {
  decideIdentity,
  type IdentityClaim,
  type IdentityDecision,
  identifiersOf,
  type KnownProfile,
  keyOf,
  type Link,
} from '../core/identity.ts'
import { TransactionRaced } from './database.ts'
import type { PreparedMessage } from './entries.ts'
import { cleanJson, cleanText } from './text.ts'

export interface Occasion {
  readonly environment: string
  /** Instant of arrival. */
  readonly receivedAt: Date
}

/** The profile of each message, by position; null for a message without identifiers. New people are made on the way. */
export async function resolveProfiles(
  client: PoolClient,
  occasion: Occasion,
  messages: readonly PreparedMessage[],
): Promise<(string | null)[]> {
  const claims = messages.map(({ identity }) => identity)
  const decision = decideIdentity(claims, await ownersOf(client, occasion, claims))
  const ids = await createProfiles(client, occasion, decision)
  const idOf = (profile: string) => ids.get(profile) ?? profile
  await linkIdentifiers(client, occasion, decision.links, idOf)
  await identifyProfiles(client, decision)
  await mergeProfiles(client, occasion, decision, idOf)
  return decision.profiles.map((profile) => (profile === null ? null : idOf(profile)))
}

async function ownersOf(
  client: PoolClient,
  { environment }: Occasion,
  claims: readonly IdentityClaim[],
): Promise<Map<string, KnownProfile>> {
  const wanted = identifiersOf(claims)
  if (wanted.length === 0) return new Map()
  const { rows } = await client.query<{
    type: Link['type']
    value: string
    id: string
    user_id: string | null
  }>({
    name: 'identifier-owners',
    text: `select i.type, i.value, coalesce(root.id, p.id)::text as id,
                  case when root.id is null then p.user_id else root.user_id end as user_id
           from unnest($2::text[], $3::text[]) as wanted (type, value)
           join identifiers i on i.environment = $1 and i.type = wanted.type and i.value = wanted.value
             and i.type in ('user_id', 'anonymous_id')
           join profiles p on p.id = i.profile_id
           left join profiles root on root.id = p.merged_into`,
    values: [environment, wanted.map(({ type }) => type), wanted.map(({ value }) => value)],
  })
  return new Map(rows.map((row) => [keyOf(row), { id: row.id, userId: row.user_id }]))
}

// Profiles made without a user id are interchangeable until identifiers are linked, so any may take any placeholder.
async function createProfiles(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  { created }: IdentityDecision,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  if (created.length === 0) return ids
  const { rows } = await client.query<{ id: string; user_id: string | null }>({
    name: 'create-profiles',
    text: `insert into profiles (environment, user_id, created_at)
           select $1, user_id, $3 from unnest($2::text[]) as t (user_id) returning id::text, user_id`,
    values: [environment, created.map(({ userId }) => userId), receivedAt],
  })
  const byUser = new Map<string | null, string[]>()
  for (const { id, user_id } of rows) byUser.set(user_id, [...(byUser.get(user_id) ?? []), id])
  for (const { placeholder, userId } of created)
    ids.set(placeholder, byUser.get(userId)?.pop() as string)
  return ids
}

type IdOf = (profile: string) => string

async function linkIdentifiers(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  links: readonly Link[],
  idOf: IdOf,
): Promise<void> {
  if (links.length === 0) return
  const sorted = [...links].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const { rowCount } = await client.query({
    name: 'link-identifiers',
    text: `insert into identifiers (environment, type, value, profile_id, message_id, rule, linked_at)
           select $1, type, value, profile_id, message_id, rule, $2
           from unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
             as t (type, value, profile_id, message_id, rule)
           on conflict do nothing`,
    values: [
      environment,
      receivedAt,
      sorted.map(({ type }) => type),
      sorted.map(({ value }) => value),
      sorted.map(({ profile }) => idOf(profile)),
      sorted.map(({ messageId }) => messageId),
      sorted.map(({ rule }) => rule),
    ],
  })
  if (rowCount !== links.length) throw new TransactionRaced('an identifier was linked meanwhile')
}

async function identifyProfiles(
  client: PoolClient,
  { identified }: IdentityDecision,
): Promise<void> {
  for (const { profile, userId } of identified) {
    const { rowCount } = await client.query(
      'update profiles set user_id = $2 where id = $1 and user_id is null and merged_into is null',
      [profile, userId],
    )
    if (rowCount !== 1) throw new TransactionRaced('a profile was identified meanwhile')
  }
}

async function mergeProfiles(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  { merges }: IdentityDecision,
  idOf: IdOf,
): Promise<void> {
  for (const { from, into, messageId, rule } of merges) {
    const [fromId, intoId] = [idOf(from), idOf(into)]
    const { rowCount } = await client.query(
      'update profiles set merged_into = $2 where id = $1 and merged_into is null',
      [fromId, intoId],
    )
    if (rowCount !== 1) throw new TransactionRaced('a profile was merged meanwhile')
    // Followers move along, so that one step always leads to the root.
    await client.query('update profiles set merged_into = $2 where merged_into = $1', [
      fromId,
      intoId,
    ])
    await client.query(
      `insert into merges (environment, from_profile_id, into_profile_id, message_id, rule, merged_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [environment, fromId, intoId, messageId, rule, receivedAt],
    )
  }
}

/** Email addresses and phone numbers: kept with their evidence, for matching only. */
export async function linkContacts(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  messages: readonly PreparedMessage[],
  profiles: readonly (string | null)[],
): Promise<void> {
  const rows = new Map<string, [string, string, string, string]>()
  messages.forEach(({ contacts, messageId }, at) => {
    const profile = profiles[at]
    if (!profile) return
    for (const [type, value] of contacts)
      rows.set(`${type}\n${value}\n${profile}`, [type, value, profile, messageId])
  })
  if (rows.size === 0) return
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  await client.query({
    name: 'link-contacts',
    text: `insert into identifiers (environment, type, value, profile_id, message_id, rule, linked_at)
           select $1, type, value, profile_id, message_id, 'same_message', $2
           from unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) as t (type, value, profile_id, message_id)
           on conflict do nothing`,
    values: [
      environment,
      receivedAt,
      ...[0, 1, 2, 3].map((column) => sorted.map((row) => row[column])),
    ],
  })
}

/** Latest statement wins by the time it was made, whatever the order of arrival; the message id breaks ties. */
export async function recordTraits(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  messages: readonly PreparedMessage[],
  profiles: readonly (string | null)[],
): Promise<void> {
  const latest = new Map<
    string,
    { profile: string; name: string; json: string; at: string; messageId: string }
  >()
  messages.forEach(({ traits, messageId }, place) => {
    const profile = profiles[place]
    if (!traits || !profile) return
    const at = traits.statedAt ?? receivedAt.toISOString()
    for (const [name, value] of Object.entries(traits.values)) {
      if (value === undefined || name.length > 255) continue
      const key = `${profile}\n${cleanText(name)}`
      const known = latest.get(key)
      if (known && (known.at > at || (known.at === at && known.messageId > messageId))) continue
      latest.set(key, {
        profile,
        name: cleanText(name),
        json: JSON.stringify(cleanJson(value)),
        at,
        messageId,
      })
    }
  })
  if (latest.size === 0) return
  const rows = [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  await client.query({
    name: 'record-traits',
    text: `insert into profile_traits (environment, profile_id, name, value, stated_at, message_id)
           select $1, profile_id, name, value::jsonb, stated_at, message_id
           from unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
             as t (profile_id, name, value, stated_at, message_id)
           on conflict (profile_id, name) do update
             set value = excluded.value, stated_at = excluded.stated_at, message_id = excluded.message_id
             where (profile_traits.stated_at, profile_traits.message_id) < (excluded.stated_at, excluded.message_id)`,
    values: [
      environment,
      rows.map(({ profile }) => profile),
      rows.map(({ name }) => name),
      rows.map(({ json }) => json),
      rows.map(({ at }) => at),
      rows.map(({ messageId }) => messageId),
    ],
  })
}
