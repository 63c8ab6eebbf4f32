// The fast-fail half of the Data Manager API: what makes it refuse a request whole, each with its ErrorReason
// (developers.google.com/data-manager/api/reference/rest/v1/ErrorReason). "If a request fails, none of the data is
// processed. Fix the error and resend the entire request."
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { isCurrency, isFiniteNumber, isNonEmptyText, isSha256Hex, listOf } from '../value-forms.ts'
import type { FieldViolation } from './google-errors.ts'

/** "Limits and quotas": 2,000 events, 10 destinations, 10 user identifiers an event. */
const MAX_EVENTS = 2000
const MAX_DESTINATIONS = 10
const MAX_IDENTIFIERS = 10

export interface ConversionAction {
  /** `productDestinationId`: the numeric id, never the resource name; a `G-…` for an Analytics property. */
  readonly id: string
  /**
   * UPLOAD_CLICKS takes offline conversions; WEBPAGE takes them as an additional source beside the tag's. In both an event
   * with the transactionId of a conversion adjusts that conversion instead of being a second one.
   */
  readonly type: 'UPLOAD_CLICKS' | 'WEBPAGE'
}

export interface GoogleRuleOptions {
  /** Google Ads accounts that the credential may write to. */
  readonly accountIds: readonly string[]
  readonly conversionActions: readonly ConversionAction[]
  /** UNVERIFIED how far ahead a timestamp may lie before EVENT_TIME_INVALID. Default 0. */
  readonly futureToleranceMs?: number
}

const DESCRIPTIONS = {
  REQUIRED_FIELD_MISSING: 'Required field is missing.',
  INVALID_FORMAT: 'Format is invalid.',
  INVALID_HEX_ENCODING: 'The HEX encoded value is malformed.',
  INVALID_BASE64_ENCODING: 'The base64 encoded value is malformed.',
  INVALID_SHA256_FORMAT: 'The SHA256 encoded value is malformed.',
  INVALID_ENUM_VALUE: 'Enum value cannot be used.',
  TOO_MANY_USER_IDENTIFIERS:
    'Maximum number of user identifiers allowed per audience member is 10.',
  TOO_MANY_DESTINATIONS: 'Maximum number of destinations allowed per request is 10.',
  TOO_MANY_EVENTS: 'Maximum number of events allowed per request is 2,000.',
  INVALID_DESTINATION: 'This Destination is not valid.',
  INVALID_NUMBER_FORMAT: 'String is not a valid number.',
  INVALID_CONVERSION_ACTION_ID: 'Conversion action ID is not valid.',
  INVALID_CURRENCY_CODE: 'The currency code is not supported.',
  INVALID_EVENT: 'This event is not valid.',
  DUPLICATE_DESTINATION_REFERENCE:
    'Two or more destinations in the request have the same reference.',
  NO_IDENTIFIERS_PROVIDED: 'Events data contains no user identifiers or ad identifiers.',
  INVALID_USER_LIST_ID: 'User list is not valid.',
  INVALID_AUDIENCE_MEMBER: 'This audience member is not valid.',
  TOO_MANY_AUDIENCE_MEMBERS: 'Maximum number of audience members allowed per request is 10,000.',
  TERMS_AND_CONDITIONS_NOT_SIGNED: 'Required terms and conditions are not accepted.',
  EVENT_TIME_INVALID: 'Event did not occur within the acceptable time window.',
} as const

export type Reason = keyof typeof DESCRIPTIONS

const ENUMS = {
  accountType: ['GOOGLE_ADS'],
  eventSource: ['WEB', 'APP', 'IN_STORE', 'PHONE', 'MESSAGE', 'OTHER'],
  consent: ['CONSENT_GRANTED', 'CONSENT_DENIED', 'CONSENT_STATUS_UNSPECIFIED'],
} as const

/** A click id that names an ad; with one of these an event needs no user data. */
export const CLICK_IDS = ['gclid', 'gbraid', 'wbraid', 'dclid', 'sessionAttributes', 'matchId']

export function violation(field: string, reason: Reason): FieldViolation {
  return { field, description: DESCRIPTIONS[reason], reason }
}

/** Violations outside the events: destinations, sizes, encoding. */
export function requestViolations(
  request: JsonObject,
  options: GoogleRuleOptions,
): readonly FieldViolation[] {
  const events = listOf(request.events)
  const found: FieldViolation[] = []
  const add = (field: string, reason: Reason) => found.push(violation(field, reason))
  const isAction = (id: string) => options.conversionActions.some((action) => action.id === id)
  found.push(
    ...targetViolations(request, (id) => (isAction(id) ? null : 'INVALID_CONVERSION_ACTION_ID')),
  )
  if (events.length === 0) add('events.events', 'REQUIRED_FIELD_MISSING')
  if (events.length > MAX_EVENTS) add('events.events', 'TOO_MANY_EVENTS')
  const hasUserData = events.some((event) => objectAt(event, 'userData') !== undefined)
  if (hasUserData && request.encoding !== 'HEX' && request.encoding !== 'BASE64') {
    add('encoding', request.encoding ? 'INVALID_ENUM_VALUE' : 'REQUIRED_FIELD_MISSING')
  }
  return found
}

