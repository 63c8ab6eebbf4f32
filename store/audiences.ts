// The audiences that were ever named, one row for each computation.
import type { PoolClient } from 'pg'
import type { AudienceChange } from '../core/audience-change.ts'
import type { Occasion } from './occasion.ts'

export interface Audience {
  readonly id: string
  readonly identity: string
}

interface Named {
  readonly change: AudienceChange
}

/** The row of each change's audience, by position; new ones are made on the way. */
export async function resolveAudiences(
  client: PoolClient,
  occasion: Occasion,
  named: readonly Named[],
): Promise<Audience[]> {
  const wanted = new Map<string, Row>()
  for (const { change } of named) {
    const row = rowOf(change, occasion)
    wanted.set(row.identity, newer(wanted.get(row.identity), row))
  }
  if (wanted.size === 0) return []
  const known = await writeAudiences(client, occasion, [...wanted.values()].sort(byIdentity))
  return named.map(({ change }) => {
    const identity = identityOf(change)
    const id = known.get(identity)
    if (id === undefined) throw new Error(`Audience "${identity}" was written without an id`)
    return { id, identity }
  })
}

interface Row {
  readonly identity: string
  readonly change: AudienceChange
  readonly earliest: string
  readonly latest: string
}

function rowOf(change: AudienceChange, { receivedAt }: Occasion): Row {
  const at = change.computedAt ?? receivedAt.toISOString()
  return { identity: identityOf(change), change, earliest: at, latest: at }
}

// An audience that is made anew has another computation id, whatever its key.
function identityOf(change: AudienceChange): string {
  const { computationId, computationKey, externalAudienceId } = change
  if (computationId !== null) return computationId
  return computationKey === null ? `external:${externalAudienceId}` : `key:${computationKey}`
}

function newer(known: Row | undefined, row: Row): Row {
  if (!known) return row
  const last = known.latest > row.latest ? known : row
  const first = known.earliest < row.earliest ? known : row
  return { ...last, earliest: first.earliest }
}

function byIdentity(a: Row, b: Row): number {
  return a.identity < b.identity ? -1 : 1
}

// A row is written only when something about it is new: batches of one audience would else wait for each other.
async function writeAudiences(
  client: PoolClient,
  { environment, receivedAt }: Occasion,
  rows: readonly Row[],
): Promise<Map<string, string>> {
  const { rows: found } = await client.query<{ identity: string; id: string }>({
    name: 'write-audiences',
    text: `with wanted as materialized (
             select * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                                  $10::timestamptz[])
               as t (identity, computation_id, key, name, class, space_id, external_audience_id, first_computed_at)
           ), known as materialized (
             select a.* from wanted w cross join lateral (
               select * from audiences where environment = $1 and identity = w.identity limit 1) a
           ), written as (
             insert into audiences as a (environment, identity, computation_id, key, name, class, space_id,
                                         external_audience_id, first_computed_at, created_at)
             select $1, w.identity, w.computation_id, w.key, w.name, w.class, w.space_id, w.external_audience_id,
                    w.first_computed_at, $2
             from wanted w left join known k on k.identity = w.identity
             where k.id is null or w.first_computed_at < k.first_computed_at
               or (k.key is null and w.key is not null) or (k.name is null and w.name is not null)
               or (w.external_audience_id is distinct from k.external_audience_id
                   and w.external_audience_id is not null)
             order by w.identity
             on conflict (environment, identity) do update set
               key = coalesce(a.key, excluded.key), name = coalesce(a.name, excluded.name),
               external_audience_id = coalesce(excluded.external_audience_id, a.external_audience_id),
               first_computed_at = least(a.first_computed_at, excluded.first_computed_at)
             returning a.identity, a.id
           )
           select identity, id::text from written union select identity, id::text from known`,
    values: [
      environment,
      receivedAt,
      rows.map(({ identity }) => identity),
      rows.map(({ change }) => change.computationId),
      rows.map(({ change }) => change.computationKey),
      rows.map(({ change }) => change.audienceName),
      rows.map(({ change }) => change.computationClass),
      rows.map(({ change }) => change.spaceId),
      rows.map(({ change }) => change.externalAudienceId),
      rows.map(({ earliest }) => earliest),
    ],
  })
  return new Map(found.map(({ identity, id }) => [identity, id]))
}
