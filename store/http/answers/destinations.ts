// What /v1/destinations and what is below it answer.
import { z } from 'zod'
import { PLATFORMS } from '../../../core/identity-fields/field.ts'
import {
  at,
  count,
  destination,
  messageId,
  reason,
  share,
  state,
  text,
  unknownConsent,
  waitingState,
} from './leaves.ts'

const stateCounts = {
  pending: count(0),
  held: count(1),
  retrying: count(0),
  delivered: count(128),
  filtered: count(12),
  dead: count(2),
  unknown: count(0),
  total: count(143),
  reasons: z
    .partialRecord(state, z.record(z.string(), z.number().int()))
    .meta({ examples: [{ filtered: { consent_denied: 12 } }] }),
}

export const destinationSums = z.object(stateCounts).meta({ id: 'DestinationSums' })

export const matchQuality = z
  .object({
    average: z.number().meta({ examples: [7.4], description: 'Mean estimate, 0 to 10.' }),
    events: count(128),
    missing: z.array(z.object({ identifier: text('phone'), share: share(0.62) })),
  })
  .meta({ id: 'MatchQuality' })

/** A circuit breaker that keeps requests back. */
export const breaker = z
  .object({
    destination,
    worker: text('worker-1/0', 'Which process’s lane.'),
    state: z
      .enum(['open', 'half_open'])
      .meta({ description: 'half_open: the rest is over, and the next request tries.' }),
    since: at(),
    rest_until: at(),
  })
  .meta({ id: 'Breaker' })

const daySums = z
  .object({
    ...stateCounts,
    since: at().describe('Settled since then; what waits, waits now.'),
    partial: z
      .array(waitingState)
      .meta({ description: 'States of which more wait than are counted.' }),
    has_all_reasons: z
      .boolean()
      .meta({ description: 'False where reasons are only those of the latest.' }),
    delivered_per_second: z.number().meta({ examples: [3.2] }),
    first_due_at: at().describe('When the earliest of what is pending was due.').nullable(),
  })
  .meta({ id: 'DaySums' })

const destinationStory = z
  .object({
    name: destination,
    is_paused: z.boolean(),
    reason: text('paused by hand', 'Why it is paused.').nullable(),
    changed_at: at().nullable(),
    breakers: z.array(breaker),
    deliveries: daySums.nullable(),
    match_quality: matchQuality.nullable(),
  })
  .meta({ id: 'Destination' })

export const allDestinations = z.object({
  destinations: z.array(destinationStory),
  off: z
    .array(z.object({ name: text('tiktok'), missing: z.array(text('TIKTOK_TOKEN_PRODUCTION')) }))
    .meta({ description: 'Off for want of variables, whose names these are.' }),
})

/** All of each, or with ?detail=names the names. */
export const destinationList = z.union([
  allDestinations,
  z.object({ destinations: z.array(z.object({ name: destination })) }),
])

const setup = z
  .object({
    definition: text('meta-conversions'),
    receives: z.enum(['events', 'audiences']),
    rate_per_second: z
      .number()
      .meta({ examples: [50], description: 'Of one process.' })
      .nullable(),
    concurrency: count(16),
    batch_size: count(1),
    max_age_ms: count(604_800_000, 'Events older than this are not sent.').nullable(),
    consent: z
      .object({ categories: z.array(text('Advertising')), unknown: unknownConsent })
      .nullable(),
    platform: z
      .enum(PLATFORMS)
      .nullable()
      .meta({ description: 'By whose weights match quality is estimated.' }),
    test_mode: z
      .object({
        says: text('shown under Test events'),
        needs_code: z.boolean(),
        counts: z.boolean(),
      })
      .nullable()
      .meta({ description: 'How a test event is kept apart; null: whatever is sent counts.' }),
    fault: text(
      'meta-conversions: want pixelId',
      'Why it cannot be run as its file asks.',
    ).nullable(),
  })
  .meta({ id: 'DestinationSetup' })

export const destinationDetail = destinationStory
  .extend({
    setup: setup.nullable().meta({ description: 'Null in a store without its destinations.' }),
    errors: z
      .array(
        z.object({
          state: z.enum(['dead', 'unknown', 'retrying']),
          reason,
          count: count(3),
          last_at: at().nullable(),
          example: messageId,
        }),
      )
      .meta({ description: 'What goes wrong there, by reason, most first.' }),
    identifiers: z
      .array(
        z.object({
          identifier: text('phone'),
          share: share(0.38),
          gain: z.number().meta({
            examples: [1.2],
            description: 'By how much the mean estimate would rise with it in every event.',
          }),
          hint: text('send traits.phone', 'What to send.'),
        }),
      )
      .nullable(),
  })
  .meta({ id: 'DestinationDetail' })

export const testedDestination = z
  .object({
    name: destination,
    outcome: z.enum(['delivered', 'filtered', 'held', 'unknown', 'failed']),
    reason,
    counts: z.boolean().meta({ description: 'What was sent counts like any other event.' }),
    says: text('shown under Test events, and counts nowhere'),
    exchanges: z.array(
      z.object({
        request: z.object({
          method: text('POST'),
          url: text('https://graph.example'),
          body: z.unknown(),
        }),
        status: z
          .number()
          .int()
          .meta({ examples: [200] }),
        response: text('{"events_received":1}'),
      }),
    ),
    faults: z
      .array(text('currency is missing'))
      .meta({ description: 'What the platform finds wrong although it took it.' }),
  })
  .meta({ id: 'TestedDestination' })

export const destinationSwitched = z.object({ name: destination, is_paused: z.boolean() })
