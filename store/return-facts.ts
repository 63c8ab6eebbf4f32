// What a conversion says when it goes back to Segment beyond its own event: who the person is, the audiences they were in
// when it happened, what a refund is about. Read from the statement log as of that instant, and written down once,
// before the first attempt is sent (docs/decisions/0013).
import type { Pool } from 'pg'
import { type AudienceTable, audienceName } from '../core/audience-table.ts'
import type { ReturnTrait } from '../core/destination-schema.ts'
import type { JsonObject } from '../core/json.ts'
import type { RelatedFact, ReturnFacts } from '../core/return-message.ts'
import type { Database } from './database.ts'
import type { ClaimedDelivery } from './deliveries.ts'
import { ruleOfRow } from './membership-settling.ts'

export interface ReturnQuestion {
  readonly environment: string
  readonly deliveries: readonly ClaimedDelivery[]
  readonly table: AudienceTable
  readonly traits: Readonly<Record<string, ReturnTrait>>
}

/** The facts of each delivery, by its id: those of its first attempt, or those of now, which are its own from then on. */
export async function freezeReturnFacts(
  database: Database,
  question: ReturnQuestion,
): Promise<Map<string, ReturnFacts>> {
  const { environment, deliveries } = question
  if (deliveries.length === 0) return new Map()
  const { pool, clock } = database
  // Only a delivery that was claimed before can have facts; writing finds the one that has them all the same.
  const again = deliveries.filter(({ attempt }) => attempt > 1).map(({ id }) => id)
  const frozen = again.length > 0 ? await readFrozen(pool, environment, again) : new Map()
  const fresh = deliveries.filter(({ id }) => !frozen.has(id))
  if (fresh.length === 0) return frozen
  const at = new Date(clock.now())
  const facts = await factsOf(pool, { ...question, deliveries: fresh }, at)
  return new Map([...frozen, ...(await writeFrozen(pool, environment, at, facts))])
}

interface FrozenRow {
  readonly id: string
  readonly facts: ReturnFacts
}

async function readFrozen(
  pool: Pool,
  environment: string,
  ids: readonly string[],
): Promise<Map<string, ReturnFacts>> {
  const { rows } = await pool.query<FrozenRow>({
    name: 'read-return-facts',
    text: `select f.delivery_id::text as id, f.facts from unnest($2::bigint[]) as t (id)
           cross join lateral (
             select * from return_facts where environment = $1 and delivery_id = t.id limit 1) f`,
    values: [environment, ids],
  })
  return new Map(rows.map(({ id, facts }) => [id, facts]))
}

// A worker whose lease ran out may be writing the same: whoever is first decides, and both read that.
async function writeFrozen(
  pool: Pool,
  environment: string,
  at: Date,
  facts: ReadonlyMap<string, ReturnFacts>,
): Promise<Map<string, ReturnFacts>> {
  const { rows } = await pool.query<FrozenRow>({
    name: 'write-return-facts',
    text: `insert into return_facts as f (environment, delivery_id, frozen_at, facts)
           select $1, id, $2, facts::jsonb from unnest($3::bigint[], $4::text[]) as t (id, facts) order by id
           on conflict (environment, delivery_id) do update set facts = f.facts
           returning delivery_id::text as id, facts`,
    values: [
      environment,
      at,
      [...facts.keys()],
      [...facts.values()].map((each) => JSON.stringify(each)),
    ],
  })
  return new Map(rows.map((row) => [row.id, row.facts]))
}

async function factsOf(
  pool: Pool,
  { environment, deliveries, table, traits }: ReturnQuestion,
  at: Date,
): Promise<Map<string, ReturnFacts>> {
  const instants = deliveries.map(
    ({ canonical, receivedAt }) => new Date(canonical.occurred_at ?? receivedAt),
  )
  const { rows } = await pool.query<FactsRow>({
    name: 'return-facts',
    text: FACTS,
    values: [
      environment,
      deliveries.map(({ id }) => id),
      deliveries.map(({ profileId }) => profileId ?? null),
      instants,
      Object.keys(traits).length > 0,
    ],
  })
  const byPlace = new Map(rows.map((row) => [Number(row.place) - 1, row]))
  return new Map(
    deliveries.map(({ id, canonicalUserId }, place) => {
      const row = byPlace.get(place)
      const facts = {
        at: at.toISOString(),
        canonicalUserId,
        audiences: audiencesOf(row?.audiences ?? [], instants[place] as Date, table),
        related: row?.related ? relatedOf(row.related) : null,
        traits: traitsOf(row?.worth ?? [], traits),
      }
      return [id, facts]
    }),
  )
}

interface FactsRow {
  readonly place: string
  readonly audiences: readonly LastStatement[] | null
  readonly related: { readonly event_id: string; readonly net: string | null } | null
  readonly worth: readonly Worth[] | null
}

interface LastStatement {
  readonly identity: string
  readonly computation_id: string | null
  readonly key: string | null
  readonly name: string | null
  readonly stated_at: string
}

interface Worth {
  readonly name: string
  readonly currency: string | null
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  readonly net: string | null
}