/** Violations of `destinations`; `idReason` says what is wrong with a productDestinationId. */
export function targetViolations(
  request: JsonObject,
  idReason: (id: string) => Reason | null,
): readonly FieldViolation[] {
  const destinations = listOf(request.destinations).map(objectOf)
  const found: FieldViolation[] = []
  const add = (field: string, reason: Reason) => found.push(violation(field, reason))
  if (destinations.length === 0) add('destinations', 'REQUIRED_FIELD_MISSING')
  if (destinations.length > MAX_DESTINATIONS) add('destinations', 'TOO_MANY_DESTINATIONS')
  const references = destinations.map(({ reference }) => reference)
  destinations.forEach((destination, index) => {
    const { reference } = destination
    if (reference !== undefined && references.indexOf(reference) < index) {
      add(`destinations[${index}].reference`, 'DUPLICATE_DESTINATION_REFERENCE')
    }
    found.push(...destinationViolations(destination, `destinations[${index}]`, idReason))
  })
  return found
}

function destinationViolations(
  destination: JsonObject,
  path: string,
  idReason: (id: string) => Reason | null,
): readonly FieldViolation[] {
  const found: FieldViolation[] = []
  const account = objectAt(destination, 'operatingAccount')
  if (!account) found.push(violation(`${path}.operating_account`, 'REQUIRED_FIELD_MISSING'))
  for (const [field, name] of [
    ['operatingAccount', 'operating_account'],
    ['loginAccount', 'login_account'],
    ['linkedAccount', 'linked_account'],
  ] as const) {
    const given = objectAt(destination, field)
    if (given) found.push(...accountViolations(given, `${path}.${name}`))
  }
  const { productDestinationId: id } = destination
  const reason = isNonEmptyText(id) ? idReason(id) : 'REQUIRED_FIELD_MISSING'
  if (reason) found.push(violation(`${path}.product_destination_id`, reason))
  return found
}

function accountViolations(account: JsonObject, path: string): readonly FieldViolation[] {
  const found: FieldViolation[] = []
  const { accountId, accountType = account.product } = account
  if (!isNonEmptyText(accountId)) {
    found.push(violation(`${path}.account_id`, 'REQUIRED_FIELD_MISSING'))
  } else if (!/^\d+$/.test(accountId)) {
    // Google's own sample; dashes as in the console's 123-456-7890 are no number either.
    found.push(violation(`${path}.account_id`, 'INVALID_NUMBER_FORMAT'))
  }
  if (accountType === undefined) {
    found.push(violation(`${path}.account_type`, 'REQUIRED_FIELD_MISSING'))
  } else if (!isOneOf(ENUMS.accountType, accountType)) {
    found.push(violation(`${path}.account_type`, 'INVALID_ENUM_VALUE'))
  }
  return found
}

/** Violations of one event, whose destinations are those its references name, or all. */
export function eventViolations(
  event: Json,
  index: number,
  request: JsonObject,
  options: GoogleRuleOptions,
  now: number,
): readonly FieldViolation[] {
  const path = `events.events[${index}]`
  if (!isJsonObject(event)) return [violation(path, 'INVALID_EVENT')]
  const found: FieldViolation[] = []
  const add = (field: string, reason: Reason) => found.push(violation(`${path}.${field}`, reason))

  const at = instantOf(event.eventTimestamp)
  if (event.eventTimestamp === undefined) add('event_timestamp', 'REQUIRED_FIELD_MISSING')
  else if (at === null) add('event_timestamp', 'INVALID_FORMAT')
  else if (at > now + (options.futureToleranceMs ?? 0)) add('event_timestamp', 'EVENT_TIME_INVALID')

  const known = listOf(request.destinations).map((destination) => objectOf(destination).reference)
  listOf(event.destinationReferences).forEach((reference, at) => {
    if (!known.includes(reference)) add(`destination_references[${at}]`, 'INVALID_DESTINATION')
  })
  found.push(...valueViolations(event, path))
  found.push(...userDataViolations(event, path, request.encoding))
  const needs = destinationsOf(event, request, options)
  // "Required for events sent as an additional data source for tag conversions."
  if (needs.some(({ type }) => type === 'WEBPAGE') && !isNonEmptyText(event.transactionId)) {
    add('transaction_id', 'REQUIRED_FIELD_MISSING')
  }
  // Release notes 1.2: "An event_source is required for offline conversions and enhanced conversions for leads."
  if (needs.some(({ type }) => type === 'UPLOAD_CLICKS') && event.eventSource === undefined) {
    add('event_source', 'REQUIRED_FIELD_MISSING')
  }
  const adIdentifiers = objectAt(event, 'adIdentifiers') ?? {}
  const hasClickId = CLICK_IDS.some((name) => isNonEmptyText(adIdentifiers[name]))
  const hasUserData = listOf(objectAt(event, 'userData')?.userIdentifiers).length > 0
  if (!hasClickId && !hasUserData) found.push(violation(path, 'NO_IDENTIFIERS_PROVIDED'))
  return found
}

