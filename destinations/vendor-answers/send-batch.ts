// perform and performBatch as every platform here needs them: at most one request, and one result for each payload.
import {
  type JSONLikeObject,
  MultiStatusResponse,
  PayloadValidationError,
} from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import { errorOf, type Failure, type Verdict } from './verdict.ts'

/** A builder's answer; what it cannot build fails alone and never reaches a request, where it would fail its neighbours. */
export type Built<Event> =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'invalid'; readonly reason: string }

export interface Sent {
  readonly verdict: Verdict
  readonly body: JsonObject | null
}

export interface SendPlan<Payload, Event> {
  readonly maxEvents: number
  build(payload: Payload): Built<Event>
  /** Payloads with different keys cannot share a request. Hosts group by `batch_keys`, so one key is the rule. */
  groupOf(payload: Payload): string
  send(events: readonly Event[], group: string): Promise<Sent>
}

interface Row<Event> {
  readonly index: number
  readonly event: Event
}

/** @throws PayloadValidationError, or the error of the request (verdict.ts) */
export async function sendOne<Payload, Event extends object>(
  payload: Payload,
  plan: SendPlan<Payload, Event>,
): Promise<JsonObject> {
  const built = plan.build(payload)
  if (built.kind === 'invalid') throw new PayloadValidationError(built.reason)
  const { verdict, body } = await plan.send([built.event], plan.groupOf(payload))
  if (verdict.kind !== 'accepted') throw errorOf(verdict, 1)
  return body ?? {}
}

/**
 * @throws the error of a request that failed as a whole (verdict.ts); then nothing was stored. BatchRejectedError asks
 * for a split
 */
export async function sendBatch<Payload, Event extends object>(
  payloads: readonly Payload[],
  plan: SendPlan<Payload, Event>,
): Promise<MultiStatusResponse> {
  const results = new MultiStatusResponse()
  const rows: Row<Event>[] = []
  let group: string | undefined
  for (const [index, payload] of payloads.entries()) {
    const built = plan.build(payload)
    if (built.kind === 'invalid') {
      refuse(results, index, built.reason)
      continue
    }
    const key = plan.groupOf(payload)
    group ??= key
    if (key !== group || rows.length === plan.maxEvents) sendAgain(results, index)
    else rows.push({ index, event: built.event })
  }
  if (group === undefined) return results
  const events = rows.map(({ event }) => event)
  const { verdict, body } = await plan.send(events, group)
  record(results, rows, verdict, body)
  return results
}

function record<Event extends object>(
  results: MultiStatusResponse,
  rows: readonly Row<Event>[],
  verdict: Verdict,
  body: JsonObject | null,
) {
  if (verdict.kind === 'accepted') {
    for (const { index, event } of rows) {
      results.setSuccessResponseAtIndex(index, {
        status: 200,
        sent: event as JSONLikeObject,
        body: (body ?? {}) as JSONLikeObject,
      })
    }
    return
  }
  const culprit = culpritOf(verdict, rows)
  if (!culprit) throw errorOf(verdict, rows.length)
  for (const row of rows) {
    if (row === culprit) refuse(results, row.index, verdict.message, row.event)
    else sendAgain(results, row.index)
  }
}

function culpritOf<Event>(failure: Failure, rows: readonly Row<Event>[]): Row<Event> | undefined {
  if (failure.kind !== 'event') return undefined
  if (rows.length === 1) return rows[0]
  return failure.culprit === null ? undefined : rows[failure.culprit]
}

function refuse(results: MultiStatusResponse, index: number, message: string, event?: object) {
  results.setErrorResponseAtIndex(index, {
    status: 400,
    errortype: 'PAYLOAD_VALIDATION_FAILED',
    errormessage: message,
    ...(event === undefined ? {} : { sent: event as JSONLikeObject }),
  })
}

// 503 and not a 4xx: the event is good and was not stored. 424 would say it best, and every host gives up on 424.
function sendAgain(results: MultiStatusResponse, index: number) {
  results.setErrorResponseAtIndex(index, {
    status: 503,
    errortype: 'RETRYABLE_ERROR',
    errormessage: 'Not sent or not stored because of other events in the batch; send it again',
  })
}
