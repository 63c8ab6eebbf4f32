// Under which mapping version messages came, and under which names that had no row: counted in the transaction that stores
// them, so that the answer is there however many there are.
import type { Pool, PoolClient } from 'pg'
import type { PreparedMessage } from './entries.ts'
import type { Occasion } from './occasion.ts'

export interface UnmappedName {
  /** Segment event name. */
  readonly event: string
  readonly count: number
  readonly first_seen_at: string
  readonly last_seen_at: string
  /** Id of the latest message. */
  readonly example: string
}

const SLOTS = 16

/** @param messages those that are stored for the first time: a repeat says nothing anew */
export async function recordTallies(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  messages: readonly PreparedMessage[],
): Promise<void> {
  const tallies = talliesOf(messages)
  if (tallies.length === 0) return
  await client.query({
    name: 'record-mapping-tallies',
    text: `insert into mapping_tallies as t
             (environment, kind, name, slot, count, first_seen_at, last_seen_at, example)
           select $1, kind, name, pg_backend_pid() % ${SLOTS}, count, $2, $2, example
           from unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) as u (kind, name, count, example)
           order by kind, name
           on conflict (environment, kind, name, slot) do update
             set count = t.count + excluded.count, example = excluded.example,
                 last_seen_at = greatest(t.last_seen_at, excluded.last_seen_at)`,
    values: [
      environment,
      receivedAt,
      tallies.map(({ kind }) => kind),
      tallies.map(({ name }) => name),
      tallies.map(({ count }) => count),
      tallies.map(({ example }) => example),
    ],
  })
}

interface Tally {
  readonly kind: 'version' | 'unmapped'
  readonly name: string
  readonly count: number
  readonly example: string
}

// A batch has one version and few names: summed here, so that the statement is small.
function talliesOf(messages: readonly PreparedMessage[]): readonly Tally[] {
  const tallies = new Map<string, Tally>()
  const note = (kind: Tally['kind'], name: string, example: string) => {
    const key = `${kind}\n${name}`
    const count = (tallies.get(key)?.count ?? 0) + 1
    tallies.set(key, { kind, name, count, example })
  }
  for (const { messageId, event, unmappedName } of messages) {
    if (event?.mappingVersion) note('version', event.mappingVersion, messageId)
    if (unmappedName) note('unmapped', unmappedName, messageId)
  }
  return [...tallies.values()]
}

/** The most frequent first. @param since only names that came at this instant or later; all without it */
export async function listUnmapped(
  pool: Pool,
  environment: string,
  { since, limit }: { readonly since?: string | undefined; readonly limit: number },
): Promise<UnmappedName[]> {
  const { rows } = await pool.query<UnmappedRow>(
    `with most as (
       select name, sum(count) as count, min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at
       from mapping_tallies where environment = $1 and kind = 'unmapped'
       group by name having $2::timestamptz is null or max(last_seen_at) >= $2
       order by sum(count) desc, name limit $3
     )
     select name as event, count::text, first_seen_at, last_seen_at,
            (select example from mapping_tallies t
             where t.environment = $1 and t.kind = 'unmapped' and t.name = most.name
             order by t.last_seen_at desc limit 1) as example
     from most order by most.count desc, name`,
    [environment, since ?? null, limit],
  )
  return rows.map((row) => ({
    ...row,
    count: Number(row.count),
    first_seen_at: row.first_seen_at.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
  }))
}

interface UnmappedRow {
  event: string
  count: string
  first_seen_at: Date
  last_seen_at: Date
  example: string
}
