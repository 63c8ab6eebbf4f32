// The slow half of the Data Manager API: what passed the fast checks is processed event by event and destination by
// destination, and only requestStatus:retrieve tells the outcome (RetrieveRequestStatusResponse, ProcessingErrorReason).
import type { Clock } from '../../../core/clock.ts'
import { type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { createDedupWindow } from '../dedup-window.ts'
import { isNonEmptyText } from '../value-forms.ts'
import { type ConversionAction, instantOf, objectOf } from './google-rules.ts'

const DAY_MS = 24 * 60 * 60 * 1000

export interface GoogleProcessingOptions {
  /**
   * Age at which an event is PROCESSING_ERROR_REASON_EVENT_TOO_OLD. Google Ads imports clicks of the last 90 days and
   * conversions for leads (user data without a click id) of the last 63. That Data Manager keeps these numbers is
   * UNVERIFIED; no number is documented for the additional source of a tag, and 14 is a guess on the safe side.
   */
  readonly maxAgeDays?: {
    readonly click?: number
    readonly userData?: number
    readonly additionalSource?: number
  }
  /**
   * "If the transactionId matches an existing conversion for the same conversion action, Data Manager API treats the request
   * as a conversion adjustment" ("Conversion adjustments"). Whether one that changes nothing is an adjustment too, or
   * PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID, is UNVERIFIED; it counts once either way. Default `fails`: the
   * status of a mere retry then looks like a failure.
   */
  readonly identicalRepeat?: 'fails' | 'adjusts'
  /** A click id must look like one to be decoded. UNVERIFIED form. Default: 20 or more of [A-Za-z0-9_-]. */
  readonly clickIdForm?: RegExp
}

export type EventOutcome =
  | { readonly kind: 'counted' }
  /** The conversion exists: its value is restated or its user data supplemented. */
  | { readonly kind: 'adjusted' }
  | { readonly kind: 'failed'; readonly reason: string }

export interface GoogleProcessing {
  process(event: JsonObject, request: JsonObject, action: ConversionAction): EventOutcome
  /** The tag in a page reports a conversion. False when it has one with this transaction. */
  tag(actionId: string, transactionId: string): boolean
}

export function createGoogleProcessing(
  clock: Clock,
  options: GoogleProcessingOptions,
): GoogleProcessing {
  const { click = 90, userData = 63, additionalSource = 14 } = options.maxAgeDays ?? {}
  const { identicalRepeat = 'fails' } = options
  const clickIdForm = options.clickIdForm ?? /^[A-Za-z0-9_-]{20,}$/
  // What each transaction of a conversion action was last sent as; no end is named. The tag's own has no text.
  const transactions = new Map<string, string>()
  const clicks = createDedupWindow(clock, null)

  function isTooOld(event: JsonObject, { type }: ConversionAction, hasClickId: boolean) {
    const days = type === 'WEBPAGE' ? additionalSource : hasClickId ? click : userData
    return clock.now() - (instantOf(event.eventTimestamp) ?? 0) > days * DAY_MS
  }

  function problem(event: JsonObject, request: JsonObject, action: ConversionAction) {
    const ids = objectAt(event, 'adIdentifiers') ?? {}
    // "User-level consent overrides request-level consent."
    const consent = { ...objectAt(request, 'consent'), ...objectAt(event, 'consent') }
    if (consent.adUserData === 'CONSENT_DENIED') return 'DENIED_CONSENT'
    for (const name of ['gclid', 'gbraid', 'wbraid'] as const) {
      const id = ids[name]
      if (isNonEmptyText(id) && !clickIdForm.test(id)) return `INVALID_${name.toUpperCase()}`
    }
    return isTooOld(event, action, isNonEmptyText(ids.gclid)) ? 'EVENT_TOO_OLD' : null
  }

  function transaction(key: string, event: JsonObject): EventOutcome {
    const text = JSON.stringify(event)
    const last = transactions.get(key)
    transactions.set(key, text)
    if (last === undefined) return { kind: 'counted' }
    return last === text && identicalRepeat === 'fails'
      ? { kind: 'failed', reason: 'PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID' }
      : { kind: 'adjusted' }
  }

  function process(event: JsonObject, request: JsonObject, action: ConversionAction): EventOutcome {
    const reason = problem(event, request, action)
    if (reason) return { kind: 'failed', reason: `PROCESSING_ERROR_REASON_${reason}` }
    const { transactionId } = event
    if (isNonEmptyText(transactionId)) return transaction(`${action.id}/${transactionId}`, event)
    const { gclid } = objectAt(event, 'adIdentifiers') ?? {}
    if (!isNonEmptyText(gclid)) return { kind: 'counted' }
    // "A conversion with the same GCLID and conversion time already exists in the system."
    const key = `${action.id}/${gclid}/${instantOf(event.eventTimestamp)}`
    if (clicks.has(key)) {
      return { kind: 'failed', reason: 'PROCESSING_ERROR_REASON_DUPLICATE_GCLID' }
    }
    clicks.remember(key)
    return { kind: 'counted' }
  }

  return {
    process,
    tag(actionId, transactionId) {
      const key = `${actionId}/${transactionId}`
      if (transactions.has(key)) return false
      transactions.set(key, '')
      return true
    },
  }
}

/** One entry of requestStatusPerDestination. int64 travels as text in proto3 JSON. */
export function destinationStatus(
  destination: Json,
  outcomes: readonly EventOutcome[],
  isProcessing: boolean,
): JsonObject {
  const counts = new Map<string, number>()
  for (const outcome of outcomes) {
    if (outcome.kind === 'failed') counts.set(outcome.reason, (counts.get(outcome.reason) ?? 0) + 1)
  }
  const failed = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const finished =
    failed === 0 ? 'SUCCESS' : failed < outcomes.length ? 'PARTIAL_SUCCESS' : 'FAILED'
  const errorCounts = [...counts].map(([reason, count]) => ({ recordCount: String(count), reason }))
  return {
    destination: objectOf(destination),
    requestStatus: isProcessing ? 'PROCESSING' : finished,
    eventsIngestionStatus: { recordCount: String(outcomes.length) },
    ...(isProcessing || failed === 0 ? {} : { errorInfo: { errorCounts } }),
  }
}
