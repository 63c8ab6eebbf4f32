// Deliveries that consent was asked for. The test of what the pages about them read and the bench of how long they take
// fill it alike.
import type { Pool } from 'pg'

export interface ConsentSize {
  readonly events: number
  readonly nowMs: number
}

export const CONSENT_PAGES = {
  held: '/v1/consents/held',
  'held for a reason': '/v1/consents/held?destination=d4&reason=consent_unknown',
  'held at a destination that holds nothing': '/v1/consents/held?destination=d1',
  revocations: '/v1/consents/revocations',
  'counts of an hour': '/v1/consents?window=1h',
  'counts of a day': '/v1/consents?window=24h',
  'counts of a week': '/v1/consents?window=7d',
} as const

/**
 * Five events a person over three days, each owed to four destinations; every 20th delivery is held, every 50th person
 * has taken a yes back, which ended what had not been sent to one destination.
 */
export async function fillConsents(pool: Pool, { events, nowMs }: ConsentSize): Promise<void> {
  const people = events / 5
  const step = `interval '3 days' / ${events}`
  const at = `to_timestamp(${nowMs / 1000}) - interval '3 days' + n * ${step}`
  const evidence = `jsonb_build_object('consent', jsonb_build_object('state', 'denied', 'evidence', jsonb_build_array(
    jsonb_build_object('category', 'Advertising', 'state', 'denied', 'source', 'profile', 'messageId', 'no-' || e.profile_id))))`
  const open = `'{"consent":{"state":"unknown","evidence":[{"category":"Advertising","state":"unknown"}]}}'::jsonb`
  await pool.query(`
    insert into profiles (id, environment, user_id, created_at)
      select n, 'production', 'user-' || n, now() from generate_series(1, ${people}) n;
    insert into events (environment, name, event_id, message_id, profile_id, received_at, owed, canonical)
      select 'production', 'purchase', 'e-' || n, 'm-' || n, 1 + n % ${people}, ${at}, 4, '{}'
      from generate_series(1, ${events}) n;
    insert into deliveries (environment, destination, event_id, state, reason, due_at, settled_at, decision, consent_decision)
      select 'production', 'd' || d, e.id, state, reason, e.received_at + interval '7 days',
             case when state <> 'held' then e.received_at + interval '1 minute' end,
             case when reason = 'consent_denied' then ${evidence} when state = 'held' then ${open} end,
             case when state <> 'held' and d > 1 then case when state = 'filtered' then 'denied' else 'granted' end end
      from events e cross join generate_series(1, 4) d
      cross join lateral (
        select case when (e.id * 4 + d) % 20 = 0 then 'held'
                    when d = 2 and e.profile_id % 50 = 0 then 'filtered' else 'delivered' end as state) s
      cross join lateral (
        select case state when 'held' then 'consent_unknown' when 'filtered' then 'consent_denied' end as reason) r;
    insert into revocations (environment, profile_id, categories, stated_at, received_at, message_id)
      select 'production', p, '{Advertising}', e.received_at, e.received_at, 'no-' || p
      from generate_series(50, ${people}, 50) p
      cross join lateral (select received_at from events where profile_id = p order by id desc limit 1) e;`)
}
