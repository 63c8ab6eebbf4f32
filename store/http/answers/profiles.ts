// What /v1/profiles/:id and what is below it answer.
import { z } from 'zod'
import {
  at,
  count,
  destination,
  environment,
  eventId,
  messageId,
  object,
  profileId,
  text,
  userId,
} from './leaves.ts'
import { merge } from './messages.ts'

const profileMerge = merge
  .extend({
    id: text('4'),
    is_separable: z
      .boolean()
      .meta({ description: 'False: it was not kept yet what came for whom.' }),
    undone_at: at().nullable(),
    undone_by: text('ada@shop.example').nullable(),
  })
  .meta({ id: 'ProfileMerge' })

const consent = z.object({
  category: text('Advertising'),
  granted: z.boolean(),
  stated_at: at(),
  message_id: messageId,
})

export const profileStory = z
  .object({
    id: profileId,
    environment,
    canonical_user_id: userId,
    created_at: at(),
    identifiers: z.array(
      z.object({
        type: text('user_id'),
        value: text('cust_10482'),
        rule: text('message'),
        message_id: messageId,
        linked_at: at(),
      }),
    ),
    traits: object({ plan: 'gold' }, 'Latest statement of each; personal data masked.'),
    consents: z.array(consent),
    consent_history: z
      .array(
        consent.extend({
          before: z
            .boolean()
            .nullable()
            .meta({ description: 'What held until then; null where nothing had been said.' }),
          held: z
            .boolean()
            .meta({ description: 'False: what was stated later had arrived first.' }),
          received_at: at(),
          profile_id: profileId,
        }),
      )
      .meta({ description: 'Every statement with what it changed, newest first.' }),
    audiences: z.array(
      z.object({
        id: text('vip'),
        computation_id: text('aud_1').nullable(),
        key: text('vip').nullable(),
        name: text('VIP customers').nullable(),
        is_member: z.boolean(),
        since: at().nullable(),
        computed_at: at(),
        reason: text('exited').nullable(),
        message_id: messageId,
      }),
    ),
    merges: z
      .array(profileMerge)
      .meta({ description: 'Undone ones too; of those nobody is part of it any more.' }),
    events: z.array(
      z.object({
        name: text('purchase'),
        event_id: eventId,
        message_id: messageId,
        occurred_at: at().nullable(),
      }),
    ),
  })
  .meta({ id: 'ProfileStory' })

const side = z
  .object({
    profile_id: profileId,
    canonical_user_id: userId,
    identifiers: z.array(
      z.object({
        type: text('user_id'),
        value: text('cust_10482'),
        rule: text('message'),
        message_id: messageId,
      }),
    ),
    consents: z.array(consent),
    audiences: z
      .array(
        z.object({
          id: text('vip'),
          computation_id: text('aud_1').nullable(),
          key: text('vip').nullable(),
          name: text('VIP customers').nullable(),
        }),
      )
      .meta({ description: 'Of which its own messages state something.' }),
    messages: count(12),
    events: count(3),
  })
  .meta({ id: 'MergeSide' })

export const separationPreview = z
  .object({
    id: text('4'),
    rule: text('anonymous_to_known'),
    message_id: messageId,
    merged_at: at(),
    refusal: z
      .enum(['undone', 'too_old'])
      .nullable()
      .meta({ description: 'Why it cannot be undone.' }),
    leaves: side,
    stays: side,
    released: z
      .array(z.object({ type: text('user_id'), value: text('cust_10482') }))
      .meta({ description: 'Identifiers that nobody has afterwards.' }),
    sent: z
      .array(z.object({ destination, count: count(3) }))
      .meta({ description: 'Of either since the merge: it stays as it is.' }),
  })
  .meta({ id: 'SeparationPreview' })

export const separated = z.object({
  profile_id: text('1043', 'Who is a profile of their own again.'),
  kept_apart_from: profileId,
})
