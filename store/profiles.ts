// A person as people look at them: who they are known to be and why, what they said, where they belong, what they did.
import type { Pool, PoolClient } from 'pg'
import { type AudienceTable, audienceName } from '../core/audience-table.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { type ConsentStep, consentSteps, readConsentStatements } from './consent-history.ts'
import { inSnapshot } from './database.ts'
import { ruleOfRow } from './membership-settling.ts'
import { cleanText } from './text.ts'

export interface ProfileStory {
  readonly id: string
  readonly environment: string
  readonly canonical_user_id: string | null
  readonly created_at: string
  readonly identifiers: readonly JsonObject[]
  readonly traits: JsonObject
  /** The latest answer of each category. */
  readonly consents: readonly JsonObject[]
  /** Every statement with what it changed, newest first, of each profile's latest 5000 messages. */
  readonly consent_history: readonly ConsentStep[]
  readonly audiences: readonly JsonObject[]
  /** Of profiles into this one, undone ones included; of those nobody is part of it any more. */
  readonly merges: readonly JsonObject[]
  /** The latest twenty. */
  readonly events: readonly JsonObject[]
}

/**
 * By a profile's id or a user id; a profile that was merged leads to the one it is part of. Null when the environment has
 * no such profile.
 * @throws TrackLayerError UNAVAILABLE
 */
export async function findProfile(
  pool: Pool,
  environment: string,
  id: string,
  table: AudienceTable,
): Promise<ProfileStory | null> {
  return inSnapshot(pool, async (client) => {
    const row = await readProfile(client, environment, id)
    return row ? storyOf(client, environment, row, table) : null
  })
}

/** The profile that `findProfile` finds, and all that were merged into it. @throws TrackLayerError UNAVAILABLE */
export async function familyOf(
  pool: Pool,
  environment: string,
  id: string,
): Promise<readonly string[] | null> {
  const row = await inSnapshot(pool, (client) => readProfile(client, environment, id))
  return row?.family ?? null
}

async function readProfile(
  client: PoolClient,
  environment: string,
  id: string,
): Promise<ProfileRow | null> {
  const { rows } = await client.query<ProfileRow>(PROFILE, [
    environment,
    /^\d{1,18}$/.test(id) ? id : null,
    cleanText(id),
  ])
  return rows[0] ?? null
}

interface ProfileRow {
  id: string
  user_id: string | null
  created_at: Date
  family: string[]
}

// A user id may look like the id of a profile, which comes first.
const PROFILE = `
  select root.id::text, root.user_id, root.created_at,
         array(select id::text from profiles where id = root.id or merged_into = root.id) as family
  from (
    select id, 0 as rank from profiles where environment = $1 and id = $2::bigint
    union all
    select profile_id, 1 from identifiers where environment = $1 and type = 'user_id' and value = $3
  ) found
  join profiles p on p.id = found.id
  join profiles root on root.id = coalesce(p.merged_into, p.id)
  order by rank limit 1`

async function storyOf(
  client: PoolClient,
  environment: string,
  { id, user_id, created_at, family }: ProfileRow,
  table: AudienceTable,
): Promise<ProfileStory> {
  const read = async (text: string) =>
    (await client.query<{ row: JsonObject }>(text, [environment, family])).rows.map(
      ({ row }) => row,
    )
  const traits = await read(TRAITS)
  const audiences = await read(AUDIENCES)
  return {
    id,
    environment,
    canonical_user_id: redact(user_id) as string | null,
    created_at: created_at.toISOString(),
    identifiers: (await read(IDENTIFIERS)).map(shownIdentifier),
    traits: redact(
      Object.fromEntries(traits.map(({ name, value }) => [String(name), value])),
    ) as JsonObject,
    consents: await read(CONSENTS),
    consent_history: consentSteps(
      await readConsentStatements(client, environment, family, MOST_MESSAGES),
    ),
    audiences: audiences.map((row) => shownAudience(row, table)),
    merges: await read(MERGES),
    // An event's name is nobody's.
    events: (await read(EVENTS)).map(
      ({ name, ...row }) => ({ name, ...(redact(row) as JsonObject) }) as JsonObject,
    ),
  }
}

export function shownIdentifier({ type, value, ...evidence }: JsonObject): JsonObject {
  const [shown] = Object.values(redact({ [String(type)]: value as Json }) as JsonObject)
  return { type, value: shown, ...evidence } as JsonObject
}

export function shownAudience({ identity, ...row }: JsonObject, table: AudienceTable): JsonObject {
  const names = row as unknown as { computation_id: string; key: string; name: string }
  const rule = ruleOfRow(table, names)
  return { id: audienceName(rule, names.key, String(identity)), ...row }
}

const MOST_MESSAGES = 5000

const UTC = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const IDENTIFIERS = `
  select json_build_object('type', type, 'value', value, 'rule', rule, 'message_id', message_id,
           'linked_at', ${UTC('linked_at')}) as row
  from identifiers where environment = $1 and profile_id = any($2::bigint[])
  order by array_position(array['user_id', 'anonymous_id', 'email', 'phone'], type), linked_at, value`

const TRAITS = `
  select json_build_object('name', name, 'value', value) as row
  from (select distinct on (name) name, value from profile_traits
        where environment = $1 and profile_id = any($2::bigint[])
        order by name, stated_at desc, message_id desc) latest`

const CONSENTS = `
  select json_build_object('category', category, 'granted', granted, 'stated_at', ${UTC('stated_at')},
           'message_id', message_id) as row
  from (select distinct on (category) * from consents
        where environment = $1 and profile_id = any($2::bigint[])
        order by category, stated_at desc, message_id desc) latest`

const AUDIENCES = `
  select json_build_object('identity', a.identity, 'computation_id', a.computation_id, 'key', a.key, 'name', a.name,
           'is_member', m.is_member, 'since', ${UTC('m.since')}, 'computed_at', ${UTC('m.computed_at')},
           'reason', m.reason, 'message_id', m.message_id) as row
  from memberships m join audiences a on a.id = m.audience_id
  where m.environment = $1 and m.profile_id = any($2::bigint[])
  order by m.is_member desc, a.key, a.identity`

const MERGES = `
  select json_build_object('id', id::text, 'from_profile_id', from_profile_id::text,
           'into_profile_id', into_profile_id::text, 'rule', rule, 'message_id', message_id,
           'merged_at', ${UTC('merged_at')}, 'is_separable', is_separable,
           'undone_at', ${UTC('undone_at')}, 'undone_by', undone_by) as row
  from (
    select * from merges where into_profile_id = any($2::bigint[])
    union
    select m.* from kept_apart k join merges m on m.id = k.merge_id where k.profile_id = any($2::bigint[])
  ) m
  where environment = $1 order by id`

const EVENTS = `
  select json_build_object('name', name, 'event_id', event_id, 'message_id', message_id,
           'occurred_at', ${UTC('occurred_at')}) as row
  from (select * from events where environment = $1 and profile_id = any($2::bigint[])
        order by id desc limit 20) latest`
