// GA4 Measurement Protocol: POST /mp/collect and /debug/mp/collect. "The Measurement Protocol does not return HTTP error codes,
// even if an event is malformed": /mp/collect answers 204 to everything and counts what is right, in silence; the debug
// server tells and never counts. It "does not validate api_secret".
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../../core/json.ts'
import { createDedupWindow } from '../dedup-window.ts'
import type { Twin, TwinOptions } from '../twin.ts'
import { createTwinApp, type TwinAnswer, type TwinRequest } from '../twin-app.ts'
import { createTwinFaults } from '../twin-faults.ts'
import { createTwinLedger } from '../twin-ledger.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import { randomText } from '../vendor-ids.ts'
import { eventMessages, type Ga4RuleOptions, requestMessages } from './ga4-rules.ts'

/** "The POST body must be smaller than 130 kB." */
const MAX_BODY_BYTES = 130_000

export interface Ga4TwinOptions extends TwinOptions, Ga4RuleOptions {
  readonly streams: readonly { readonly measurementId: string; readonly apiSecret: string }[]
  /**
   * How far a purchase's transaction_id reaches. That Analytics counts one id once is documented for web purchases; whether
   * across users is UNVERIFIED. Default `user`: the same order under two client ids counts twice.
   */
  readonly transactionScope?: 'user' | 'property'
  /** UNVERIFIED whether ids are forgotten. Default never. */
  readonly transactionWindowMs?: number | null
}

const NO_CONTENT: TwinAnswer = { status: 204 }

/** The events whose transaction_id Analytics compares; everything else counts as often as it is sent. */
const DEDUPLICATED = new Set(['purchase'])

export function createGa4Twin(options: Ga4TwinOptions): Twin {
  const { clock, random, streams, transactionScope = 'user', transactionWindowMs = null } = options
  const ledger = createTwinLedger(clock)
  const faults = createTwinFaults(random)
  const transactions = createDedupWindow(clock, transactionWindowMs)

  function messagesOf(body: Json | undefined) {
    const events = listOf(isJsonObject(body) ? body.events : undefined)
    return {
      events,
      general: requestMessages(body, clock.now(), options),
      own: events.map((event, index) => eventMessages(event, index)),
    }
  }

  // What is wrong with the request as a whole, in one word; nobody outside ever learns it.
  function silentReason({ query, byteLength }: TwinRequest): string | null {
    const stream = streams.find(
      ({ measurementId }) => measurementId === query.get('measurement_id'),
    )
    if (!stream) return 'unknown_measurement_id'
    if (stream.apiSecret !== query.get('api_secret')) return 'wrong_api_secret'
    return byteLength >= MAX_BODY_BYTES ? 'body_too_large' : null
  }

  function collect(http: TwinRequest): TwinAnswer {
    const { events, general, own } = messagesOf(http.body)
    const [firstGeneral] = general
    const whole =
      silentReason(http) ??
      (firstGeneral ? `${firstGeneral.validationCode} ${firstGeneral.fieldPath}` : null)
    events.forEach((event, index) => {
      const first = own[index]?.[0]
      const reason =
        whole ?? (first ? `${first.validationCode} ${withoutIndex(first.fieldPath)}` : null)
      if (reason) ledger.refuse(reason, event)
      else
        take(http.body as JsonObject, event as JsonObject, http.query.get('measurement_id') ?? '')
    })
    return NO_CONTENT
  }

  function take(body: JsonObject, event: JsonObject, measurementId: string) {
    const name = String(event.name)
    const transactionId = objectAt(event, 'params')?.transaction_id
    if (!DEDUPLICATED.has(name) || !isNonEmptyText(transactionId)) {
      return ledger.count(`${name}/without-id-${randomText(random, 8)}`, event)
    }
    const user = transactionScope === 'user' ? `/${String(body.client_id)}` : ''
    const key = `${measurementId}/${name}/${transactionId}${user}`
    if (transactions.has(key)) return ledger.repeat()
    transactions.remember(key)
    ledger.count(`${name}/${transactionId}`, event)
  }

  function debug({ body }: TwinRequest): TwinAnswer {
    const { general, own } = messagesOf(body)
    return {
      status: 200,
      body: { validationMessages: [...general, ...own.flat()].map((found) => ({ ...found })) },
    }
  }

  const unavailable: TwinAnswer = {
    status: 503,
    body: '<!DOCTYPE html><title>Error 503 (Service Unavailable)!!1</title>',
  }
  const { app, requests } = createTwinApp({
    clock,
    faults,
    keepRequests: options.keepRequests,
    routes: [
      { method: 'POST', path: /^\/mp\/collect$/, handle: collect },
      { method: 'POST', path: /^\/debug\/mp\/collect$/, handle: debug },
    ],
    edge: {
      // Not documented for this protocol; only an injected fault answers so.
      tooManyRequests: (seconds) => ({ status: 429, headers: { 'Retry-After': String(seconds) } }),
      serverError: () => unavailable,
      gatewayTimeout: () => ({ ...unavailable, status: 504 }),
      notFound: () => ({
        status: 404,
        body: '<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>',
      }),
    },
  })

  return {
    app,
    faults,
    requests,
    counted: ledger.counted,
    refused: ledger.refused,
    summary: ledger.summary,
  }
}

function withoutIndex(fieldPath: string): string {
  return fieldPath.replace(/\[\d+\]/g, '')
}
