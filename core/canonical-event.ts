// The canonical event (design 3.2): our normalised shape of a track message, before any destination's mapping.
import type { Json, JsonObject } from './json.ts'

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
