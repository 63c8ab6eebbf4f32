// Violations of the tracking plan: they come inside the messages, on `context.protocols` (segment.md 7), from our insert
// function and from Segment's own Protocols alike, and are counted in the transaction that stores the message.
import type { Pool, PoolClient } from 'pg'
import type { PreparedMessage } from './entries.ts'
import type { Occasion } from './occasion.ts'

export interface ViolationCount {
  /** Segment event name, or the call for what is no track message. */
  readonly event: string
  readonly type: string
  /** Positions in lists are written `[]`: `properties.products.[].price`. */
  readonly field: string
  readonly description: string
  readonly count: number
  readonly first_seen_at: string
  readonly last_seen_at: string
  /** Ids of the latest messages that broke it. */
  readonly examples: readonly string[]
}

const MAX_EXAMPLES = 5
const SLOTS = 16

/** @param messages those that are stored for the first time: a repeat breaks nothing anew */
export async function recordViolations(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  messages: readonly PreparedMessage[],
): Promise<void> {
  const found = messages.flatMap(({ messageId, violations }) =>
    violations.map((violation) => ({ messageId, ...violation })),
  )
  if (found.length === 0) return
  await client.query({
    name: 'record-violations',
    text: `insert into violations as v
             (environment, event, type, field, slot, description, count, first_seen_at, last_seen_at, examples)
           select $1, event, type, field, pg_backend_pid() % ${SLOTS}, min(description), count(*), $2, $2,
                  (array_agg(message_id order by message_id desc))[1:${MAX_EXAMPLES}]
           from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
             as t (message_id, event, type, field, description)
           group by event, type, field order by event, type, field
           on conflict (environment, event, type, field, slot) do update
             set count = v.count + excluded.count, description = excluded.description,
                 last_seen_at = greatest(v.last_seen_at, excluded.last_seen_at),
                 examples = (excluded.examples || v.examples)[1:${MAX_EXAMPLES}]`,
    values: [
      environment,
      receivedAt,
      found.map(({ messageId }) => messageId),
      found.map(({ event }) => event),
      found.map(({ type }) => type),
      found.map(({ field }) => field),
      found.map(({ description }) => description),
    ],
  })
}

/** The most frequent first. */
export async function listViolations(
  pool: Pool,
  environment: string,
  { event, limit }: { readonly event?: string | undefined; readonly limit: number },
): Promise<ViolationCount[]> {
  const { rows } = await pool.query<ViolationRow>(
    `select event, type, field, (array_agg(description order by last_seen_at desc))[1] as description,
            sum(count)::text as count, min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at,
            (array_agg(examples[1] order by last_seen_at desc))[1:${MAX_EXAMPLES}] as newest,
            (array_agg(to_jsonb(examples) order by last_seen_at desc))[1] as latest
     from violations where environment = $1 and ($2::text is null or event = $2)
     group by event, type, field order by sum(count) desc, event, type, field limit $3`,
    [environment, event ?? null, limit],
  )
  return rows.map(({ newest, latest, count, first_seen_at, last_seen_at, ...row }) => ({
    ...row,
    count: Number(count),
    first_seen_at: first_seen_at.toISOString(),
    last_seen_at: last_seen_at.toISOString(),
    examples: [...new Set([...newest, ...latest])].slice(0, MAX_EXAMPLES),
  }))
}

export interface NewViolations {
  readonly kinds: number
  readonly count: number
  /** Event and field of the most frequent; null without any. */
  readonly example: string | null
}

/** Kinds of violations that nobody had seen before `since`. */
export async function findNewViolations(
  client: Pick<Pool, 'query'>,
  environment: string,
  since: Date,
): Promise<NewViolations> {
  const { rows } = await client.query<NewViolations>(
    `select count(*)::integer as kinds, coalesce(sum(count), 0)::integer as count,
            (array_agg(event || ': ' || field order by count desc, event, field))[1] as example
     from (
       select event, type, field, sum(count) as count from violations where environment = $1
       group by 1, 2, 3 having min(first_seen_at) >= $2
     ) kind`,
    [environment, since],
  )
  return rows[0] ?? { kinds: 0, count: 0, example: null }
}

interface ViolationRow {
  event: string
  type: string
  field: string
  description: string
  count: string
  first_seen_at: Date
  last_seen_at: Date
  newest: string[]
  latest: string[]
}
