// What people say about consent (design 3.7): the latest statement of each category, and what it sets in motion for
// deliveries that wait.
import type { PoolClient } from 'pg'
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
 * and so are those waiting for a retry, which a refusal withdraws.
 */
export async function recordConsents(
  client: PoolClient,
  occasion: Occasion,
  messages: readonly PreparedMessage[],
  profiles: readonly (string | null)[],
): Promise<void> {
  const statements = latestStatements(messages, profiles, occasion.receivedAt.toISOString())
  if (statements.length === 0) return
  const { rows } = await client.query<{ profile_id: string }>({
    name: 'record-consents',
    // A repeated grant within the hour is not written again: it would cost every event a row. A repeated refusal always
    // is, so that what this leaves open can only err on the side of refusing.
    text: `with stated as (
             select * from unnest($2::bigint[], $3::text[], $4::boolean[], $5::timestamptz[], $6::text[])
               as t (profile_id, category, granted, stated_at, message_id)
           ), written as (
             insert into consents as c (environment, profile_id, category, granted, stated_at, message_id)
             select $1, profile_id, category, granted, stated_at, message_id from stated
             order by profile_id, category
             on conflict (profile_id, category) do update
               set granted = excluded.granted, stated_at = excluded.stated_at, message_id = excluded.message_id
               where (c.stated_at, c.message_id) < (excluded.stated_at, excluded.message_id)
                 and not (c.granted and excluded.granted and excluded.stated_at < c.stated_at + interval '1 hour')
             returning profile_id
           )
           select distinct profile_id::text from written`,
    values: [
      occasion.environment,
      statements.map(({ profile }) => profile),
      statements.map(({ category }) => category),
      statements.map(({ granted }) => granted),
      statements.map(({ statedAt }) => statedAt),
      statements.map(({ messageId }) => messageId),
    ],
  })
  await wakeDeliveries(
    client,
    occasion,
    rows.map(({ profile_id }) => profile_id),
  )
}

/** Has the waiting deliveries of these people decided again now: after a statement, and after a merge. */
export async function wakeDeliveries(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  profiles: readonly string[],
): Promise<void> {
  if (profiles.length === 0) return
  await client.query({
    name: 'wake-deliveries',
    text: `update deliveries d
           set due_at = $3, state = case d.state when 'held' then 'pending' else d.state end
           from events e
           where e.profile_id in (select id from profiles where id = any($2::bigint[]) or merged_into = any($2::bigint[]))
             and d.event_id = e.id and d.environment = $1
             and (d.state = 'held' or (d.state = 'retrying' and d.due_at > $3))`,
    values: [environment, profiles, receivedAt],
  })
}

// The root of a merged person is not looked up here: statements stay with the profile they came for and are read
// through `merged_into`, as events are.
function latestStatements(
  messages: readonly PreparedMessage[],
  profiles: readonly (string | null)[],
  receivedAt: string,
): Statement[] {
  const latest = new Map<string, Statement>()
  messages.forEach(({ consent, kind, messageId }, at) => {
    const profile = profiles[at]
    if (!consent || !profile) return
    const statedAt = consent.statedAt ?? receivedAt
    for (const [category, granted] of Object.entries(consent.categories)) {
      // An event answers for itself; of what it says about the person only a refusal must reach other events.
      if (kind === 'event' && granted) continue
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
