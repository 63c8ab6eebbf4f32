// Payload → `Event` of the Data Manager API. Pure. Fields and forms: REST reference "Method: events.ingest" (Event,
// AdIdentifiers, CartData, Consent), the same as google/ads/datamanager/v1/{event,cart_data,consent}.proto.
import { PayloadValidationError } from '@segment/actions-core'
import { currencyCode } from '../vendor-answers/plain-values.ts'
import { millisecondsOf } from './instant.ts'
import type { Payload as RestatePayload } from './restate-conversion/generated-types.ts'
import type { Payload as UploadPayload } from './upload-conversion/generated-types.ts'
import { type UserIdentifier, userIdentifiersOf } from './user-data.ts'

export interface IngestEvent {
  readonly transactionId: string
  /** RFC 3339 in UTC. */
  readonly eventTimestamp: string
  readonly eventSource: string
  readonly conversionValue?: number
  readonly currency?: string
  readonly adIdentifiers?: Readonly<Record<string, string>>
  readonly userData?: { readonly userIdentifiers: readonly UserIdentifier[] }
  readonly consent?: Readonly<Record<string, ConsentStatus>>
  readonly cartData?: CartData
  readonly eventDeviceInfo?: Readonly<Record<string, string>>
}

type ConsentStatus = 'CONSENT_GRANTED' | 'CONSENT_DENIED'

interface CartData {
  readonly merchantId?: string
  readonly merchantFeedLabel?: string
  readonly merchantFeedLanguageCode?: string
  readonly transactionDiscount?: number
  readonly items: readonly CartItem[]
}

interface CartItem {
  readonly merchantProductId: string
  /** int64 is text in protobuf's JSON form. */
  readonly quantity?: string
  readonly unitPrice?: number
}

export interface MerchantFeed {
  readonly merchant_id?: string
  readonly merchant_feed_label?: string
  readonly merchant_feed_language_code?: string
}

/** @throws PayloadValidationError when Google would refuse the event, and with it every other event of the request */
export function buildEvent(payload: UploadPayload, feed: MerchantFeed = {}): IngestEvent {
  return assertIdentified({
    ...core(payload),
    ...money(payload.value, payload.currency),
    ...identity(payload),
    ...cartOf(payload, feed),
    ...deviceOf(payload),
  })
}

/**
 * The event that restates a conversion (page "Conversion adjustments"): `transactionId` and conversion action find it,
 * `conversionValue` and `currency` overwrite what was recorded, everything else is only required to be there.
 */
export function buildRestatement(payload: RestatePayload): IngestEvent {
  // Nothing is nothing in every currency.
  if (!payload.currency && payload.restated_value !== 0)
    throw new PayloadValidationError('A restated value needs its currency: map currency')
  return assertIdentified({
    ...core(payload),
    ...money(payload.restated_value, payload.currency),
    ...identity(payload),
  })
}

function core(payload: UploadPayload | RestatePayload) {
  return {
    transactionId: payload.transaction_id,
    eventTimestamp: timestampOf(payload.occurred_at),
    eventSource: payload.event_source ?? 'WEB',
  }
}

function timestampOf(given: string | number): string {
  const at = new Date(millisecondsOf(given))
  if (Number.isNaN(at.getTime()))
    throw new PayloadValidationError('occurred_at is no instant: want ISO 8601 with a zone')
  return at.toISOString()
}

// Without its currency a value would count in the currency of the Google Ads account.
function money(value: number | undefined, currency: string | undefined) {
  const code = currencyCode(currency)
  if (currency && !code)
    throw new PayloadValidationError(`"${currency.slice(0, 20)}" is no currency: want ISO 4217`)
  return {
    ...(value === undefined ? {} : { conversionValue: value }),
    ...(code ? { currency: code } : {}),
  }
}

function identity(payload: UploadPayload | RestatePayload) {
  const ids = compact({
    gclid: payload.gclid,
    gbraid: payload.gbraid,
    wbraid: payload.wbraid,
    sessionAttributes: payload.session_attributes,
  })
  // What was denied is not sent. Google then drops the event while processing it (DENIED_CONSENT); not sending it at all
  // is the host's decision, by consent category.
  const isDenied = payload.ad_user_data === 'DENIED'
  const userIdentifiers = isDenied ? [] : userIdentifiersOf(payload)
  const consent = compact({
    adUserData: consentOf(payload.ad_user_data),
    adPersonalization: consentOf(payload.ad_personalization),
  })
  return {
    ...(isEmpty(ids) ? {} : { adIdentifiers: ids }),
    ...(userIdentifiers.length === 0 ? {} : { userData: { userIdentifiers } }),
    ...(isEmpty(consent) ? {} : { consent }),
  }
}

// UNSPECIFIED is said by saying nothing: CONSENT_STATUS_UNSPECIFIED is the enum's zero value.
function consentOf(signal: string | undefined): ConsentStatus | undefined {
  if (signal === 'GRANTED') return 'CONSENT_GRANTED'
  return signal === 'DENIED' ? 'CONSENT_DENIED' : undefined
}

function cartOf(payload: UploadPayload, feed: MerchantFeed): { readonly cartData?: CartData } {
  const items = (payload.line_items ?? []).flatMap((item): CartItem[] => {
    if (!item.item_id) return []
    const quantity = item.quantity === undefined ? undefined : Math.round(item.quantity)
    return [
      {
        merchantProductId: item.item_id,
        ...(quantity !== undefined && quantity > 0 ? { quantity: String(quantity) } : {}),
        ...(item.price === undefined ? {} : { unitPrice: item.price }),
      },
    ]
  })
  if (items.length === 0) return {}
  const merchant = compact({
    merchantId: feed.merchant_id,
    merchantFeedLabel: feed.merchant_feed_label,
    merchantFeedLanguageCode: feed.merchant_feed_language_code,
  })
  const { discount } = payload
  const transactionDiscount = discount === undefined ? {} : { transactionDiscount: discount }
  return { cartData: { ...merchant, ...transactionDiscount, items } }
}

function deviceOf(payload: UploadPayload) {
  if (payload.ad_user_data === 'DENIED') return {}
  const device = compact({ userAgent: payload.user_agent, ipAddress: payload.ip_address })
  return isEmpty(device) ? {} : { eventDeviceInfo: device }
}

// NO_IDENTIFIERS_PROVIDED: found here, because Google's answer would cost the rest of the batch a second request.
function assertIdentified(event: IngestEvent): IngestEvent {
  if (event.adIdentifiers || event.userData) return event
  throw new PayloadValidationError(
    'Google has nothing to match: want a gclid, gbraid, wbraid, or an email, phone or address with ad_user_data not denied',
  )
}

function compact<V extends string>(values: Readonly<Record<string, V | undefined>>) {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, V] => Boolean(entry[1])),
  )
}

const isEmpty = (values: object): boolean => Object.keys(values).length === 0
