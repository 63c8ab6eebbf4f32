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
  /** Audiences the person was in when it happened, by the names of mappings/audiences.yaml; left out when not asked. */
  readonly audiences?: readonly string[]
  /** What a refund or a cancellation is about; null when that is not on record. */
  readonly related?: RelatedFact | null
  /** Name of the property that holds the related event id. Default `related_event_id`. */
  readonly relatedAs?: string | undefined
}

/** The order that a refund or cancellation takes back from. */
export interface RelatedFact {
  readonly eventId: string
  /** Decimal text: what is left of its value by then; null when that cannot be said, as with another currency. */
  readonly netValue: string | null
}

/** What the database and the hour decide about a message that goes back: written down before it is sent first. */
export interface ReturnFacts {
  /** ISO 8601 in UTC. */
  readonly at: string
  readonly canonicalUserId: string | null
  readonly audiences: readonly string[]
  readonly related: RelatedFact | null
  /** Computed traits of the person, by name. */
  readonly traits: JsonObject
}

// Tracking API limit of 32 KB a message (segment.md 6), less what ids, names and context take.
const MAX_PROPERTIES_BYTES = 24 * 1024
const MAX_SINGLE_BYTES = 1024
const MAX_AUDIENCES_BYTES = 4 * 1024
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
    properties: { ...fitting(properties), ...addedBy(options), tracklayer_event },
    context: contextOf(environment),
    integrations,
  }
}

/** Computed traits as the identify message that goes back beside the conversion; null for nobody, or without any. */
export function returnTraits(
  { tracklayer_event, anonymous_id, properties }: CanonicalEvent,
  { environment, integrations }: Pick<ReturnOptions, 'environment' | 'integrations'>,
  { at, canonicalUserId, traits }: ReturnFacts,
): JsonObject | null {
  if (Object.keys(traits).length === 0) return null
  if (canonicalUserId === null && anonymous_id === null) return null
  return {
    type: 'identify',
    messageId: returnMessageId(environment, `${tracklayer_event}\ntraits`, properties.event_id),
    ...(canonicalUserId === null ? {} : { userId: canonicalUserId }),
    ...(anonymous_id === null ? {} : { anonymousId: anonymous_id }),
    timestamp: at,
    traits,
    context: contextOf(environment),
    integrations,
  }
}

function contextOf(environment: string): JsonObject {
  return { tracklayer: { origin: LOOP_ORIGIN, environment } }
}

// In `properties`, where conditions of audiences can read them; `context` is closed to those.
function addedBy({ audiences, related, relatedAs }: ReturnOptions): JsonObject {
  return {
    ...(audiences ? shortened(audiences) : {}),
    ...(related ? { [relatedAs ?? 'related_event_id']: related.eventId } : {}),
    ...(related && related.netValue !== null ? { net_value: Number(related.netValue) } : {}),
  }
}

// Somebody in hundreds of audiences: as many as fit, and how many did not.
function shortened(audiences: readonly string[]): JsonObject {
  const kept: string[] = []
  let free = MAX_AUDIENCES_BYTES
  for (const id of audiences) {
    free -= bytesOf([id])
    if (free < 0) break
    kept.push(id)
  }
  const omitted = audiences.length - kept.length
  return { audiences: kept, ...(omitted > 0 ? { audiences_omitted: omitted } : {}) }
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
function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value))
}
