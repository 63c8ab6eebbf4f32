// What /v1/events and /v1/overview answer.
import { z } from 'zod'
import { WINDOWS, type Window } from '../../overview.ts'
import { breaker, matchQuality } from './destinations.ts'
import {
  at,
  count,
  counts,
  destination,
  environment,
  eventId,
  messageId,
  next,
  profileId,
  series,
  states,
  text,
  userId,
  waitingState,
} from './leaves.ts'

const listedEvent = z
  .object({
    message_id: messageId,
    received_at: at(),
    kind: text('event'),
    outcome: text('accepted', 'accepted, duplicate or unmapped'),
    receipts: count(1, 'How often Segment delivered it.'),
    type: text('track').nullable(),
    segment_event: text('Order Completed').nullable(),
    name: text('purchase', 'Canonical name; null for what is no event.').nullable(),
    event_id: eventId.nullable(),
    order_id: text('ORD-10492').nullable(),
    value: z
      .number()
      .meta({ examples: [129.95] })
      .nullable(),
    currency: text('EUR').nullable(),
    profile_id: profileId.nullable(),
    canonical_user_id: userId,
    deliveries: states,
  })
  .meta({ id: 'ListedEvent' })

export const eventPage = z.object({ events: z.array(listedEvent), next }).meta({ id: 'EventPage' })

const alert = z
  .object({
    severity: z.enum(['critical', 'warning']),
    code: text('destination_paused'),
    destination: destination.nullable(),
    message: text('meta is paused: the credential is refused'),
    audience: text('aud_1', 'Of audience_emptied: its identity.').optional(),
  })
  .meta({ id: 'Alert' })

const destinationOverview = z
  .object({
    name: destination,
    is_paused: z.boolean(),
    paused_reason: text('paused by hand').nullable(),
    settled: z.object({ delivered: series, filtered: series, dead: series, unknown: series }),
    waiting: z.object({ pending: count(3), retrying: count(0), held: count(1) }),
    waiting_is_partial: z
      .array(waitingState)
      .meta({ description: 'States of which more wait than are counted.' }),
    oldest_waiting_at: at().nullable(),
    breakers: z.array(breaker),
    latency: z
      .object({
        p50_ms: z.number().meta({ examples: [420] }),
        p95_ms: z.number().meta({ examples: [1900] }),
      })
      .nullable(),
    orders: counts({ delivered: 41 }, 'State → deliveries of orders.'),
    match_quality: matchQuality.nullable(),
  })
  .meta({ id: 'DestinationOverview' })

export const overview = z
  .object({
    environment,
    window: z.enum(Object.keys(WINDOWS) as [Window]),
    since: at(),
    until: at(),
    bucket_ms: count(60_000),
    messages: z.object({ accepted: series, duplicate: series, unmapped: series }),
    rejected: count(0),
    orders: count(41),
    unbalanced_orders: count(0, 'Orders that are not on the ledger wherever they are owed.'),
    new_violations: z.object({
      kinds: count(1, 'Seen for the first time in the window.'),
      count: count(12),
      example: text('Order Completed: properties.sku').nullable(),
    }),
    has_all_orders: z
      .boolean()
      .meta({ description: 'False where the oldest open orders are not in the states of orders.' }),
    destinations: z.array(destinationOverview),
    alerts: z.array(alert),
  })
  .meta({ id: 'Overview' })