function valueViolations(event: JsonObject, path: string): readonly FieldViolation[] {
  const found: FieldViolation[] = []
  const { conversionValue, currency, eventSource } = event
  if (conversionValue !== undefined && !isFiniteNumber(conversionValue)) {
    found.push(violation(`${path}.conversion_value`, 'INVALID_NUMBER_FORMAT'))
  }
  if (currency !== undefined && !isCurrency(currency)) {
    found.push(violation(`${path}.currency`, 'INVALID_CURRENCY_CODE'))
  }
  if (eventSource !== undefined && !isOneOf(ENUMS.eventSource, eventSource)) {
    found.push(violation(`${path}.event_source`, 'INVALID_ENUM_VALUE'))
  }
  for (const [field, name] of [
    ['adUserData', 'ad_user_data'],
    ['adPersonalization', 'ad_personalization'],
  ] as const) {
    const status = objectAt(event, 'consent')?.[field]
    if (status !== undefined && !isOneOf(ENUMS.consent, status)) {
      found.push(violation(`${path}.consent.${name}`, 'INVALID_ENUM_VALUE'))
    }
  }
  return found
}

/** Of an event or an audience member: both carry `userData`. */
export function userDataViolations(
  event: JsonObject,
  path: string,
  encoding: Json | undefined,
): readonly FieldViolation[] {
  const userData = objectAt(event, 'userData')
  if (!userData) return []
  const identifiers = listOf(userData.userIdentifiers)
  const base = `${path}.user_data.user_identifiers`
  if (identifiers.length === 0) return [violation(base, 'REQUIRED_FIELD_MISSING')]
  const found: FieldViolation[] = []
  if (identifiers.length > MAX_IDENTIFIERS) found.push(violation(base, 'TOO_MANY_USER_IDENTIFIERS'))
  identifiers.forEach((identifier, index) => {
    const reasons = identifierReasons(objectOf(identifier), encoding)
    // Google names the identifier, not the field within it.
    for (const reason of new Set(reasons)) found.push(violation(`${base}[${index}]`, reason))
  })
  return found
}

function identifierReasons(
  { emailAddress, phoneNumber, address }: JsonObject,
  encoding: Json | undefined,
): readonly Reason[] {
  const given = [emailAddress, phoneNumber, address].filter((value) => value !== undefined)
  // The proto's oneof: "Exactly one must be specified."
  if (given.length !== 1) return [given.length === 0 ? 'REQUIRED_FIELD_MISSING' : 'INVALID_FORMAT']
  if (!isJsonObject(address)) return hashReasons(given[0], encoding)
  const { givenName, familyName, regionCode, postalCode } = address
  const isComplete = [givenName, familyName, regionCode, postalCode].every(isNonEmptyText)
  if (!isComplete) return ['REQUIRED_FIELD_MISSING']
  const region: readonly Reason[] = /^[A-Z]{2}$/i.test(String(regionCode)) ? [] : ['INVALID_FORMAT']
  return [...hashReasons(givenName, encoding), ...hashReasons(familyName, encoding), ...region]
}

/** UNVERIFIED whether capitals in hexadecimal are taken; refused here. */
function hashReasons(value: Json | undefined, encoding: Json | undefined): readonly Reason[] {
  const text = typeof value === 'string' ? value : ''
  if (encoding === 'BASE64') {
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return ['INVALID_BASE64_ENCODING']
    return Buffer.from(text, 'base64').length === 32 ? [] : ['INVALID_SHA256_FORMAT']
  }
  if (!/^[0-9a-f]+$/.test(text)) return ['INVALID_HEX_ENCODING']
  return isSha256Hex(text) ? [] : ['INVALID_SHA256_FORMAT']
}

/** The conversion actions an event goes to. */
export function destinationsOf(
  event: JsonObject,
  request: JsonObject,
  options: GoogleRuleOptions,
): readonly ConversionAction[] {
  const references = listOf(event.destinationReferences)
  return listOf(request.destinations)
    .map(objectOf)
    .filter(({ reference }) => references.length === 0 || references.includes(reference ?? null))
    .flatMap(({ productDestinationId: id }) =>
      options.conversionActions.filter((action) => action.id === id),
    )
}

/** RFC 3339, as proto3 JSON writes a Timestamp; else null. */
export function instantOf(value: Json | undefined): number | null {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/
  if (typeof value !== 'string' || !form.test(value)) return null
  const at = Date.parse(value)
  return Number.isFinite(at) ? at : null
}

export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function isOneOf(values: readonly string[], value: Json | undefined): boolean {
  return typeof value === 'string' && values.includes(value)
}
