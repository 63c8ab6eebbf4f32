// What Klaviyo asks of events and profiles: "Create Event", "Bulk Create Events", "Create Profile" and "Events API overview,
// Limitations" (developers.klaviyo.com/en/reference); the request schemas are also in api-evangelist/klaviyo.
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { isCurrency, isFiniteNumber, isNonEmptyText } from '../value-forms.ts'
import type { KlaviyoFault } from './klaviyo-errors.ts'

const YEAR_MS = 365 * 24 * 60 * 60 * 1000
/** "The time must be after the year 2000 and can only be up to 1 year in the future." */
const EARLIEST = Date.parse('2000-01-01T00:00:00Z')
/** "must not exceed 400 properties"; "each string cannot be larger than 100 KB". */
const MAX_PROPERTIES = 400
const MAX_STRING_BYTES = 100_000
/** "Name of the event. Must be less than 128 characters." */
const MAX_METRIC_NAME = 127

export const PROFILE_IDENTIFIERS = ['email', 'phone_number', 'external_id', 'anonymous_id'] as const

/** UNVERIFIED which addresses Klaviyo takes; spaces and a missing @ or domain are refused. */
const EMAIL_FORM = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const E164_FORM = /^\+[1-9]\d{6,14}$/

/** Faults of an `event` resource; `pointer` is where it stands. */
export function eventFaults(event: Json, pointer: string, now: number): readonly KlaviyoFault[] {
  const attributes = objectAt(event, 'attributes')
  if (!isJsonObject(event) || event.type !== 'event') {
    return [fault('wrong_type', `${pointer}/type`, "The resource type must be 'event'.")]
  }
  if (!attributes) return [missing('attributes', `${pointer}/attributes`)]
  const at = `${pointer}/attributes`
  return [
    ...metricFaults(attributes, `${at}/metric`),
    ...propertyFaults(attributes.properties, `${at}/properties`),
    ...valueFaults(attributes, at),
    ...timeFaults(attributes.time, `${at}/time`, now),
  ]
}

function metricFaults(attributes: JsonObject, pointer: string): readonly KlaviyoFault[] {
  const metric = objectAt(attributes, 'metric')
  if (!metric) return [missing('metric', pointer)]
  const data = objectAt(metric, 'data')
  // Captured.
  if (!data) return [fault('invalid_metric', pointer, "'data' key missing in relationship")]
  const name = objectAt(data, 'attributes')?.name
  if (!isNonEmptyText(name)) return [missing('name', `${pointer}/data/attributes/name`)]
  return name.length > MAX_METRIC_NAME
    ? [fault('invalid_metric', pointer, 'The metric name must be less than 128 characters.')]
    : []
}

function propertyFaults(properties: Json | undefined, pointer: string): readonly KlaviyoFault[] {
  if (!isJsonObject(properties)) return [missing('properties', pointer)]
  const names = Object.keys(properties)
  if (names.length > MAX_PROPERTIES) {
    return [fault('too_many_properties', pointer, `Must not exceed ${MAX_PROPERTIES} properties.`)]
  }
  const long = names.find((name) => {
    const value = properties[name]
    return typeof value === 'string' && Buffer.byteLength(value) > MAX_STRING_BYTES
  })
  return long
    ? [fault('string_too_long', `${pointer}/${long}`, 'String is larger than 100 KB.')]
    : []
}

function valueFaults(attributes: JsonObject, pointer: string): readonly KlaviyoFault[] {
  const { value, value_currency: currency, unique_id: id } = attributes
  const found: KlaviyoFault[] = []
  if (isGiven(value) && !isFiniteNumber(value)) {
    found.push(
      fault('invalid_value', `${pointer}/value`, `'${String(value)}' is not a valid number.`),
    )
  }
  if (isGiven(currency) && !isCurrency(currency)) {
    const detail = `'${String(currency)}' is not a valid ISO 4217 currency code.`
    found.push(fault('invalid_currency', `${pointer}/value_currency`, detail))
  }
  if (isGiven(id) && typeof id !== 'string') {
    found.push(fault('invalid_unique_id', `${pointer}/unique_id`, 'Not a valid string.'))
  }
  return found
}

function timeFaults(time: Json | undefined, pointer: string, now: number): readonly KlaviyoFault[] {
  if (!isGiven(time)) return []
  const at =
    typeof time === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(time) ? Date.parse(time) : Number.NaN
  if (!Number.isFinite(at)) {
    return [
      fault('invalid_time', pointer, 'Datetime has wrong format. Use ISO 8601 with RFC 3339.'),
    ]
  }
  return at < EARLIEST || at > now + YEAR_MS
    ? [fault('time_out_of_range', pointer, 'The time must be after 2000 and up to 1 year ahead.')]
    : []
}

/** The relationship that wraps a profile in an event. */
export function profileOf(attributes: JsonObject, pointer: string) {
  const relationship = objectAt(attributes, 'profile')
  if (!relationship) return { profile: null, faults: [missing('profile', pointer)] }
  const data = objectAt(relationship, 'data')
  if (!data) {
    // Captured.
    const detail = "'data' key missing in relationship"
    return { profile: null, faults: [fault('invalid_profile', pointer, detail)] }
  }
  return { profile: data, faults: profileFaults(data, `${pointer}/data`, true) }
}

/** Faults of a `profile` resource. */
export function profileFaults(
  profile: Json,
  pointer: string,
  needsIdentifier: boolean,
): readonly KlaviyoFault[] {
  if (!isJsonObject(profile) || profile.type !== 'profile') {
    return [fault('wrong_type', `${pointer}/type`, "The resource type must be 'profile'.")]
  }
  const attributes = objectAt(profile, 'attributes') ?? {}
  const at = `${pointer}/attributes`
  const found: KlaviyoFault[] = []
  const hasIdentifier = PROFILE_IDENTIFIERS.some((name) => isNonEmptyText(attributes[name]))
  if (needsIdentifier && !hasIdentifier && !isNonEmptyText(profile.id)) {
    found.push(fault('no_identifier', at, 'One of email, phone_number, external_id is required.'))
  }
  const { email, phone_number: phone } = attributes
  if (isGiven(email) && !(typeof email === 'string' && EMAIL_FORM.test(email))) {
    found.push(fault('invalid_email', `${at}/email`, 'Invalid email address'))
  }
  if (isGiven(phone) && !(typeof phone === 'string' && E164_FORM.test(phone))) {
    const detail = 'Invalid phone number format (Example of a valid format: +12345678901)'
    found.push(fault('invalid_phone', `${at}/phone_number`, detail))
  }
  return found
}

export function missing(name: string, pointer: string): KlaviyoFault {
  return fault(`missing_${name}`, pointer, `${name} is a required field.`)
}

export function fault(reason: string, pointer: string, detail: string): KlaviyoFault {
  return { reason, pointer, detail }
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null
}
