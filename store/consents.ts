// What people say about consent (design 3.7): the latest statement of each category, and what it sets in motion for
// deliveries that wait.
import type { PoolClient } from 'pg'
import type { ConsentStatement } from '../core/consent.ts'
import type { PreparedMessage } from './entries.ts'
import type { Occasion } from './occasion.ts'

interface Statement {
  readonly profile: string
  readonly category: string
  readonly granted: boolean
  readonly statedAt: string
  readonly messageId: string
}

/**
 * Records what the messages state and wakes the deliveries of whoever said something new: held ones are decided again,
 * and so are those waiting for a retry, which a refusal withdraws. A no after a yes, of the person or of somebody merged
 * into them, is kept as a revocation.
 * @param created profiles that this transaction made: nothing of theirs waits yet
 * @returns the profiles of whoever said something new
 */
export async function recordConsents(
  client: PoolClient,
  occasion: Occasion,
  messages: readonly PreparedMessage[],
  profiles: readonly (string | null)[],
  created: ReadonlySet<string>,
): Promise<readonly string[]> {
  const statements = latestStatements(messages, profiles, occasion.receivedAt.toISOString())
  if (statements.length === 0) return []
  const { rows } = await client.query<{ profile_id: string }>({
    name: 'record-consents',
    text: `with stated as materialized (
             select t.*, c.granted as before
             from unnest($2::bigint[], $3::text[], $4::boolean[], $5::timestamptz[], $6::text[])
               as t (profile_id, category, granted, stated_at, message_id)
             left join lateral (
               select granted from consents where profile_id = t.profile_id and category = t.category limit 1
             ) c on true
           ), written as (
             insert into consents as c (environment, profile_id, category, granted, stated_at, message_id)
             select $1, profile_id, category, granted, stated_at, message_id from stated
             order by profile_id, category
             on conflict (profile_id, category) do update
               set granted = excluded.granted, stated_at = excluded.stated_at, message_id = excluded.message_id
               where (c.stated_at, c.message_id) < (excluded.stated_at, excluded.message_id)
             returning profile_id, category
           ), revoked as (
             insert into revocations (environment, profile_id, categories, stated_at, received_at, message_id)
             select $1, profile_id, array_agg(category order by category), t.stated_at, $7, t.message_id
             from written join stated t using (profile_id, category)
             where not t.granted and (t.before or t.before is null and exists (
               select from (select id from profiles where merged_into = profile_id offset 0) p
               cross join lateral (
                 select from consents c where c.profile_id = p.id and c.category = t.category and c.granted limit 1) c))
             group by profile_id, t.stated_at, t.message_id order by profile_id, t.message_id
           )
           select distinct profile_id::text from written join stated using (profile_id, category)
           where stated.before is distinct from stated.granted`,
    values: [
      occasion.environment,
      statements.map(({ profile }) => profile),
      statements.map(({ category }) => category),
      statements.map(({ granted }) => granted),
      statements.map(({ statedAt }) => statedAt),
      statements.map(({ messageId }) => messageId),
      occasion.receivedAt,
    ],
  })
  const changed = rows.map(({ profile_id }) => profile_id)
  await wakeDeliveries(
    client,
    occasion,
    changed.filter((profile) => !created.has(profile)),
  )
  return changed
}

/**
 * Has the waiting deliveries of these people decided again now: after a statement, and after a merge. What a worker has
 * in hand becomes due, too, and is claimed again once it is recorded: its decision may rest on what was known before.
 */
export async function wakeDeliveries(
  client: PoolClient,
  { receivedAt }: Occasion,
  profiles: readonly string[],
): Promise<void> {
  if (profiles.length === 0) return
  await client.query({
    name: 'wake-deliveries',
    // What is due already is locked, too: a claim or a record under way beside this transaction is waited for, and the row
    // taken as it then stands; a claim that comes later waits for this transaction. From index to index, whatever the
    // planner believes of tables that have just grown: the states are written so that the index of due deliveries, which
    // would be read whole, does not seem to serve.
    text: `with waiting as materialized (
             select id, state, claimed_until from deliveries
             where id = any (array(
               select d.id
               from unnest($1::bigint[]) as person (id)
               cross join lateral (
                 select id from profiles where id = person.id
                 union select id from profiles where merged_into = person.id
               ) p
               cross join lateral (select id from events where profile_id = p.id offset 0) e
               cross join lateral (
                 select id from deliveries
                 where event_id = e.id and (state || '') in ('pending', 'held', 'retrying')
                 offset 0
               ) d
             ))
             order by id for no key update
           )
           update deliveries d
           set due_at = least(d.due_at, $2), state = case d.state when 'held' then 'pending' else d.state end
           from waiting
           where d.id = waiting.id and (waiting.state in ('held', 'retrying') or
                                        waiting.state = 'pending' and waiting.claimed_until is not null)`,
    values: [profiles, receivedAt],
  })
}

/** SQL: the latest statements of a person, `p` or what it was merged into (`root`), as JSON; null for none. */
export const CONSENTS_OF_PERSON = `(
               select json_agg(json_build_object('category', c.category, 'granted', c.granted,
                        'statedAt', to_char(c.stated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                        'messageId', c.message_id) order by c.stated_at desc, c.message_id, c.category)
               from consents c
               where c.profile_id = any (array(
                 select coalesce(root.id, p.id)
                 union all select id from profiles where merged_into = coalesce(root.id, p.id))))`

/**
 * The statements of these people, each under the id it was asked for. To the commit nobody states anything new about them.
 */
export async function holdConsents(
  client: PoolClient,
  profiles: readonly string[],
): Promise<ReadonlyMap<string, readonly ConsentStatement[]>> {
  // One after the other, in one round trip: what is read is what stands once they are held.
  const [, { rows }] = await Promise.all([
    client.query({
      name: 'hold-people',
      text: 'select from profiles where id = any($1::bigint[]) order by profiles.id for share',
      values: [profiles],
    }),
    client.query<{ id: string; consents: ConsentStatement[] | null }>({
      name: 'consents-of-people',
      text: `select p.id::text, ${CONSENTS_OF_PERSON} as consents
             from profiles p left join profiles root on root.id = p.merged_into
             where p.id = any($1::bigint[])`,
      values: [profiles],
    }),
  ])
  return new Map(rows.map(({ id, consents }) => [id, consents ?? []]))
}

// The root of a merged person is not looked up here: statements stay with the profile they came for and are read
// through `merged_into`, as events are.
function latestStatements(
  messages: readonly PreparedMessage[],
  profiles: readonly (string | null)[],
  receivedAt: string,
): Statement[] {
  const latest = new Map<string, Statement>()
  messages.forEach(({ consent, messageId }, at) => {
    const profile = profiles[at]
    if (!consent || !profile) return
    const statedAt = consent.statedAt ?? receivedAt
    for (const [category, granted] of Object.entries(consent.categories)) {
      const key = `${profile}\n${category}`
      const known = latest.get(key)
      if (
        known &&
        (known.statedAt > statedAt || (known.statedAt === statedAt && known.messageId > messageId))
      )
        continue
      latest.set(key, { profile, category, granted, statedAt, messageId })
    }
  })
  return [...latest.values()]
}
