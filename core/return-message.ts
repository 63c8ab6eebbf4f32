// A confirmed conversion as the Segment message that goes back (design 3.5).
import { createHash } from 'node:crypto'
import type { CanonicalEvent } from './canonical-event.ts'
import type { Json, JsonObject } from './json.ts'
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
const MAX_PROPERTIES_BYTES = 24 * 1024
const MAX_SINGLE_BYTES = 1024
// What an audience or a report cannot do without: kept before anything else when not all fits.
const FIRST_KEPT = ['event_id', 'order_id', 'value', 'currency'] as const

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

// Lists and long texts stay behind when not all fits; the amounts and ids always go back.
function fitting(properties: JsonObject): JsonObject {
  if (bytesOf(properties) <= MAX_PROPERTIES_BYTES) return properties
  const kept: Record<string, Json> = {}
  let free = MAX_PROPERTIES_BYTES
  for (const name of new Set([...FIRST_KEPT, ...Object.keys(properties)])) {
    const value = properties[name]
    if (value === undefined || typeof value === 'object') continue
    const bytes = bytesOf({ [name]: value })
    if (bytes > MAX_SINGLE_BYTES || bytes > free) continue
    kept[name] = value
    free -= bytes
  }
  return kept
}

// Segment counts the bytes of the request, not characters.
function bytesOf(value: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(value))
}
