// What the Measurement Protocol asks of a request. Sources under developers.google.com/analytics/devguides/collection/
// protocol/ga4: "Reference" (reserved names, limits), "Validate events" (codes), "Send events"; and "Event collection
// limits" (support.google.com/analytics/answer/9267744). Messages are worded by us except where captured.
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { isCurrency, isFiniteNumber, isNonEmptyText, listOf } from '../value-forms.ts'

export interface ValidationMessage {
  readonly fieldPath: string
  readonly description: string
  readonly validationCode:
    | 'VALUE_INVALID'
    | 'VALUE_REQUIRED'
    | 'NAME_INVALID'
    | 'NAME_RESERVED'
    | 'VALUE_OUT_OF_BOUNDS'
    | 'EXCEEDED_MAX_ENTITIES'
    | 'NAME_DUPLICATED'
}

export interface Ga4RuleOptions {
  /** UNVERIFIED how far ahead timestamp_micros may lie. Default 0. */
  readonly futureToleranceMs?: number
}

const MICROS_PER_MS = 1000
/** "timestamp_micros … Used to backdate events up to 72 hours." */
const MAX_AGE_MS = 72 * 60 * 60 * 1000
const MAX_EVENTS = 25
const MAX_PARAMS = 25
const MAX_NAME = 40
const MAX_VALUE = 100
const MAX_USER_PROPERTIES = 25

/** "Reserved names": events that Analytics makes itself. */
const RESERVED_EVENTS = new Set(
  `ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install app_remove
  app_store_refund app_update app_upgrade dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error
  firebase_campaign firebase_in_app_message_action firebase_in_app_message_dismiss firebase_in_app_message_impression
  first_open first_visit notification_dismiss notification_foreground notification_open notification_receive os_update
  session_start user_engagement`.split(/\s+/),
)
const RESERVED_PARAM_PREFIX = /^(_|firebase_|ga_|google_|gtag\.)/
const NAME_FORM = /^[A-Za-z][A-Za-z0-9_]*$/

/** "Events": what these events need for their reports. UNVERIFIED that Analytics drops the event rather than its revenue. */
const REQUIRED_PARAMS: Readonly<Record<string, readonly string[]>> = {
  purchase: ['transaction_id', 'currency', 'value'],
  refund: ['transaction_id', 'currency', 'value'],
}

/** Parameters with objects or long text of their own. */
const STRUCTURED_PARAMS = new Set(['items', 'page_location', 'page_referrer', 'page_title'])

function message(
  fieldPath: string,
  validationCode: ValidationMessage['validationCode'],
  description: string,
): ValidationMessage {
  return { fieldPath, description, validationCode }
}

/** Faults of the request around its events: each of them makes every event worthless. */
export function requestMessages(
  body: Json | undefined,
  now: number,
  { futureToleranceMs = 0 }: Ga4RuleOptions,
): readonly ValidationMessage[] {
  if (!isJsonObject(body))
    return [message('', 'VALUE_INVALID', 'Unable to parse Measurement Protocol JSON payload.')]
  const found: ValidationMessage[] = []
  // Captured: "Measurement requires a client_id."
  if (!isNonEmptyText(body.client_id)) {
    found.push(message('client_id', 'VALUE_REQUIRED', 'Measurement requires a client_id.'))
  }
  const events = listOf(body.events)
  if (events.length === 0) {
    found.push(message('events', 'VALUE_REQUIRED', 'Measurement requires at least one event.'))
  }
  if (events.length > MAX_EVENTS) {
    found.push(
      message(
        'events',
        'EXCEEDED_MAX_ENTITIES',
        `A request can have a maximum of ${MAX_EVENTS} events.`,
      ),
    )
  }
  if (Object.keys(objectAt(body, 'user_properties') ?? {}).length > MAX_USER_PROPERTIES) {
    found.push(message('user_properties', 'EXCEEDED_MAX_ENTITIES', 'Too many user properties.'))
  }
  found.push(...timeMessages(body.timestamp_micros, now, futureToleranceMs))
  return found
}

