// What TikTok asks of an event of Events API 2.0 (business-api.tiktok.com/portal/docs, "Events 2.0"; field list also in
// docs.tealium.com/server-side-connectors/tiktok-events-connector). Faults are code 40002 with a path in the message, in
// the form that RudderStack recorded from the older batch endpoint; for event/track the path's prefix is UNVERIFIED.
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { isCurrency, isFiniteNumber, isNonEmptyText, isSha256Hex, listOf } from '../value-forms.ts'

const DAY_MS = 24 * 60 * 60 * 1000

export type TikTokSource = 'web' | 'app' | 'offline' | 'crm'

export interface TikTokRuleOptions {
  /**
   * Days after which an event no longer counts. 28 for offline events is documented by partners (Amperity); the others
   * are UNVERIFIED, and 7 is the view-through window.
   */
  readonly maxAgeDays?: Partial<Readonly<Record<TikTokSource, number>>>
  /** UNVERIFIED. Default 0. */
  readonly futureToleranceMs?: number
  /**
   * "Must be hashed with SHA-256 on the client side": that plain values are refused rather than left unmatched is
   * UNVERIFIED. Default true.
   */
  readonly refusesPlainIdentifiers?: boolean
}

export interface TikTokFault {
  readonly reason: string
  readonly path: string
  readonly message: string
}

const DEFAULT_MAX_AGE_DAYS = { web: 7, app: 7, offline: 28, crm: 28 }

const HASHED_FIELDS = ['email', 'phone', 'external_id'] as const

/** The first fault of an event, or null. `now` in milliseconds. */
export function eventFault(
  event: Json,
  now: number,
  options: TikTokRuleOptions,
): TikTokFault | null {
  if (!isJsonObject(event)) return fault('not_an_object', '', 'Not a valid object')
  return requiredFault(event, now, options) ?? userFault(event, options) ?? valueFault(event)
}

function requiredFault(
  event: JsonObject,
  now: number,
  { futureToleranceMs = 0 }: TikTokRuleOptions,
): TikTokFault | null {
  if (!isNonEmptyText(event.event)) {
    return fault('missing_event', 'event', 'Missing data for required field.')
  }
  const { event_time: time, event_id: id } = event
  if (time === undefined) {
    return fault('missing_event_time', 'event_time', 'Missing data for required field.')
  }
  // Seconds: milliseconds would lie far in the future, and an ISO date is no integer.
  if (!isFiniteNumber(time) || !Number.isInteger(time)) {
    return fault('invalid_event_time', 'event_time', 'Not a valid integer.')
  }
  if (time * 1000 > now + futureToleranceMs) {
    return fault('event_in_future', 'event_time', 'Must be earlier than the current time.')
  }
  return id === undefined || typeof id === 'string'
    ? null
    : fault('invalid_event_id', 'event_id', 'Not a valid string')
}

function userFault(
  event: JsonObject,
  { refusesPlainIdentifiers = true }: TikTokRuleOptions,
): TikTokFault | null {
  const user = objectAt(event, 'user')
  if (!user) return null
  for (const field of HASHED_FIELDS) {
    for (const value of listOf(user[field])) {
      if (typeof value !== 'string')
        return fault('invalid_user', `user.${field}`, 'Not a valid string')
      if (refusesPlainIdentifiers && !isSha256Hex(value)) {
        return fault('invalid_hash', `user.${field}`, 'Must be hashed with SHA-256.')
      }
    }
  }
  return null
}

function valueFault(event: JsonObject): TikTokFault | null {
  const properties = objectAt(event, 'properties') ?? {}
  const { value, currency } = properties
  if (value !== undefined && !isFiniteNumber(value)) {
    return fault('invalid_value', 'properties.value', 'Not a valid number.')
  }
  if (currency !== undefined && !isCurrency(currency)) {
    return fault('invalid_currency', 'properties.currency', 'Not a valid choice.')
  }
  // "value … currency must be sent with it".
  if (value !== undefined && currency === undefined) {
    return fault('missing_currency', 'properties.currency', 'Missing data for required field.')
  }
  for (const [index, content] of listOf(properties.contents).entries()) {
    const id = isJsonObject(content) ? content.content_id : undefined
    if (id !== undefined && typeof id !== 'string') {
      return fault(
        'invalid_contents',
        `properties.contents.${index}.content_id`,
        'Not a valid string',
      )
    }
  }
  return null
}

export function isTooOld(
  event: JsonObject,
  source: TikTokSource,
  now: number,
  { maxAgeDays }: TikTokRuleOptions,
): boolean {
  const days = maxAgeDays?.[source] ?? DEFAULT_MAX_AGE_DAYS[source]
  return now - Number(event.event_time) * 1000 > days * DAY_MS
}

function fault(reason: string, path: string, message: string): TikTokFault {
  return { reason, path, message }
}
