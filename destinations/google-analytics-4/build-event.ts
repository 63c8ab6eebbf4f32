// Payload → an event of the Measurement Protocol and the client it belongs to. Pure. Pages: "Measurement Protocol
// reference" (client_id, user_id, consent, timestamp_micros), "Events" (parameters of each event).
import { PayloadValidationError } from '@segment/actions-core'
import { millisecondsOf } from '../google-data-manager/instant.ts'
import { currencyCode } from '../vendor-answers/plain-values.ts'
import { clientIdOf } from './client-id.ts'
import { NAME, RESERVED_EVENTS, RESERVED_PREFIX } from './limits.ts'
import { buildParams, type Params } from './params.ts'
import type { EventPayload } from './payload.ts'

/** What all events of one request share. */
export interface Client {
  readonly client_id: string
  readonly user_id?: string
  readonly consent?: Consent
}

export interface Consent {
  readonly ad_user_data?: Signal
  readonly ad_personalization?: Signal
}

type Signal = 'GRANTED' | 'DENIED'

export interface CollectEvent {
  readonly name: string
  /** An event's own time goes before the request's (page "Send events", "Override timestamp"). */
  readonly timestamp_micros: number
  readonly params: Params
}

export interface BuiltEvent {
  readonly client: Client
  readonly event: CollectEvent
  readonly warnings: readonly string[]
}

/** @throws PayloadValidationError for what Analytics would drop without a word: it answers 2xx to everything. */
export function buildEvent(name: string, payload: EventPayload): BuiltEvent {
  assertName(name)
  const client_id = clientIdOf(payload.client_id, payload.anonymous_id, payload.user_id)
  if (!client_id)
    throw new PayloadValidationError('There is no client: map client_id, anonymous_id or user_id')
  const { params, warnings } = paramsOf(payload)
  const consent = consentOf(payload)
  return {
    client: {
      client_id,
      ...(payload.user_id ? { user_id: payload.user_id } : {}),
      ...(consent ? { consent } : {}),
    },
    event: { name, timestamp_micros: microsOf(payload.occurred_at), params },
    warnings,
  }
}

function paramsOf(payload: EventPayload) {
  // A currency that is none makes the validation server refuse the event.
  const currency = currencyCode(payload.currency)
  const built = buildParams({
    known: {
      transaction_id: payload.transaction_id,
      value: payload.value,
      currency,
      tax: payload.tax,
      shipping: payload.shipping,
      coupon: payload.coupon,
      affiliation: payload.affiliation,
      search_term: payload.search_term,
      method: payload.method,
      lead_source: payload.lead_source,
      event_id: payload.event_id,
      session_id: payload.session_id,
      engagement_time_msec: payload.engagement_time_msec,
    },
    items: payload.items,
    custom: payload.params,
  })
  // "currency is required if you set value, for revenue metrics to be computed accurately."
  if (payload.value === undefined || currency) return built
  return { ...built, warnings: [...built.warnings, 'value: there is no currency with it'] }
}

function assertName(name: string): void {
  if (!NAME.test(name) || RESERVED_PREFIX.test(name))
    throw new PayloadValidationError(
      `Analytics takes no event "${name.slice(0, 60)}": want a letter, then letters, digits and _, at most 40`,
    )
  if (RESERVED_EVENTS.has(name))
    throw new PayloadValidationError(`"${name}" is an event that Analytics makes itself`)
}

function microsOf(given: string | number): number {
  const ms = millisecondsOf(given)
  if (Number.isNaN(ms))
    throw new PayloadValidationError('occurred_at is no instant: want ISO 8601 with a zone')
  return Math.round(ms) * 1000
}

// Unspecified is said by saying nothing: Analytics then takes what the browser's own events said.
function consentOf({ ad_user_data, ad_personalization }: EventPayload): Consent | null {
  const consent = {
    ...(isSignal(ad_user_data) ? { ad_user_data } : {}),
    ...(isSignal(ad_personalization) ? { ad_personalization } : {}),
  }
  return Object.keys(consent).length === 0 ? null : consent
}

const isSignal = (given: string | undefined): given is Signal =>
  given === 'GRANTED' || given === 'DENIED'
