// What both actions do with their payloads: build, group by conversion action, ingest, say what became of each.
import {
  type ExecuteInput,
  MultiStatusResponse,
  PayloadValidationError,
  type RequestClient,
} from '@segment/actions-core'
import type { IngestEvent } from './build-event.ts'
import type { Failure } from './failure.ts'
import type { Settings } from './generated-types.ts'
import { ingest, type Outcome } from './ingest.ts'
import { type ConversionName, destinationOf, type IngestDestination } from './settings-rules.ts'

export type Build<P> = (payload: P, settings: Settings) => IngestEvent
type Input<P> = Pick<ExecuteInput<Settings, P>, 'payload' | 'settings' | 'auth'>

interface Row {
  readonly position: number
  readonly event: IngestEvent
}

/** Throws what went wrong; on success the answer's body. */
export async function deliverOne<P extends ConversionName>(
  request: RequestClient,
  { payload, settings, auth }: Input<P>,
  build: Build<P>,
) {
  const destination = destinationOf(settings, payload)
  const event = build(payload, settings)
  const context = { request, settings, accessToken: auth?.accessToken, destination }
  const [outcome] = await ingest(context, [event])
  if (outcome?.kind === 'failed') throw outcome.failure
  return outcome?.body
}

/**
 * One node per payload. Throws only when nothing was stored and the answer was about no single event (credentials,
 * quota, outage, settings): then the whole batch may be sent again, and the error carries `retryAfterMs`.
 */
export async function deliverBatch<P extends ConversionName>(
  request: RequestClient,
  { payload: payloads, settings, auth }: Input<P[]>,
  build: Build<P>,
): Promise<MultiStatusResponse> {
  const response = new MultiStatusResponse()
  const groups = new Map<string, { destination: IngestDestination; rows: Row[] }>()
  for (const [position, payload] of payloads.entries()) {
    const destination = destinationOf(settings, payload)
    const event = built(() => build(payload, settings))
    if (event instanceof Error) {
      setFailure(response, position, event)
      continue
    }
    const key = destination.productDestinationId
    const group = groups.get(key) ?? { destination, rows: [] }
    group.rows.push({ position, event })
    groups.set(key, group)
  }
  let anyStored = false
  let whole: Failure | undefined
  for (const { destination, rows } of groups.values()) {
    const context = { request, settings, accessToken: auth?.accessToken, destination }
    const events = rows.map(({ event }) => event)
    const outcomes = await ingest(context, events)
    outcomes.forEach((outcome, at) => {
      setOutcome(response, rows[at] as Row, outcome)
      if (outcome.kind === 'accepted') anyStored = true
      else if (outcome.isWholeRequest) whole = outcome.failure
    })
    if (whole && !anyStored) throw whole
  }
  return response
}

function built(make: () => IngestEvent): IngestEvent | PayloadValidationError {
  try {
    return make()
  } catch (thrown) {
    if (thrown instanceof PayloadValidationError) return thrown
    throw thrown
  }
}

function setOutcome(response: MultiStatusResponse, { position, event }: Row, outcome: Outcome) {
  if (outcome.kind === 'failed') return setFailure(response, position, outcome.failure, event)
  response.setSuccessResponseAtIndex(position, {
    status: 200,
    sent: { ...event } as never,
    body: outcome.body,
  })
}

function setFailure(
  response: MultiStatusResponse,
  position: number,
  failure: Failure,
  event?: IngestEvent,
) {
  const { retryAfterMs } = failure as { readonly retryAfterMs?: number }
  response.setErrorResponseAtIndex(position, {
    status: failure.status ?? 500,
    errormessage: failure.message,
    ...(event ? { sent: { ...event } as never } : {}),
    ...(retryAfterMs === undefined ? {} : { body: { retryAfterMs } }),
  })
}
