// Events of which a fifth are conversions, and an audience of a tenth as many. The test of what its outcomes read and the
// bench of how long they take fill it alike.
import type { Pool } from 'pg'

export interface OutcomesSize {
  /** A multiple of 50. */
  readonly events: number
}

export const OUTCOME_PAGES = {
  'all time': '/v1/audiences/vip/outcomes?until=2027-01-01&window=7d',
  'one month': '/v1/audiences/vip/outcomes?since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z',
} as const

/** Each member entered, left and entered again; every tenth person is merged. Written straight into the tables. */
export async function fillOutcomes(pool: Pool, { events }: OutcomesSize): Promise<void> {
  const members = events / 10
  const people = members * 3
  const refundOffset = 10 * events
  await pool.query(`
    insert into profiles (id, environment, user_id, created_at, merged_into)
      select n, 'production', case when n % 10 > 0 then 'user' || n end, now(), case when n % 10 = 0 then n - 1 end
      from generate_series(1, ${people}) n;
    insert into audiences (environment, identity, computation_id, key, class, first_computed_at, created_at)
      values ('production', 'aud_vip', 'aud_vip', 'vip', 'audience', '2026-01-01', now());
    insert into membership_statements (environment, audience_id, subject, computed_at, is_member, message_id, profile_id)
      select 'production', a.id, 'p:' || n, timestamptz '2026-01-01' + stay * interval '30 days' + n % 20 * interval '1 day',
             stay % 2 = 0, 'p' || n || '-' || stay, n
      from audiences a, generate_series(1, ${people}, 3) n, generate_series(0, 2) stay;
    insert into events (environment, name, event_id, dedup_key, message_id, profile_id, occurred_at, received_at, canonical)
      select 'production', case when n % 5 = 0 then 'purchase' else 'view_content' end, 'e' || n,
             case when n % 5 = 0 then 'o' || n end, 'm' || n, 1 + n::bigint * 7919 % ${people},
             timestamptz '2026-01-01' + n * interval '115 days' / ${events}, now(),
             json_build_object('filler', repeat('x', 200))
      from generate_series(1, ${events}) n;
    insert into conversions (environment, event_id, name, kind, of_name, of_key, profile_id, happened_at, value, currency)
      select environment, id, name, 'conversion', name, dedup_key, profile_id, occurred_at, (id % 10000)::numeric / 100,
             case when id % 3 = 0 then 'USD' else 'EUR' end
      from events where name = 'purchase';
    insert into conversions (environment, event_id, name, kind, of_name, of_key, profile_id, happened_at, value, currency)
      select environment, ${refundOffset} + event_id, 'refund', case when event_id % 4 = 0 then 'whole' else 'part' end, of_name,
             of_key, profile_id, happened_at, 1.25, null
      from conversions where event_id % 50 = 0;`)
}
