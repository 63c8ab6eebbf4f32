// What deliveries ask about audiences at the moment of their decision: one query for a claimed batch.
import type { Pool } from 'pg'
import { type AudienceRule, type AudienceTable, audienceName } from '../core/audience-table.ts'
import { isTransition } from '../core/audience-transition.ts'
import type {
  ClaimedDelivery,
  ClaimedMembership,
  PersonAudiences,
  ToldEarlier,
} from './deliveries.ts'
import { ruleOfRow } from './membership-settling.ts'

export interface AudienceState {
  /** Null when the delivery is no transition's, or the transition is not on record. */
  readonly transition: {
    readonly rule: AudienceRule | null
    /** True when the same person has entered or left the same audience since, or this destination was told anew. */
    readonly isSuperseded: boolean
    /** True while an earlier transition of the same person is being sent to the same destination. */
    readonly isEarlierUnderWay: boolean
    /** Members of the audience, counted up to the largest minimum size of any. */
    readonly size: number
    readonly membership: ClaimedMembership
  } | null
  /** Null unless asked for. */
  readonly person: PersonAudiences | null
}

export interface StateQuestion {
  readonly environment: string
  readonly destination: string
  readonly at: Date
  /** What was claimed together: none of it is being sent yet. */
  readonly deliveries: readonly ClaimedDelivery[]
  /** Whether the audiences of each person are wanted too. */
  readonly wantsPersons: boolean
  readonly table: AudienceTable
}

/** By position of the deliveries. */
export async function readAudienceStates(
  pool: Pool,
  { environment, destination, at, deliveries, wantsPersons, table }: StateQuestion,
): Promise<AudienceState[]> {
  const largest = Math.max(0, ...table.rules.map(({ minimumSize }) => minimumSize))
  const { rows } = await pool.query<StateRow>({
    name: 'audience-states',
    text: STATES,
    values: [
      environment,
      deliveries.map(({ profileId }) => (wantsPersons ? (profileId ?? null) : null)),
      deliveries.map(({ canonical }) =>
        isTransition(canonical) ? canonical.properties.event_id : null,
      ),
      largest,
      destination,
      at,
      deliveries.map(({ id }) => id),
    ],
  })
  const byPlace = new Map(rows.map((row) => [Number(row.place) - 1, row]))
  return deliveries.map((_, place) => stateOf(byPlace.get(place), table, wantsPersons))
}

interface Names {
  readonly identity: string
  readonly computation_id: string | null
  readonly key: string | null
  readonly name: string | null
}

interface StateRow extends Names {
  readonly place: string
  readonly is_superseded: boolean | null
  readonly is_earlier_under_way: boolean | null
  readonly size: string | null
  readonly audience_id: string
  readonly told: ToldEarlier[] | null
  readonly audiences: (Names & { readonly is_current: boolean })[] | null
}

// From index to index, whatever the planner believes of tables that have just been filled ("offset 0").
// An attempt that was begun and is not on record, within its lease, is under way.
// Of several audiences with one key only the one that began last answers to it: the others were made anew.
const STATES = `
  select t.place, x.is_superseded, x.is_earlier_under_way, x.audience_id::text, a.identity, a.computation_id, a.key, a.name,
         inside.size, earlier.told, person.audiences
  from unnest($2::bigint[], $3::text[]) with ordinality as t (profile_id, event_id, place)
  left join lateral (
    select audience_id, subject, id, exists (
             select from membership_transitions later
             where later.environment = $1 and later.audience_id = own.audience_id and later.subject = own.subject
               and later.id > own.id and (later.reason <> 'repaired' or exists (
                 select from (select id from events where transition_id = later.id offset 0) e
                 cross join lateral (
                   select from deliveries where event_id = e.id and destination = $5 offset 0) d))
           ) as is_superseded,
           exists (
             select from membership_transitions earlier
             cross join lateral (select id from events where transition_id = earlier.id offset 0) e
             cross join lateral (
               select * from deliveries where event_id = e.id and destination = $5 offset 0) d
             where earlier.environment = $1 and earlier.audience_id = own.audience_id
               and earlier.subject = own.subject and earlier.id < own.id
               and d.state in ('pending', 'retrying') and d.claimed_until > $6 and d.id <> all ($7::bigint[])
           ) as is_earlier_under_way
    from membership_transitions own where own.environment = $1 and own.event_id = t.event_id limit 1
  ) x on true
  left join lateral (select * from audiences where id = x.audience_id limit 1) a on true
  left join lateral (
    select count(*) as size from (
      select from memberships where environment = $1 and audience_id = x.audience_id and is_member limit $4) m
  ) inside on true
  left join lateral (
    select jsonb_agg(jsonb_build_object('as', coalesce(d.decision ->> 'sent_as', h.direction), 'state', d.state,
             'remote', d.decision ->> 'remote_audience', 'user', e.canonical::json -> 'user') order by h.id desc) as told
    from (
      select h.id, h.direction from membership_transitions h
      where h.environment = $1 and h.audience_id = x.audience_id and h.subject = x.subject and h.id <= x.id
      order by h.id desc limit 20
    ) h
    cross join lateral (select id, canonical from events where transition_id = h.id offset 0) e
    cross join lateral (
      select state, decision from deliveries
      where event_id = e.id and destination = $5 and attempts > case when h.id = x.id then 1 else 0 end offset 0
    ) d
  ) earlier on true
  left join lateral (
    select jsonb_agg(jsonb_build_object('identity', b.identity, 'computation_id', b.computation_id, 'key', b.key,
             'name', b.name, 'is_current', not exists (
               select from audiences c where c.environment = $1 and c.key = b.key
                 and (c.first_computed_at, c.identity) > (b.first_computed_at, b.identity)))) as audiences
    from memberships m join audiences b on b.id = m.audience_id
    where m.profile_id = t.profile_id and m.is_member and m.environment = $1
  ) person on true`

function stateOf(
  row: StateRow | undefined,
  table: AudienceTable,
  wantsPersons: boolean,
): AudienceState {
  const transition =
    row && row.is_superseded !== null
      ? {
          rule: ruleOfRow(table, row),
          isSuperseded: row.is_superseded,
          isEarlierUnderWay: row.is_earlier_under_way === true,
          size: Number(row.size),
          membership: membershipOf(row, table),
        }
      : null
  return { transition, person: wantsPersons ? personOf(row?.audiences ?? [], table) : null }
}

function membershipOf(row: StateRow, table: AudienceTable): ClaimedMembership {
  const rule = ruleOfRow(table, row)
  return {
    audienceId: row.audience_id,
    identity: row.identity,
    name: rule?.name ?? row.name ?? rule?.id ?? row.key ?? row.identity,
    told: row.told ?? [],
  }
}

function personOf(
  audiences: NonNullable<StateRow['audiences']>,
  table: AudienceTable,
): PersonAudiences {
  const ids = new Set<string>()
  const names = new Set<string>()
  for (const audience of audiences) {
    names.add(audience.identity)
    if (!audience.is_current) continue
    const id = audienceName(ruleOfRow(table, audience), audience.key, audience.identity)
    ids.add(id)
    names.add(id)
    if (audience.key !== null) names.add(audience.key)
  }
  return { ids: [...ids].sort(), names }
}
