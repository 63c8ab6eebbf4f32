// What every action does with its payloads.
import {
  type ExecuteInput,
  MultiStatusResponse,
  PayloadValidationError,
  type RequestClient,
} from '@segment/actions-core'
import { type BuiltEvent, buildEvent } from './build-event.ts'
import { type CollectFailure, collect } from './collect.ts'
import type { Settings } from './generated-types.ts'
import { type Group, groupEvents } from './group-events.ts'
import type { EventPayload } from './payload.ts'

type Input<P> = Pick<ExecuteInput<Settings, P>, 'payload' | 'settings'>

// Requests of one batch under way at once: a batch of many clients is as many requests.
const CONCURRENCY = 8

export async function deliverOne(
  request: RequestClient,
  { payload, settings }: Input<EventPayload>,
  nameOf: (payload: EventPayload) => string,
) {
  const { client, event, warnings } = buildEvent(nameOf(payload), payload)
  const failure = await collect(request, settings, { ...client, events: [event] })
  if (failure) throw failure
  return { warnings: [...warnings] }
}

/** One node per payload. Throws when nothing was received and no event was at fault: all may be sent again. */
export async function deliverBatch(
  request: RequestClient,
  { payload: payloads, settings }: Input<EventPayload[]>,
  nameOf: (payload: EventPayload) => string,
): Promise<MultiStatusResponse> {
  const response = new MultiStatusResponse()
  const built = payloads.map((payload, position) => {
    const each = tried(() => buildEvent(nameOf(payload), payload))
    if (!(each instanceof Error)) return each
    response.setErrorResponseAtIndex(position, { status: 400, errormessage: each.message })
    return null
  })
  const groups = groupEvents(built)
  const outcomes = await eachAtMost(CONCURRENCY, groups, (group) =>
    collected(request, settings, group),
  )
  const same = sameFailure(outcomes)
  if (same) throw same
  outcomes.forEach((outcome, at) => {
    const { positions } = groups[at] as Group
    for (const position of positions)
      setOutcome(response, position, built[position] as BuiltEvent, outcome)
  })
  return response
}

// All or nothing can be thrown: one group's refusal may not become the answer for another's outage. Faults of the network
// have no status to compare: one request may have been lost on its way out, another on its way back.
function sameFailure(outcomes: readonly (Error | null)[]): Error | null {
  const [first = null] = outcomes
  const status = statusIn(first)
  if (status === undefined && outcomes.length > 1) return null
  return outcomes.every((outcome) => outcome && statusIn(outcome) === status) ? first : null
}

const statusIn = (outcome: Error | null): number | undefined =>
  (outcome as { readonly status?: number } | null)?.status

// A fault of the network becomes an outcome: the groups beside it may have arrived.
async function collected(
  request: RequestClient,
  settings: Settings,
  { body }: Group,
): Promise<Error | null> {
  try {
    return await collect(request, settings, body)
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown))
  }
}

function setOutcome(
  response: MultiStatusResponse,
  position: number,
  { client, event, warnings }: BuiltEvent,
  outcome: Error | null,
) {
  const sent = { ...client, events: [event] } as never
  if (!outcome) {
    const body = { warnings: [...warnings] }
    response.setSuccessResponseAtIndex(position, { status: 204, sent, body })
    return
  }
  const { status, code, retryAfterMs } = outcome as Partial<CollectFailure> & {
    readonly retryAfterMs?: number
  }
  response.setErrorResponseAtIndex(position, {
    // An error without a status is the network's; `cause` tells the host whether the request may have arrived.
    status: status ?? 503,
    errormessage: status ? outcome.message : `Google Analytics was not reached: ${code ?? 'error'}`,
    sent,
    body: {
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(status ? {} : { cause: outcome as never }),
    },
  })
}

function tried(make: () => BuiltEvent): BuiltEvent | PayloadValidationError {
  try {
    return make()
  } catch (thrown) {
    if (thrown instanceof PayloadValidationError) return thrown
    throw thrown
  }
}

/** Results in the order of what was given; `limit` of them under way at once. */
async function eachAtMost<T, R>(
  limit: number,
  all: readonly T[],
  run: (each: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(all.length)
  const queue = all.entries()
  const worker = async () => {
    for (const [at, each] of queue) results[at] = await run(each)
  }
  await Promise.all(Array.from({ length: Math.min(limit, all.length) }, worker))
  return results
}
