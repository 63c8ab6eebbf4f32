// What Meta asks of one server event. Sources: "Server Event Parameters", "Customer Information Parameters" and "Using the
// API" at developers.facebook.com/docs/marketing-api/conversions-api. The first rule an event breaks refuses the request.
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { isCurrency, isFiniteNumber, isNonEmptyText, isSha256Hex, listOf } from '../value-forms.ts'
import type { MetaProblem } from './meta-errors.ts'

const DAY_SECONDS = 24 * 60 * 60
/** "The event_time can be up to 7 days before you send an event to Meta"; 62 days for physical_store. */
const MAX_AGE_SECONDS = 7 * DAY_SECONDS
const MAX_STORE_AGE_SECONDS = 62 * DAY_SECONDS

export interface MetaRuleOptions {
  /** UNVERIFIED how far ahead Meta lets a clock run. Default 0. */
  readonly futureToleranceSeconds?: number
  /**
   * "client_user_agent is required for website events"; a live capture shows Graph accepting an event without it.
   * Default true: what is required in writing may be enforced tomorrow.
   */
  readonly requiresUserAgent?: boolean
  /** "event_source_url is required for website events." Not seen enforced either. Default true. */
  readonly requiresSourceUrl?: boolean
  /** A live capture shows `chf` accepted; the documentation says ISO 4217. Default false. */
  readonly acceptsLowerCaseCurrency?: boolean
  /** UNVERIFIED whether capitals in a hash are accepted. Default false. */
  readonly acceptsUpperCaseHash?: boolean
}

interface EventRule {
  readonly problem: Omit<MetaProblem, 'message' | 'code'> & { readonly message?: string }
  isBroken(event: JsonObject, now: number, options: MetaRuleOptions): boolean
}

const ACTION_SOURCES = new Set([
  'email',
  'website',
  'app',
  'phone_call',
  'chat',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
])

/** "Hashing required". external_id is "hashing recommended": any text will do. */
export const HASHED_FIELDS = ['em', 'ph', 'fn', 'ln', 'ge', 'db', 'ct', 'st', 'zp', 'country']

const OTHER_IDENTIFIERS = [
  'external_id',
  'client_ip_address',
  'fbc',
  'fbp',
  'subscription_id',
  'fb_login_id',
  'lead_id',
  'anon_id',
  'madid',
  'ctwa_clid',
  'page_id',
  'page_scoped_user_id',
  'ig_account_id',
  'ig_sid',
  'client_user_agent',
]

/**
 * "In the Graph API v13.0 release there were new requirements around the combinations … that are considered valid": what
 * consists of only these is too broad. That there is such a list is documented; its items are UNVERIFIED.
 */
const TOO_BROAD = [
  ['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent'],
  ['db', 'client_user_agent'],
  ['fn', 'ge'],
  ['ln', 'ge'],
]

