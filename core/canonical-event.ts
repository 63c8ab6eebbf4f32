// The canonical event (design 3.2): our normalised shape of a track message, before any destination's mapping.
import { isJsonObject, type Json, type JsonObject } from './json.ts'

export interface CanonicalUser {
  readonly email?: string
  readonly phone?: string
  readonly first_name?: string
  readonly last_name?: string
  readonly city?: string
  readonly region?: string
  readonly postal_code?: string
  readonly country?: string
}

export interface CanonicalContext {
  readonly ip?: string
  readonly user_agent?: string
  readonly locale?: string
  readonly group_id?: string
  readonly page?: JsonObject
  readonly campaign?: JsonObject
  readonly click_ids?: Readonly<Record<string, string>>
}

export interface LineItem {
  readonly item_id?: string
  readonly name?: Json
  readonly price?: number
  readonly quantity?: number
  readonly [property: string]: Json | undefined
}

export interface CanonicalEvent {
  readonly segment_event: string
  readonly tracklayer_event: string
  readonly message_id: string
  /** Segment's `timestamp`, ISO 8601 in UTC; never the time of arrival. Null when the message carries none. */
  readonly occurred_at: string | null
  readonly canonical_user_id: string | null
  readonly anonymous_id: string | null
  readonly user: CanonicalUser
  /** Category id → granted. `null` is unknown, which is not the same as denied. */
  readonly consent: Readonly<Record<string, boolean>> | null
  readonly context: CanonicalContext
  readonly properties: JsonObject & { readonly event_id: string }
  readonly mapping_version: string
}

/**
 * The event in the shape that everybody who reads it relies on, whatever its sender put there: parts that are no objects are
 * empty, and texts that are none are left out or null. Changes the value it is given, which is freshly parsed.
 */
export function inShape(event: JsonObject): CanonicalEvent {
  const draft = event as Record<string, Json | undefined>
  draft.user = textsOf(draft.user)
  draft.consent = isJsonObject(draft.consent) ? draft.consent : null
  draft.context = contextOf(draft.context)
  if (!isJsonObject(draft.properties)) draft.properties = {}
  for (const name of ['occurred_at', 'canonical_user_id', 'anonymous_id'])
    if (typeof draft[name] !== 'string') draft[name] = null
  for (const name of ['segment_event', 'tracklayer_event', 'message_id', 'mapping_version'])
    if (typeof draft[name] !== 'string') draft[name] = ''
  return event as unknown as CanonicalEvent
}

function contextOf(value: Json | undefined): JsonObject {
  if (!isJsonObject(value)) return {}
  const draft = value as Record<string, Json | undefined>
  for (const name of ['ip', 'user_agent', 'locale', 'group_id'])
    if (name in draft && typeof draft[name] !== 'string') delete draft[name]
  for (const name of ['page', 'campaign'])
    if (name in draft && !isJsonObject(draft[name])) delete draft[name]
  if ('click_ids' in draft) draft.click_ids = textsOf(draft.click_ids)
  return value
}

function textsOf(value: Json | undefined): JsonObject {
  if (!isJsonObject(value)) return {}
  const draft = value as Record<string, Json | undefined>
  for (const name of Object.keys(draft)) if (typeof draft[name] !== 'string') delete draft[name]
  return value
}
