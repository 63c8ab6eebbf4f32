// An audience and a month of its members: everybody entered, left, and every second one entered again. The test of what
// its pages read and the bench of how long they take fill it alike.
import type { Pool } from 'pg'
import type { JsonObject } from '../../core/json.ts'

export interface AudienceSize {
  readonly members: number
  readonly nowMs: number
}

/** Pages about them. The first look at the sizes counts the hours that are over; the later ones find them counted. */
export const AUDIENCE_PAGES = {
  list: '/v1/audiences',
  sizes: '/v1/audience-sizes',
  one: '/v1/audiences/vip',
  members: '/v1/audiences/vip/members?limit=50&records=true',
  transitions: '/v1/audiences/vip/transitions?limit=50',
  overview: '/v1/overview',
} as const

/** What is asked about it now and then, and may take as long as it takes. */
export const AUDIENCE_QUESTIONS = {
  audit: '/v1/audiences/vip/audit?platform=false',
  outcomes: '/v1/audiences/vip/outcomes?window=7d',
} as const

/** What Engage sends when the person enters the audience `vip`. */
export function memberMessage(person: number): JsonObject {
  return {
    type: 'identify',
    messageId: `personas_${person}`,
    userId: `user${person}`,
    timestamp: '2026-04-23T10:00:00.000Z',
    traits: { vip: true, email: `user${person}@example.com` },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: 'aud_vip',
        computation_key: 'vip',
      },
    },
  }
}

/** Of the audience `vip` at the destination `webhook`, written straight into the tables: ingestion has its own measure. */
export async function fillAudience(pool: Pool, { members, nowMs }: AudienceSize): Promise<void> {
  await pool.query(`
    insert into profiles (id, environment, user_id, created_at)
      select n, 'production', 'user' || n, now() from generate_series(1, ${members}) n;
    insert into audiences (environment, identity, computation_id, key, class, first_computed_at, created_at)
      values ('production', 'aud_vip', 'aud_vip', 'vip', 'audience', '2026-01-01', now());
    insert into memberships (environment, audience_id, subject, profile_id, is_member, since, computed_at, message_id)
      select 'production', a.id, 'p:' || n, n, true, now(), now(), 'm' || n
      from audiences a, generate_series(1, ${members}) n;
    insert into membership_transitions
        (environment, audience_id, subject, profile_id, direction, reason, computed_at, event_id, message_id, logged_at)
      select 'production', a.id, 'p:' || n, n, case t when 1 then 'exited' else 'entered' end, 'stated', now(),
             'e' || n || '-' || t, 'm' || n,
             to_timestamp(${nowMs / 1000}) - (30 - t * 10) * interval '1 day' + n * interval '2 seconds'
      from audiences a, generate_series(1, ${members}) n, generate_series(0, 2) t where t < 2 or n % 2 = 0;
    insert into events (environment, name, event_id, message_id, profile_id, received_at, canonical, transition_id)
      select environment, 'audience_entered', event_id, message_id, profile_id, logged_at,
             json_build_object('user', json_build_object('email', 'jane' || id || '@example.com')), id
      from membership_transitions;
    insert into deliveries (environment, destination, event_id, state, due_at, settled_at)
      select environment, 'webhook', id, 'delivered', received_at, received_at from events;`)
}