const RULES: readonly EventRule[] = [
  {
    // Subcode UNVERIFIED. Events Manager names the same fault s2s_missing_event_name.
    problem: { reason: 'missing_event_name', subcode: 2804001, title: 'Missing Event Name' },
    isBroken: ({ event_name }) => !isNonEmptyText(event_name),
  },
  {
    // Subcode UNVERIFIED. An ISO date is no integer.
    problem: { reason: 'invalid_event_time', subcode: 2804002, title: 'Invalid Event Timestamp' },
    isBroken: ({ event_time }) => secondsOf(event_time) === null,
  },
  {
    // Captured live, word for word.
    problem: {
      reason: 'event_too_old',
      subcode: 2804003,
      title: 'Event Timestamp Too Old',
      userMessage:
        'The timestamp for this event is too far in the past. Events need to be sent from your server within 7 days of when they occurred. Enter a timestamp that has occurred within the last 7 days.',
    },
    isBroken(event, now) {
      const limit =
        event.action_source === 'physical_store' ? MAX_STORE_AGE_SECONDS : MAX_AGE_SECONDS
      return now / 1000 - (secondsOf(event.event_time) ?? 0) > limit
    },
  },
  {
    // Subcode UNVERIFIED; that future events fail is in adsmurai-facebook-pixel-and-conversions-api issue 3.
    problem: {
      reason: 'event_in_future',
      subcode: 2804004,
      title: 'Event Timestamp In The Future',
      userMessage: 'The timestamp for this event is in the future.',
    },
    isBroken: (event, now, { futureToleranceSeconds = 0 }) =>
      (secondsOf(event.event_time) ?? 0) > now / 1000 + futureToleranceSeconds,
  },
  {
    // Subcode UNVERIFIED.
    problem: { reason: 'invalid_action_source', subcode: 2804008, title: 'Invalid Action Source' },
    isBroken: ({ action_source }) => !ACTION_SOURCES.has(String(action_source)),
  },
  {
    // The subcode is in captures in several languages; the English words are ours.
    problem: {
      reason: 'insufficient_user_data',
      subcode: 2804050,
      title: "You Haven't Added Sufficient Customer Information Parameter Data For This Event",
      userMessage:
        "This event doesn't have any customer information parameters, or it has a combination of customer information parameters that is so broad that it's unlikely to be effective for matching.",
    },
    isBroken: (event) => isTooBroad(userDataOf(event)),
  },
  {
    // Subcode UNVERIFIED.
    problem: {
      reason: 'invalid_hash',
      subcode: 2804016,
      title: 'Malformed Hash',
      userMessage: 'Customer information parameters must be hashed with SHA-256, in hexadecimal.',
    },
    isBroken: (event, _now, { acceptsUpperCaseHash = false }) =>
      HASHED_FIELDS.some((field) =>
        listOf(userDataOf(event)[field]).some(
          (value) => !isSha256Hex(acceptsUpperCaseHash ? String(value).toLowerCase() : value),
        ),
      ),
  },
  {
    // Subcode UNVERIFIED.
    problem: {
      reason: 'missing_user_agent',
      subcode: 2804017,
      title: 'Missing Client User Agent',
      userMessage: 'client_user_agent is required for website events.',
    },
    isBroken: (event, _now, { requiresUserAgent = true }) =>
      requiresUserAgent &&
      event.action_source === 'website' &&
      !isNonEmptyText(userDataOf(event).client_user_agent),
  },
  {
    // Subcode UNVERIFIED.
    problem: {
      reason: 'missing_source_url',
      subcode: 2804018,
      title: 'Missing Event Source URL',
      userMessage: 'event_source_url is required for website events.',
    },
    isBroken: (event, _now, { requiresSourceUrl = true }) =>
      requiresSourceUrl &&
      event.action_source === 'website' &&
      !isNonEmptyText(event.event_source_url),
  },
  {
    // "Required for purchase events": Custom Data Parameters, value. Subcode UNVERIFIED.
    problem: {
      reason: 'missing_value',
      subcode: 2804019,
      title: 'Missing Value Parameter',
      userMessage: 'Purchase events need a numeric value.',
    },
    isBroken: (event) => event.event_name === 'Purchase' && !hasValue(customDataOf(event).value),
  },
  {
    // "Required for purchase events": Custom Data Parameters, currency. Subcode UNVERIFIED.
    problem: {
      reason: 'invalid_currency',
      subcode: 2804007,
      title: 'Invalid Currency Parameter',
      userMessage: 'The currency must be a valid ISO 4217 three-digit currency code.',
    },
    isBroken(event, _now, { acceptsLowerCaseCurrency = false }) {
      const { currency } = customDataOf(event)
      if (currency === undefined) return event.event_name === 'Purchase'
      return !isCurrency(acceptsLowerCaseCurrency ? String(currency).toUpperCase() : currency)
    },
  },
]

/** The first fault of an event, or null. */
export function eventProblem(
  event: Json,
  now: number,
  options: MetaRuleOptions,
): MetaProblem | null {
  const fields = isJsonObject(event) ? event : {}
  const broken = RULES.find((rule) => rule.isBroken(fields, now, options))
  return broken ? { message: 'Invalid parameter', code: 100, ...broken.problem } : null
}

export function userDataOf(event: JsonObject): JsonObject {
  return objectAt(event, 'user_data') ?? {}
}

function customDataOf(event: JsonObject): JsonObject {
  return objectAt(event, 'custom_data') ?? {}
}

function isTooBroad(userData: JsonObject): boolean {
  const known = [...HASHED_FIELDS, ...OTHER_IDENTIFIERS]
  const present = known.filter((field) => listOf(userData[field]).some((value) => value !== ''))
  return TOO_BROAD.some((fields) => present.every((field) => fields.includes(field)))
}

/** Unix seconds: an integer, also as digits in a string. */
function secondsOf(value: Json | undefined): number | null {
  if (isFiniteNumber(value)) return Number.isInteger(value) ? value : null
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null
}

function hasValue(value: Json | undefined): boolean {
  return isFiniteNumber(value) || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value))
}
