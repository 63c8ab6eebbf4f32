// The mapping tables this store has had in force, and the versions that messages came under: a function is deployed by
// itself, so what arrives may be of another table than the store's.
import type { Pool } from 'pg'
import type { MappingDescription } from '../core/mapping-description.ts'
import type { Database } from './database.ts'

export interface MappingVersion {
  readonly version: string
  /** The one this store has now. */
  readonly is_in_force: boolean
  /** When a store started with it; null where none ever had the table, so that it cannot be shown or compared. */
  readonly started: { readonly first_at: string; readonly last_at: string } | null
  /** What came under it; null when nothing did. */
  readonly seen: {
    readonly messages: number
    readonly first_at: string
    readonly last_at: string
    /** Id of the latest message. */
    readonly example: string
  } | null
}

/** Notes that the table is in force in these environments now; called by each store that starts. */
export async function recordMappingTable(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  environments: readonly string[],
  description: MappingDescription,
): Promise<void> {
  await pool.query(
    `insert into mapping_tables as t (environment, version, description, first_started_at, last_started_at)
     select environment, $2, $3, $4, $4 from unnest($1::text[]) as e (environment) order by environment
     on conflict (environment, version) do update
       set description = excluded.description, last_started_at = excluded.last_started_at`,
    [environments, description.version, JSON.stringify(description), new Date(clock.now())],
  )
}

/** The table of a version, or null when this store has never had it. */
export async function findMappingTable(
  pool: Pool,
  environment: string,
  version: string,
): Promise<MappingDescription | null> {
  const { rows } = await pool.query<{ description: MappingDescription }>(
    'select description from mapping_tables where environment = $1 and version = $2',
    [environment, version],
  )
  return rows[0]?.description ?? null
}

/** Those that came or were in force last are first. @param inForce the version of the store that asks */
export async function listMappingVersions(
  pool: Pool,
  environment: string,
  inForce: string,
): Promise<MappingVersion[]> {
  const { rows } = await pool.query<VersionRow>(
    `with seen as (
       select name as version, sum(count)::text as messages, min(first_seen_at) as first_seen_at,
              max(last_seen_at) as last_seen_at, (array_agg(example order by last_seen_at desc))[1] as example
       from mapping_tallies where environment = $1 and kind = 'version' group by name
     ), started as (
       select version, first_started_at, last_started_at from mapping_tables where environment = $1
     )
     select * from seen full join started using (version)
     order by version = $2 desc, greatest(last_seen_at, last_started_at) desc, version`,
    [environment, inForce],
  )
  return rows.map((row) => ({
    version: row.version,
    is_in_force: row.version === inForce,
    started: startedOf(row),
    seen: seenOf(row),
  }))
}

// Of a side that the join did not find every column is null.
interface VersionRow {
  version: string
  messages: string | null
  first_seen_at: Date | null
  last_seen_at: Date | null
  example: string | null
  first_started_at: Date | null
  last_started_at: Date | null
}

function startedOf({ first_started_at: first, last_started_at: last }: VersionRow) {
  return first && last && { first_at: first.toISOString(), last_at: last.toISOString() }
}

function seenOf({ messages, first_seen_at: first, last_seen_at: last, example }: VersionRow) {
  if (!first || !last || example === null) return null
  const instants = { first_at: first.toISOString(), last_at: last.toISOString() }
  return { messages: Number(messages), ...instants, example }
}
