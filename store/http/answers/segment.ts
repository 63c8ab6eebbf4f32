// What the signed door takes and answers (design 3.4). Bodies are read in core, entry by entry; this documents them.
import { z } from 'zod'
import { MAX_BATCH_ENTRIES } from '../../../core/batch.ts'
import { eventId, messageId, object, text } from './leaves.ts'

const entry = (kinds: readonly [string, ...string[]]) =>
  z.object({
    message: object(
      {
        type: 'track',
        event: 'Order Completed',
        messageId: 'msg_01HX9',
        timestamp: '2026-04-23T10:15:30.000Z',
        properties: { order_id: 'ORD-10492', revenue: 129.95, currency: 'EUR' },
      },
      'The raw message, after the PII policy.',
    ),
    kind: z.enum(kinds),
    canonical: object({ tracklayer_event: 'purchase' }, 'Null for what is no event.').nullable(),
    warnings: z.array(text('properties.price: "free" is no number')),
  })

const batchOf = (kinds: readonly [string, ...string[]]) =>
  z.object({ batch: z.array(entry(kinds)).max(MAX_BATCH_ENTRIES) })

export const batch = batchOf([
  'event',
  'profile',
  'audience',
  'group',
  'alias',
  'delete',
  'unmapped',
]).meta({ id: 'Batch' })

export const audienceBatch = batchOf(['audience']).meta({ id: 'AudienceBatch' })

export const batchAnswer = z
  .object({
    results: z.array(
      z.object({
        message_id: messageId,
        status: z
          .number()
          .int()
          .meta({ examples: [200] }),
        outcome: z.enum(['accepted', 'duplicate', 'unmapped', 'rejected']),
        event_id: eventId.optional(),
        reason: text('message cannot be stored').optional(),
      }),
    ),
  })
  .meta({ id: 'BatchAnswer', description: 'By position: one result for each entry.' })

export const audienceObjectRequest = z
  .union([
    z.object({
      action: z.literal('create'),
      audience: z.object({
        name: text('VIP customers'),
        computation_id: text('aud_1').nullish(),
        computation_key: text('vip').nullish(),
        space_id: text('spa_1').nullish(),
        settings: object({}).optional(),
      }),
    }),
    z.object({ action: z.literal('get'), audience: z.object({ id: text('tla_3f9c') }) }),
  ])
  .meta({ id: 'AudienceObjectRequest' })

export const audienceObjectAnswer = z.object({ audience: z.object({ id: text('tla_3f9c') }) })
