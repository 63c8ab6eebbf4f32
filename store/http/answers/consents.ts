// What /v1/consents and what is below it answer.
import { z } from 'zod'
import { CONSENT_DECISIONS } from '../../consent-decisions.ts'
import {
  at,
  count,
  counts,
  destination,
  environment,
  messageId,
  next,
  profileId,
  reason,
  text,
  unknownConsent,
  userId,
} from './leaves.ts'

const category = text('Advertising')

const heldCount = z
  .object({
    destination,
    reason,
    count: count(3),
    first_due_at: at().describe('When the first of them is decided at the latest.'),
    last_due_at: at(),
  })
  .meta({ id: 'HeldCount' })

export const consentSummary = z
  .object({
    environment,
    window: z.enum(['1h', '24h', '7d']),
    since: at(),
    until: at(),
    destinations: z.array(
      z.object({
        name: destination,
        asks: z
          .object({
            categories: z.array(category),
            require: z.enum(['all', 'any']),
            unknown: unknownConsent.describe('What it means that nobody has answered.'),
            hold_ms: count(259_200_000, 'So long an event is held for an answer.'),
            when: text('not in_audience("employees")', 'FQL: asked for only then.').nullable(),
          })
          .nullable()
          .meta({ description: 'Null for one that asks for no consent, or is not on.' }),
        decisions: z
          .partialRecord(z.enum(CONSENT_DECISIONS), z.number().int())
          .meta({ examples: [{ granted: 128, denied: 12 }] }),
      }),
    ),
    held: z.array(heldCount),
  })
  .meta({ id: 'ConsentSummary' })

export const heldPage = z.object({
  held: z.array(
    z
      .object({
        delivery_id: text('512'),
        destination,
        reason,
        due_at: at().describe('Decided at the latest.'),
        received_at: at(),
        event: text('purchase'),
        message_id: messageId,
        profile_id: profileId.nullable(),
        canonical_user_id: userId,
        waits_for: z.array(category).meta({ description: 'Categories nobody has answered.' }),
      })
      .meta({ id: 'HeldDelivery' }),
  ),
  next_cursor: text(
    '2026-04-23T10:15:30.000Z_512',
    'Give it as `cursor` to get the next page; null on the last one.',
  ).nullable(),
})

export const revocationPage = z.object({
  revocations: z.array(
    z
      .object({
        id: text('9'),
        categories: z
          .array(category)
          .meta({ description: 'Answered yes before, and no by this message.' }),
        stated_at: at(),
        received_at: at(),
        message_id: messageId,
        profile_id: profileId,
        canonical_user_id: userId,
        withdrawn: counts({ meta: 2 }, 'Destination → deliveries that ended unsent because of it.'),
        removed: counts({ meta: 1 }, 'Destination → removals from audiences because of it.'),
      })
      .meta({ id: 'Revocation' }),
  ),
  next_cursor: next,
})
