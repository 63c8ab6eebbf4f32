// Which audiences really convert: conversions and revenue of a period, by whether the person was in the audience when
// they converted, and by how long after entering it. Everything is read from logs (statements, conversions, merges) at
// the moment of asking, so that the order in which any of it arrived makes no difference.
import type { Pool } from 'pg'
import { inSnapshot } from './database.ts'

export interface OutcomeQuestion {
  readonly environment: string
  /** Row of the audience; null for one that is listed and of which nothing came yet. */
  readonly audienceRowId: string | null
  readonly retentionDays: number | null
  /** From this instant on; null: from the beginning. */
  readonly since: Date | null
  /** Before this instant. */
  readonly until: Date
  /** Milliseconds after entering that count as a result of it; null: not asked. */
  readonly windowMs: number | null
}

export interface Outcomes {
  /** Who was inside at any time of the period; entries of the period. */
  readonly audience: { readonly people: number; readonly entries: number }
  /** All conversions of the period. */
  readonly period: OutcomeSplit
  /** Those of them by somebody who had entered at most the window before, whether still inside or not. */
  readonly window: OutcomeSplit | null
}

export interface OutcomeSplit {
  /** By people who were in the audience when they converted. */
  readonly member: OutcomeGroup
  /** By everybody else. */
  readonly not_member: OutcomeGroup
  readonly total: OutcomeGroup
}

export interface OutcomeGroup {
  readonly conversions: number
  /** Distinct people; conversions of nobody count no one. */
  readonly people: number
  /** Canonical name → its own sums. Money of different conversions is never added up. */
  readonly events: Readonly<Record<string, EventOutcomes>>
}

export interface EventOutcomes {
  readonly conversions: number
  readonly people: number
  /** One for each currency, never added across; `null` is what was sent without one. */
  readonly revenue: readonly Revenue[]
}

export interface Revenue {
  readonly currency: string | null
  /** Conversions with a value. */
  readonly orders: number
  /** Decimal text, exact: gross − taken back = net. */
  readonly gross: string
  readonly taken_back: string
  readonly net: string
}

/** @throws TrackLayerError UNAVAILABLE */
export async function readOutcomes(pool: Pool, question: OutcomeQuestion): Promise<Outcomes> {
  return inSnapshot(pool, async (client) => {
    // What the planner believes of an audience that has just grown can be off by any factor. Each side is read once
    // and hashed; a nested loop over both would take hours where this takes seconds. Spilling to disk costs a third.
    await client.query(
      "set local enable_nestloop = off; set local jit = off; set local work_mem = '32MB'",
    )
    const { rows } = await client.query<OutcomeRow>(OUTCOMES, valuesOf(question))
    const inside = rows.find(({ side }) => side === 'audience')
    return {
      audience: { people: Number(inside?.people), entries: Number(inside?.conversions) },
      period: splitOf(rows.filter(({ in_window }) => !in_window)),
      window: question.windowMs === null ? null : splitOf(rows.filter((row) => row.in_window)),
    }
  })
}

function valuesOf(question: OutcomeQuestion): unknown[] {
  const { environment, audienceRowId, retentionDays, since, until, windowMs } = question
  return [environment, audienceRowId, retentionDays, since, until, windowMs]
}

// A stay begins with an entry after an exit, after an expiry, or with the first of all, and ends with the next exit or
// when nothing was stated for as long as the audience keeps its members. Of two statements for one instant the exit holds.
const STAYS = `
  stated as (
    select subject, profile_id, computed_at, bool_and(is_member) as is_member
    from membership_statements where environment = $1 and audience_id = $2
    group by subject, profile_id, computed_at
  ), marked as (
    select *, make_interval(hours => 24 * $3::integer) as kept,
           lag(is_member) over person as was_member, lag(computed_at) over person as before
    from stated window person as (partition by subject order by computed_at)
  ), numbered as (
    select *, count(*) filter (
             where is_member and (was_member is not true or before + kept <= computed_at)
           ) over (partition by subject order by computed_at) as stay
    from marked
  ), stay as materialized (
    select subject, profile_id, min(computed_at) filter (where is_member) as entered_at,
           least(min(computed_at) filter (where not is_member), max(computed_at) filter (where is_member) + max(kept))
             as left_at
    from numbered where stay > 0 group by subject, profile_id, stay
  )`

