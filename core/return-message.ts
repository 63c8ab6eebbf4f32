// A confirmed conversion as the Segment message that goes back (design 3.5).
import { createHash } from 'node:crypto'
import type { CanonicalEvent } from './canonical-event.ts'
import type { JsonObject } from './json.ts'
import { LOOP_ORIGIN } from './loop-mark.ts'

export interface ReturnOptions {
  /** Name of the event in Segment, e.g. `Purchase Confirmed`. */
  readonly event: string
  readonly environment: string
  /** Who the person is known to be by now; null when still anonymous. */
  readonly canonicalUserId: string | null
  /** Segment's `integrations` object, e.g. to keep the message from chosen destinations. */
  readonly integrations: Readonly<Record<string, boolean>>
}

// Tracking API limit of 32 KB a message (segment.md 6), less what ids, names and context take.
const MAX_PROPERTIES_LENGTH = 24 * 1024

/** The track message, or null when there is no id to attach it to: Segment refuses such a message. */
export function returnMessage(
  canonical: CanonicalEvent,
  options: ReturnOptions,
): JsonObject | null {
  const { event, environment, canonicalUserId, integrations } = options
  const { tracklayer_event, anonymous_id, occurred_at, properties } = canonical
  if (canonicalUserId === null && anonymous_id === null) return null
  return {
    type: 'track',
    event,
    messageId: returnMessageId(environment, tracklayer_event, properties.event_id),
    ...(canonicalUserId === null ? {} : { userId: canonicalUserId }),
    ...(anonymous_id === null ? {} : { anonymousId: anonymous_id }),
    ...(occurred_at === null ? {} : { timestamp: occurred_at }),
    properties: { ...fitting(properties), tracklayer_event },
    context: { tracklayer: { origin: LOOP_ORIGIN, environment } },
    integrations,
  }
}

/** Deterministic and below Segment's 100 characters, so that its own deduplication works for us. */
export function returnMessageId(environment: string, name: string, eventId: string): string {
  const digest = createHash('sha256').update(`${environment}\n${name}\n${eventId}`).digest('hex')
  return `tracklayer_${digest.slice(0, 40)}`
}

// Order lines are the only part that grows without bound; the amounts and ids always go back.
function fitting(properties: JsonObject): JsonObject {
  if (JSON.stringify(properties).length <= MAX_PROPERTIES_LENGTH) return properties
  const scalars = Object.entries(properties).filter(
    ([, value]) => typeof value !== 'object' && String(value).length <= 512,
  )
  return Object.fromEntries(scalars)
}
