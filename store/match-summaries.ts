// How well a destination's recent events can be matched to people: the estimates that delivery wrote on each, summed up.
import type { Pool } from 'pg'
import type { MissingSet } from '../core/identity-fields/match-gains.ts'
import { inSnapshot } from './database.ts'

export interface MatchSummary {
  /** Mean of the estimates, 0 to 10, one decimal. */
  readonly average: number
  readonly events: number
  /** Most-missed first, and of those missed alike the weightier; `share` of the events, 0 to 1. */
  readonly missing: readonly { readonly identifier: string; readonly share: number }[]
}

const WINDOW_MS = 24 * 60 * 60 * 1000
/** The latest of each destination: enough for a mean, and the same work for every store. */
const MOST_EVENTS = 1000
const MOST_MISSING = 5

interface Row {
  destination: string
  events: string
  average: string
  missing: MatchSummary['missing'] | null
}

/** Destination → its last 1000 estimates of 24 hours; a destination without any has no entry. */
export async function matchSummaries(
  pool: Pool,
  environment: string,
  destinations: readonly string[],
  nowMs: number,
): Promise<Map<string, MatchSummary>> {
  const { rows } = await inSnapshot(pool, (client) =>
    client.query<Row>(STATEMENT, [
      environment,
      destinations,
      new Date(nowMs - WINDOW_MS),
      MOST_EVENTS,
      MOST_MISSING,
    ]),
  )
  return new Map(
    rows.map(({ destination, events, average, missing }) => [
      destination,
      {
        average: Number(average),
        events: Number(events),
        missing: missing ?? [],
      },
    ]),
  )
}

/** What the latest 1000 events of 24 hours lack, those that lack the same together. */
export async function missingSets(
  pool: Pool,
  environment: string,
  destination: string,
  nowMs: number,
): Promise<MissingSet[]> {
  const { rows } = await inSnapshot(pool, (client) =>
    client.query<MissingSet>(
      `select l.missing, count(*)::integer as events
     from (
       select decision -> 'match' -> 'missing' as missing from deliveries
       where environment = $1 and destination = $2 and settled_at > $3 and decision ? 'match'
       order by settled_at desc limit $4
     ) l group by 1`,
      [environment, destination, new Date(nowMs - WINDOW_MS), MOST_EVENTS],
    ),
  )
  return rows
}

const STATEMENT = `
  select d.destination, s.events, s.average, m.missing
  from unnest($2::text[]) as d (destination)
  cross join lateral (
    select array_agg(l.match) as matches, count(*) as events, round(avg((l.match ->> 'score')::numeric), 1) as average
    from (
      select decision -> 'match' as match from deliveries
      where environment = $1 and destination = d.destination and settled_at > $3 and decision ? 'match'
      order by settled_at desc limit $4
    ) l
  ) s
  left join lateral (
    select json_agg(json_build_object('identifier', t.name, 'share', t.share)) as missing
    from (
      select x.name, round(count(*)::numeric / s.events, 2) as share
      from unnest(s.matches) as e (match) cross join lateral jsonb_array_elements_text(e.match -> 'missing') with ordinality as x (name, place)
      group by x.name order by count(*) desc, min(x.place), x.name limit $5
    ) t
  ) m on true
  where s.events > 0`