function timeMessages(
  micros: Json | undefined,
  now: number,
  toleranceMs: number,
): readonly ValidationMessage[] {
  if (micros === undefined) return []
  const at = typeof micros === 'string' && /^\d+$/.test(micros) ? Number(micros) : micros
  if (!isFiniteNumber(at)) {
    return [
      message('timestamp_micros', 'VALUE_INVALID', 'Measurement timestamp_micros is not a number.'),
    ]
  }
  const age = now - at / MICROS_PER_MS
  // Seconds or milliseconds in this field lie decades back.
  if (age > MAX_AGE_MS) {
    return [
      message(
        'timestamp_micros',
        'VALUE_INVALID',
        'Measurement timestamp_micros has timestamp older than 72 hours.',
      ),
    ]
  }
  return age < -toleranceMs
    ? [
        message(
          'timestamp_micros',
          'VALUE_INVALID',
          'Measurement timestamp_micros has timestamp in the future.',
        ),
      ]
    : []
}

/** Faults of one event. */
export function eventMessages(event: Json, index: number): readonly ValidationMessage[] {
  const path = `events[${index}]`
  if (!isJsonObject(event)) return [message(path, 'VALUE_INVALID', 'An event must be an object.')]
  const { name } = event
  if (!isNonEmptyText(name)) {
    return [message(`${path}.name`, 'VALUE_REQUIRED', 'Event requires a name.')]
  }
  const found: ValidationMessage[] = []
  if (RESERVED_EVENTS.has(name)) {
    found.push(
      message(
        `${path}.name`,
        'NAME_RESERVED',
        `Event at index: [${index}] has name [${name}] which is reserved.`,
      ),
    )
  }
  if (!NAME_FORM.test(name) || name.length > MAX_NAME) {
    found.push(
      message(
        `${path}.name`,
        'NAME_INVALID',
        `Event at index: [${index}] has invalid name [${name}]. Only alphanumeric characters and underscores are allowed.`,
      ),
    )
  }
  const params = objectAt(event, 'params') ?? {}
  found.push(...paramMessages(params, `${path}.params`))
  for (const required of REQUIRED_PARAMS[name] ?? []) {
    const value = params[required]
    if (value === undefined || value === null || value === '') {
      found.push(
        message(
          `${path}.params.${required}`,
          'VALUE_REQUIRED',
          `Event [${name}] requires [${required}].`,
        ),
      )
    }
  }
  return found
}

function paramMessages(params: JsonObject, path: string): readonly ValidationMessage[] {
  const found: ValidationMessage[] = []
  const names = Object.keys(params)
  if (names.length > MAX_PARAMS) {
    found.push(
      message(
        path,
        'EXCEEDED_MAX_ENTITIES',
        `An event can have a maximum of ${MAX_PARAMS} parameters.`,
      ),
    )
  }
  for (const name of names) {
    const at = `${path}.${name}`
    const value = params[name]
    if (RESERVED_PARAM_PREFIX.test(name)) {
      found.push(message(at, 'NAME_RESERVED', `Parameter name [${name}] uses a reserved prefix.`))
    } else if (!NAME_FORM.test(name) || name.length > MAX_NAME) {
      found.push(message(at, 'NAME_INVALID', `Parameter name [${name}] is invalid.`))
    }
    if (value === null) {
      found.push(message(at, 'VALUE_INVALID', `Item param [${name}] has unsupported type.`))
    } else if (
      typeof value === 'string' &&
      value.length > MAX_VALUE &&
      !STRUCTURED_PARAMS.has(name)
    ) {
      found.push(
        message(
          at,
          'VALUE_OUT_OF_BOUNDS',
          `Value of [${name}] is longer than ${MAX_VALUE} characters.`,
        ),
      )
    }
  }
  if (params.currency !== undefined && !isCurrency(params.currency)) {
    found.push(message(`${path}.currency`, 'VALUE_INVALID', 'currency must be an ISO 4217 code.'))
  }
  if (params.value !== undefined && !isFiniteNumber(params.value)) {
    found.push(message(`${path}.value`, 'VALUE_INVALID', 'value must be a number.'))
  }
  return found
}
