// What /v1/messages/:id answers: the whole story of one message.
import { z } from 'zod'
import {
  at,
  count,
  destination,
  environment,
  eventId,
  messageId,
  profileId,
  reason,
  text,
  userId,
} from './leaves.ts'

const attempt = z
  .object({
    number: count(1),
    started_at: at(),
    duration_ms: z.number().meta({ examples: [212] }),
    status: z
      .number()
      .int()
      .meta({ examples: [200] })
      .nullable(),
    error: text('receiver answered 503, want 2xx').nullable(),
    request: z.unknown().meta({
      description: 'What was sent, without secrets and personal data.',
      examples: [{ method: 'POST', url: 'https://graph.example/events' }],
    }),
    response: text('{"events_received":1}').nullable(),
  })
  .meta({ id: 'Attempt' })

const replayEntry = z
  .object({
    replay_id: text('7'),
    requested_by: text('ada@shop.example'),
    note: text('the token was renewed').nullable(),
    requested_at: at(),
    from_state: text('dead'),
    from_reason: reason,
    refusal: text('under_way').nullable(),
    outcome: text('delivered').nullable(),
    outcome_reason: reason,
    settled_at: at().nullable(),
  })
  .meta({ id: 'ReplayEntry' })

export const delivery = z
  .object({
    delivery_id: text('512'),
    destination,
    state: text('delivered', 'See DeliveryState.'),
    reason,
    decision: z.unknown().meta({
      description: 'What the last decision rests on: consent, trigger, mapping version.',
      examples: [{ subscription: 'Purchases' }],
    }),
    attempts: z.array(attempt),
    replays: z.array(replayEntry),
    due_at: at().nullable(),
    claimed_until: at().describe('In a worker’s hand until then.').nullable(),
  })
  .meta({ id: 'Delivery' })

export const identityLink = z.object({
  type: text('email'),
  value: text('a…@example.com'),
  profile_id: profileId,
  rule: text('message'),
  message_id: messageId,
  linked_at: at(),
})

export const merge = z
  .object({
    from_profile_id: profileId,
    into_profile_id: profileId,
    rule: text('anonymous_to_known'),
    message_id: messageId,
    merged_at: at(),
  })
  .meta({ id: 'Merge' })

const transition = z.object({
  audience: text('vip'),
  direction: z.enum(['entered', 'exited']),
  reason: text('stated'),
  event_id: eventId,
  deliveries: z.array(delivery),
})

export const messageStory = z
  .object({
    message_id: messageId,
    environment,
    kind: text('event'),
    outcome: text('accepted'),
    received_at: at(),
    receipts: count(1),
    warnings: z.array(text('properties.price: "free" is no number')),
    raw: z.unknown().meta({
      description: 'The message as Segment sent it; personal data masked.',
      examples: [{ type: 'track', event: 'Order Completed' }],
    }),
    event: z
      .object({
        name: text('purchase'),
        event_id: eventId,
        dedup_key: text('ORD-10492').nullable(),
        message_id: messageId,
        canonical: z.unknown().meta({ examples: [{ tracklayer_event: 'purchase' }] }),
      })
      .nullable(),
    dedup: z
      .object({
        verdict: z.enum(['first', 'duplicate']),
        by: z.enum(['dedup_key', 'event_id']),
        winner: z.object({ message_id: messageId, received_at: at().nullable() }),
        duplicates: z.array(z.object({ message_id: messageId, received_at: at() })),
      })
      .nullable(),
    profile: z.object({ id: profileId, canonical_user_id: userId }).nullable(),
    identity: z.object({ links: z.array(identityLink), merges: z.array(merge) }).nullable(),
    deliveries: z.array(delivery),
    transitions: z.array(transition),
  })
  .meta({ id: 'MessageStory' })
