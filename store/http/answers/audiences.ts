// What /v1/audiences and what is below it answer.
import { z } from 'zod'
import { SIZE_WINDOWS, type SizeWindow } from '../../audience-sizes.ts'
import {
  at,
  count,
  counts,
  destination,
  eventId,
  messageId,
  next,
  object,
  profileId,
  reason,
  series,
  subject,
  text,
  userId,
} from './leaves.ts'

const audience = text('vip')
const identity = text('aud_1', 'Tells it from others of its key, and finds it.')

const remoteState = z.enum(['making', 'waiting', 'ready', 'paused'])

const remote = z
  .object({
    destination,
    name: text('VIP customers', 'What it is called at the platform.'),
    external_id: text('23851').nullable(),
    state: remoteState,
    reason: text('the audience was deleted').nullable(),
    due_at: at().nullable(),
    changed_at: at(),
  })
  .meta({ id: 'RemoteAudience' })

export const audienceSummary = z
  .object({
    id: audience,
    identity: identity.nullable(),
    name: text('VIP customers').nullable(),
    is_listed: z.boolean().meta({ description: 'In mappings/audiences.yaml.' }),
    is_current: z.boolean(),
    computation_id: text('aud_1').nullable(),
    key: text('vip').nullable(),
    class: text('audience').nullable(),
    space_id: text('spa_1').nullable(),
    external_audience_id: text('2384').nullable(),
    first_computed_at: at().nullable(),
    members: z.object({
      total: count(420),
      known: count(400),
      anonymous: count(15),
      unresolved: count(5),
    }),
    mode: z.enum(['full_state', 'append_only']),
    retention_days: count(30).nullable(),
    minimum_size: count(100),
    destinations: z.array(destination),
    remotes: z.array(remote),
  })
  .meta({ id: 'Audience' })

export const audienceList = z.object({ audiences: z.array(audienceSummary) })

export const memberPage = z.object({
  audience,
  members: z.array(
    z
      .object({
        subject,
        status: z.enum(['known', 'anonymous', 'unresolved']),
        profile_id: profileId.nullable(),
        canonical_user_id: userId,
        since: at().nullable(),
        computed_at: at(),
        record: object({ tracklayer_event: 'audience_entered' }).nullable().optional(),
      })
      .meta({ id: 'AudienceMember' }),
  ),
  next,
})

export const transitionPage = z.object({
  audience,
  transitions: z.array(
    z
      .object({
        id: text('88'),
        direction: z.enum(['entered', 'exited']),
        reason: text('stated'),
        subject,
        profile_id: profileId.nullable(),
        computed_at: at(),
        logged_at: at(),
        event_id: eventId,
        message_id: messageId,
        deliveries: z.record(z.string(), z.string()).meta({ examples: [{ meta: 'delivered' }] }),
      })
      .meta({ id: 'AudienceTransition' }),
  ),
  next,
})

const money = text('1299.50', 'Exact, as decimal text.')
const eventOutcomes = z.object({
  conversions: count(41),
  people: count(39),
  revenue: z.array(
    z.object({
      currency: text('EUR').nullable(),
      orders: count(41),
      gross: money,
      taken_back: money,
      net: money,
    }),
  ),
})
const outcomeGroup = z
  .object({
    conversions: count(41),
    people: count(39),
    events: z.record(z.string(), eventOutcomes),
  })
  .meta({ id: 'OutcomeGroup' })
const outcomeSplit = z
  .object({ member: outcomeGroup, not_member: outcomeGroup, total: outcomeGroup })
  .meta({ id: 'OutcomeSplit' })

export const audienceOutcomes = z
  .object({
    id: audience,
    asked: z.object({ since: at().nullable(), until: at(), window: text('7d').nullable() }),
    audience: z.object({ people: count(420), entries: count(44) }),
    period: outcomeSplit,
    window: outcomeSplit.nullable(),
  })
  .meta({ id: 'AudienceOutcomes' })

const platformSays = z
  .union([
    z.object({
      name: text('VIP customers').nullable(),
      size: z.object({ lower: count(400), upper: count(500) }).nullable(),
      state: z.enum(['ready', 'processing', 'too_small', 'blocked', 'unknown']),
      detail: text('too small to be used').nullable(),
    }),
    z.object({ error: text('the platform answered 503') }),
  ])
  .nullable()

export const audienceAudit = z
  .object({
    audience,
    destinations: z.array(
      z.object({
        destination,
        remote: z
          .object({
            external_id: text('2384').nullable(),
            name: text('VIP customers'),
            state: remoteState,
            reason,
            due_at: at().nullable(),
          })
          .nullable(),
        ours: count(420),
        acknowledged: count(418),
        in_step: count(416),
        waiting: count(2),
        deliveries_waiting: z.array(
          z.object({
            as: z.enum(['entered', 'exited']),
            state: text('retrying'),
            reason,
            count: count(2),
          }),
        ),
        withheld: counts({ consent_denied: 4 }, 'Members who are not sent, by reason.'),
        missing: count(1),
        extra: count(0),
        drifted: z.array(
          z.object({
            drift: z.enum(['missing', 'extra']),
            subject,
            profile_id: profileId.nullable(),
            canonical_user_id: userId,
            last: z.object({ state: text('dead'), reason }).nullable(),
          }),
        ),
        platform: platformSays,
      }),
    ),
  })
  .meta({ id: 'AudienceAudit' })

export const audienceRepaired = z.object({
  audience,
  repaired: z.array(z.object({ destination, entered: count(1), exited: count(0) })),
})

export const audienceResumed = z.object({
  audience,
  destination,
  external_id: text('2384').nullable(),
  state: remoteState,
})

export const audienceSizes = z
  .object({
    window: z.enum(Object.keys(SIZE_WINDOWS) as [SizeWindow]),
    since: at(),
    until: at(),
    bucket_ms: count(86_400_000),
    audiences: z.array(
      z.object({
        id: audience,
        identity,
        members: count(420, 'Now.'),
        sizes: series.describe('Members at the end of each bucket, oldest first.'),
        entered: series,
        exited: series,
      }),
    ),
    losses: z
      .array(
        z.object({
          id: audience,
          identity,
          name: text('VIP customers').nullable(),
          before: count(420),
          after: count(12),
          at: at().describe('End of the hour in which they left.'),
        }),
      )
      .meta({
        description: 'Lost more than half of their members within an hour of the last day.',
      }),
  })
  .meta({ id: 'AudienceSizes' })
