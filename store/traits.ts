// What people are said to be like: one value a trait, the latest that was stated.
import type { PoolClient } from 'pg'
import type { PreparedMessage } from './entries.ts'
import type { Occasion } from './occasion.ts'
import { cleanJson, cleanText } from './text.ts'

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