// One row for each conversion, with everything that concerns it; then the sums of all the groups at once. What happens at
// the instant of entering brought the person in, and does not come of it. A refund counts
// against the order it is for, whenever and by whomever it was made, in the currency in which it was paid back.
const OUTCOMES = `
  with ${STAYS}, person as materialized (
    select profile_id, range_agg(tstzrange(entered_at, left_at, '()')) as inside,
           range_agg(tstzrange(entered_at, entered_at + $6::float8 * interval '1 millisecond', '(]')) as soon
    from stay where profile_id is not null group by profile_id
  ), taken as materialized (
    select of_name, of_key, currency, bool_or(kind = 'whole') as is_whole, sum(value) as value
    from conversions where environment = $1 and kind <> 'conversion' and of_key is not null
    group by of_name, of_key, currency
  ), cancelled as materialized (
    select distinct of_name, of_key from taken where is_whole
  ), conversion as materialized (
    select c.name, c.of_key, coalesce(merged.merged_into, c.profile_id) as person_id, c.currency, c.value,
           cancelled.of_key is not null as is_cancelled,
           coalesce(c.happened_at <@ person.inside, false) as is_member,
           $6::float8 is not null and coalesce(c.happened_at <@ person.soon, false) as is_soon
    from conversions c
    left join profiles merged on merged.id = c.profile_id and merged.merged_into is not null
    left join person on person.profile_id = coalesce(merged.merged_into, c.profile_id)
    left join cancelled on cancelled.of_name = c.name and cancelled.of_key = c.of_key
    where c.environment = $1 and c.kind = 'conversion'
      and c.happened_at >= coalesce($4::timestamptz, '-infinity') and c.happened_at < $5::timestamptz
  ), money as (
    select name, is_member, is_soon, currency, 1 as orders, value as gross,
           case when is_cancelled then value else 0 end as taken_back
    from conversion where value is not null
    union all
    select c.name, c.is_member, c.is_soon, coalesce(t.currency, c.currency), 0, 0, t.value
    from conversion c join taken t on t.of_name = c.name and t.of_key = c.of_key
    where not c.is_cancelled
  ), scope (in_window) as (
    values (false) union all select true where $6::float8 is not null
  ), counted as (
    select in_window, side, name, count(*) as conversions, count(distinct person_id) as people
    from scope join conversion on is_soon or not in_window
    cross join lateral (values ('total'), (case when is_member then 'member' else 'not_member' end)) s (side)
    group by in_window, side, grouping sets ((name), ())
  ), by_currency as (
    select in_window, side, name, currency, sum(orders) as orders, sum(gross) as gross, sum(taken_back) as taken_back
    from scope join money on is_soon or not in_window
    cross join lateral (values ('total'), (case when is_member then 'member' else 'not_member' end)) s (side)
    group by in_window, side, name, currency
  ), summed as (
    select in_window, side, name,
           jsonb_agg(jsonb_build_object('currency', currency, 'orders', orders, 'gross', trim_scale(gross)::text,
             'taken_back', trim_scale(taken_back)::text, 'net', trim_scale(gross - taken_back)::text)
             order by currency) as revenue
    from by_currency group by in_window, side, name
  )
  select in_window, side, name, conversions, people, revenue from counted left join summed using (in_window, side, name)
  union all
  select false, 'audience', null, count(*) filter (where entered_at >= coalesce($4::timestamptz, '-infinity')),
         count(distinct subject), null
  from stay where entered_at < $5::timestamptz and coalesce(left_at, 'infinity') > coalesce($4::timestamptz, '-infinity')
  order by name`

interface OutcomeRow {
  readonly in_window: boolean
  /** `audience`: not conversions but entries of the period, and who was inside at any time of it. */
  readonly side: keyof OutcomeSplit | 'audience'
  /** Null for the sums over all names. */
  readonly name: string | null
  readonly conversions: string
  readonly people: string
  readonly revenue: readonly Revenue[] | null
}

const NOTHING: OutcomeGroup = { conversions: 0, people: 0, events: {} }

function splitOf(rows: readonly OutcomeRow[]): OutcomeSplit {
  return {
    member: groupOf(rows, 'member'),
    not_member: groupOf(rows, 'not_member'),
    total: groupOf(rows, 'total'),
  }
}

function groupOf(rows: readonly OutcomeRow[], wanted: keyof OutcomeSplit): OutcomeGroup {
  const own = rows.filter(({ side }) => side === wanted)
  const all = own.find(({ name }) => name === null)
  if (!all) return NOTHING
  const events = own.flatMap(({ name, revenue, ...row }) =>
    name === null ? [] : [[name, { ...countsOf(row), revenue: revenue ?? [] }] as const],
  )
  return { ...countsOf(all), events: Object.fromEntries(events) }
}

function countsOf({ conversions, people }: Pick<OutcomeRow, 'conversions' | 'people'>) {
  return { conversions: Number(conversions), people: Number(people) }
}
