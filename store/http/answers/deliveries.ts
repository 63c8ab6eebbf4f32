// What is answered about dead letters, replays, deliveries that wait, and the ledger.
import { z } from 'zod'
import { destinationSums } from './destinations.ts'
import {
  at,
  count,
  counts,
  destination,
  environment,
  eventId,
  messageId,
  next,
  object,
  reason,
  state,
  text,
} from './leaves.ts'

const deadLetter = z
  .object({
    delivery_id: text('512'),
    destination,
    reason,
    event: text('purchase'),
    event_id: eventId,
    message_id: messageId,
    occurred_at: at().nullable(),
    given_up_at: at(),
    attempts: count(8),
    status: z
      .number()
      .int()
      .meta({ examples: [400] })
      .nullable(),
  })
  .meta({ id: 'DeadLetter' })

const deadLetterGroup = z
  .object({
    destination,
    reason,
    count: count(3),
    first_at: at(),
    last_at: at(),
    events: counts({ purchase: 3 }, 'Canonical name → count.'),
    examples: z.array(messageId),
  })
  .meta({ id: 'DeadLetterGroup' })

/** A page, or with ?group=reason the groups. */
export const deadLetters = z.union([
  z.object({
    dead_letters: z.array(deadLetter),
    next_cursor: next,
  }),
  z.object({ groups: z.array(deadLetterGroup) }),
])

const selection = z.object({
  message_id: z.string().optional(),
  event_id: z.string().optional(),
  destination: z.string().optional(),
  states: z.array(state),
  reason: z.string().optional(),
  event: z.string().optional(),
  since: z.string().optional(),
  until: z.string().optional(),
})

export const replayStory = z
  .object({
    id: text('7'),
    state: z.enum(['running', 'finished']),
    selection: z.object({
      selection,
      permissions: z.object({ includeDelivered: z.boolean(), confirmUnknown: z.boolean() }),
    }),
    requested_by: text('ada@shop.example'),
    note: text('the token was renewed').nullable(),
    created_at: at(),
    finished_at: at().nullable(),
    considered: count(3),
    enqueued: count(2),
    refused: counts({ under_way: 1 }, 'Why not (/docs/errors) → count.'),
    outcomes: counts({ delivered: 2 }),
  })
  .meta({ id: 'Replay' })

/** With the first of what it looked at. */
export const replayDetail = replayStory
  .extend({
    deliveries: z.array(
      z.object({
        message_id: messageId,
        event: text('purchase'),
        destination,
        refusal: text('under_way', 'Why it was not sent again.').nullable(),
        outcome: text('delivered', 'Null while it is under way.').nullable(),
        reason,
      }),
    ),
  })
  .meta({ id: 'ReplayDetail' })

export const replayList = z.object({ replays: z.array(replayStory) })

const dryRunItem = z
  .object({
    delivery_id: text('512'),
    destination,
    message_id: messageId,
    event_id: eventId,
    event: text('purchase'),
    state: text('dead'),
    reason,
    replay: z.boolean().meta({ description: 'Whether the replay would enqueue it.' }),
    refusal: z
      .object({ code: text('under_way'), message: text('is pending: the worker has it in hand') })
      .nullable(),
    until: at().nullable(),
    would: z
      .object({
        kind: z.enum(['sent', 'filtered', 'held', 'refused']),
        reason,
        evidence: object({}).nullable(),
      })
      .nullable(),
    sent: z.object({ number: count(1), at: z.string(), request: object({}) }).nullable(),
    now: object({}, 'What would be sent now.').nullable(),
    requests: z.array(
      z.object({ method: text('POST'), url: text('https://graph.example'), body: z.unknown() }),
    ),
    difference: z
      .array(
        z.object({
          kind: z.enum(['added', 'removed', 'changed']),
          path: text('user.email'),
          before: z.unknown().optional(),
          after: z.unknown().optional(),
        }),
      )
      .nullable(),
    masked_difference: z.boolean(),
  })
  .meta({ id: 'DryRunItem' })

export const dryRunPage = z
  .object({ dry_run: z.literal(true), items: z.array(dryRunItem), next_cursor: next })
  .meta({ id: 'DryRun' })

/** One that somebody released, withdrew or settled. */
export const changedDelivery = z
  .object({
    delivery_id: text('512'),
    destination,
    message_id: messageId,
    state,
    reason,
    due_at: at().describe('When it is decided again; null once it is settled.').nullable(),
    may_have_arrived: z
      .boolean()
      .meta({ description: 'An earlier attempt may be at the platform all the same.' }),
  })
  .meta({ id: 'ChangedDelivery' })

export const changedGroup = z.object({
  changed: count(120),
  skipped: count(2, 'In a worker’s hand at this moment, or never withdrawn.'),
})

export const reconciliation = z
  .object({
    environment,
    messages: z.object({
      stored: count(140),
      received: count(143, 'accepted + duplicates + unmapped + rejected'),
      accepted: count(130),
      accepted_events: count(128),
      duplicates: count(8),
      unmapped: count(5),
      rejected: count(0),
    }),
    events: count(128),
    transitions: count(15),
    owed: count(143),
    destinations: z.record(z.string(), destinationSums),
    balanced: z.boolean(),
  })
  .meta({ id: 'Reconciliation' })
