// A day of messages. The test of what the pages about them read and the bench of how long they take fill it alike.
import type { Pool } from 'pg'
import { writeCursor } from '../../store/event-list.ts'

export interface MessagesSize {
  /** A multiple of 10,000. */
  readonly messages: number
  readonly nowMs: number
}

const SPACING_MS = 80

/** Pages of the list, by what is searched for. */
export function messagePages({ messages, nowMs }: MessagesSize) {
  const middle = messages / 2
  const at = new Date(nowMs - middle * SPACING_MS).toISOString()
  const further = writeCursor({ kind: 'arrival', at, messageId: `m-${middle}` })
  return {
    'the newest': '/v1/events?limit=50',
    'a page further back': `/v1/events?cursor=${further}`,
    'by order': `/v1/events?order_id=order-${middle}`,
    'by one text, an order': '/v1/events?q=order-400',
    'by one text, known to nobody': '/v1/events?q=nobody',
    'by message': '/v1/events?message_id=m-3',
    'by event id': '/v1/events?event_id=seg_m-400',
    'by person': '/v1/events?user=user-77',
    'by name': '/v1/events?name=purchase',
    'by a name that nothing has': '/v1/events?name=refund',
    'by a rare state': '/v1/events?state=dead',
    'by a rare state at one destination': '/v1/events?state=dead&destination=webhook',
    'by a state that nothing is in': '/v1/events?state=held',
    'by a common state': '/v1/events?state=delivered',
    'by a common state that nothing is in': '/v1/events?state=pending',
    'by a rare outcome': '/v1/events?outcome=duplicate',
    'by a common outcome': '/v1/events?outcome=unmapped',
  } as const
}

/** What is counted of them, once the minutes that are over are counted. */
export const SUM_PAGES = {
  'overview of 15 minutes': '/v1/overview?window=15m',
  'overview of an hour': '/v1/overview?window=1h',
  'overview of a day': '/v1/overview?window=24h',
  'overview of a week': '/v1/overview?window=7d',
  destinations: '/v1/destinations',
} as const

/**
 * Half of the messages are orders and views with two deliveries each; the others are page views. Every 40th event is a
 * purchase; every 5000th delivery is dead. Ten messages a person.
 */
export async function fillMessages(pool: Pool, { messages, nowMs }: MessagesSize): Promise<void> {
  const people = messages / 10
  const at = `to_timestamp(${(nowMs - messages * SPACING_MS) / 1000}) + n * interval '${SPACING_MS} ms'`
  await pool.query(`
    insert into profiles (id, environment, user_id, created_at)
      select n, 'production', 'user-' || n, now() from generate_series(1, ${people}) n;
    insert into identifiers (environment, type, value, profile_id, message_id, rule, linked_at)
      select 'production', 'user_id', 'user-' || n, n, 'm-' || n, 'first_seen', now() from generate_series(1, ${people}) n;
    insert into messages (environment, message_id, kind, outcome, event_id, profile_id, received_at, raw)
      select 'production', 'm-' || n, case when n % 2 = 0 then 'event' else 'unmapped' end,
             case when n % 2 = 0 then case when n % 1000 = 0 then 'duplicate' else 'accepted' end else 'unmapped' end,
             case when n % 2 = 0 then 'seg_m-' || n end, 1 + n % ${people}, ${at},
             json_build_object('type', 'track', 'event', 'Product Viewed', 'messageId', 'm-' || n, 'filler', repeat('x', 600))
      from generate_series(1, ${messages}) n;
    insert into events (environment, name, event_id, dedup_key, order_id, message_id, profile_id, occurred_at, received_at,
                        owed, canonical)
      select 'production', case when n % 40 = 0 then 'purchase' else 'view_content' end, 'seg_m-' || n,
             case when n % 40 = 0 then 'order-' || n end, case when n % 40 = 0 then 'order-' || n end, 'm-' || n,
             1 + n % ${people}, now(), ${at}, 2,
             json_build_object('properties', json_build_object('value', 12.5, 'currency', 'EUR'), 'filler', repeat('y', 400))
      from generate_series(2, ${messages}, 2) n;
    insert into deliveries (environment, destination, event_id, state, due_at, settled_at)
      select 'production', d, e.id, case when e.id % 5000 = 0 then 'dead' when e.id % 3 = 0 then 'filtered' else 'delivered' end,
             e.received_at, e.received_at + interval '1 second'
      from events e cross join unnest(array['webhook', 'segment']) d order by e.id;`)
}