// What happens at the instant of entering brought the person in, and was not done by a member. Of several audiences with one
// key, the one that had begun last by then answers to it.
// Instants inside jsonb are ISO 8601 in UTC, sums are text: jsonb would give numbers that are floats once they are read.
const FACTS = `
  select t.place, person.audiences, taken.related, counted.worth
  from unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) with ordinality as t (delivery_id, profile_id, at, place)
  left join lateral (
    select jsonb_agg(jsonb_build_object('identity', b.identity, 'computation_id', b.computation_id, 'key', b.key,
             'name', b.name, 'stated_at', ${iso('last.computed_at')})) as audiences
    from (
      select distinct on (s.audience_id) s.audience_id, s.is_member, s.computed_at
      from membership_statements s
      where s.profile_id = t.profile_id and s.environment = $1 and s.computed_at <= t.at
        and (s.computed_at < t.at or not s.is_member)
      order by s.audience_id, s.computed_at desc, s.is_member
    ) last
    join audiences b on b.id = last.audience_id
    where last.is_member and not exists (
      select from audiences c where c.environment = $1 and c.key = b.key and c.first_computed_at <= t.at
        and (c.first_computed_at, c.identity) > (b.first_computed_at, b.identity))
  ) person on true
  left join lateral (select event_id from deliveries where id = t.delivery_id limit 1) d on true
  left join lateral (
    select kind, of_name, of_key, happened_at from conversions
    where environment = $1 and event_id = d.event_id and kind <> 'conversion' limit 1
  ) own on true
  left join lateral (
    select event_id, value, currency from conversions
    where environment = $1 and of_name = own.of_name and of_key = own.of_key and kind = 'conversion' limit 1
  ) fact on true
  left join lateral (
    select case when bool_or(r.kind = 'whole') then 0
                when count(*) filter (where r.currency <> fact.currency) > 0 then null
                else fact.value - sum(r.value) end as net
    from conversions r
    where r.environment = $1 and r.of_name = own.of_name and r.of_key = own.of_key and r.kind <> 'conversion'
      and r.happened_at <= own.happened_at
  ) left_over on true
  left join lateral (
    select jsonb_build_object('event_id', e.event_id, 'net', trim_scale(left_over.net)::text) as related
    from events e where e.id = fact.event_id
  ) taken on true
  left join lateral (
    select jsonb_agg(jsonb_build_object('name', w.name, 'currency', w.currency, 'count', w.count,
             'first_at', ${iso('w.first_at')}, 'last_at', ${iso('w.last_at')}, 'net', trim_scale(w.net)::text)) as worth
    from (
      select c.name, c.currency, count(*) as count, min(c.happened_at) as first_at, max(c.happened_at) as last_at,
             sum(case when r.is_whole then 0 else c.value - coalesce(r.value, 0) end) as net
      from (select id from profiles where id = t.profile_id union all
            select id from profiles where merged_into = t.profile_id) p
      cross join lateral (
        select * from conversions where profile_id = p.id and environment = $1 and kind = 'conversion' offset 0
      ) c
      left join lateral (
        select bool_or(kind = 'whole') as is_whole,
               sum(value) filter (where coalesce(currency, c.currency) is not distinct from c.currency) as value
        from conversions
        where environment = $1 and of_name = c.of_name and of_key = c.of_key and kind <> 'conversion'
      ) r on true
      group by c.name, c.currency
    ) w
    where $5::boolean
  ) counted on true`

function iso(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

const DAY_MS = 24 * 60 * 60 * 1000

// Who was not stated anew for as long as the audience keeps its members had left by then.
function audiencesOf(
  statements: readonly LastStatement[],
  at: Date,
  table: AudienceTable,
): string[] {
  const ids = statements.flatMap((statement) => {
    const rule = ruleOfRow(table, statement)
    const days = rule?.retentionDays ?? Number.POSITIVE_INFINITY
    const isInside = Date.parse(statement.stated_at) + days * DAY_MS > at.getTime()
    return isInside ? [audienceName(rule, statement.key, statement.identity)] : []
  })
  return [...new Set(ids)].sort()
}

function relatedOf({ event_id: eventId, net }: NonNullable<FactsRow['related']>): RelatedFact {
  return { eventId, netValue: net }
}

function traitsOf(worth: readonly Worth[], traits: ReturnQuestion['traits']): JsonObject {
  const entries = Object.entries(traits).flatMap(([name, trait]) => {
    const value = traitOf(
      worth.filter((each) => each.name === trait.of),
      trait,
    )
    return value === null ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

// Null for what is not known of anybody: a trait that says nothing does not go back.
function traitOf(worth: readonly Worth[], { read, currency }: ReturnTrait): string | number | null {
  if (worth.length === 0) return null
  switch (read) {
    case 'first_at':
      return worth.map(({ first_at }) => first_at).sort()[0] ?? null
    case 'last_at':
      return (
        worth
          .map(({ last_at }) => last_at)
          .sort()
          .at(-1) ?? null
      )
    case 'count':
      return worth.reduce((sum, { count }) => sum + count, 0)
    case 'net_value': {
      const net = worth.find((each) => each.currency === currency)?.net
      return net === undefined || net === null ? null : Number(net)
    }
  }
}
