// Reads what an insert function returned: the event to go on, for a batch one for each input (facts 1.9).
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { HostSwitches } from '../host-switches.ts'
import type { Verdict } from '../runtime/classify.ts'

export type InsertResult =
  | { readonly kind: 'pass'; readonly event: JsonObject }
  | { readonly kind: 'refuse'; readonly verdict: Verdict }

export interface InsertBatchAnswer {
  /** One for each input, in its order. */
  readonly results: readonly InsertResult[]
  /** Set when the host would do something its author did not mean, or that is not documented. */
  readonly warning: string | null
}

type InsertSwitches = Pick<HostSwitches, 'insertReturnsNothing' | 'shortInsertBatch'>

/** `returned` is JSON text of what a single handler returned for `input`. */
export function readInsertAnswer(
  returned: string | undefined,
  input: JsonObject,
  { insertReturnsNothing }: InsertSwitches,
): InsertResult {
  const event: unknown = JSON.parse(returned ?? 'null')
  if (isJsonObject(event)) return { kind: 'pass', event }
  if (insertReturnsNothing === 'pass') return { kind: 'pass', event: input }
  return refused('Bad Request', 'the insert function returned no event')
}

/** Positions count, not ids: what stands at index 1 goes on as the second input's event, whoever it is about. */
export function readInsertBatchAnswer(
  returned: string | undefined,
  inputs: readonly JsonObject[],
  switches: InsertSwitches,
): InsertBatchAnswer {
  const value: unknown = JSON.parse(returned ?? 'null')
  if (!Array.isArray(value)) {
    const results = inputs.map((input) => readInsertAnswer(undefined, input, switches))
    return { results, warning: 'onBatch returned no array of events' }
  }
  if (value.length < inputs.length && switches.shortInsertBatch === 'byMessageId') {
    const results = pairByMessageId(value, inputs)
    if (results) return { results, warning: null }
  }
  const results = inputs.map((input, index) =>
    index < value.length
      ? readInsertAnswer(JSON.stringify(value[index]), input, switches)
      : FILTERED,
  )
  return { results, warning: faultOf(value, inputs) }
}

// The documentation says pairing is positional, and also that events left out are filtered. Both hold only when every
// event returned is one that came in, in the order in which they came.
function pairByMessageId(
  events: readonly unknown[],
  inputs: readonly JsonObject[],
): InsertResult[] | null {
  let next = 0
  const results = inputs.map((input): InsertResult => {
    const event = events[next]
    if (!isJsonObject(event) || event.messageId !== input.messageId) return FILTERED
    next += 1
    return { kind: 'pass', event }
  })
  return next === events.length ? results : null
}

function faultOf(events: readonly unknown[], inputs: readonly JsonObject[]): string | null {
  if (events.length !== inputs.length) {
    return `onBatch returned ${events.length} events for ${inputs.length}; paired by index`
  }
  const moved = inputs.findIndex(
    ({ messageId }, index) => messageId !== undefined && idOf(events[index]) !== messageId,
  )
  return moved === -1
    ? null
    : `onBatch returned another event at index ${moved}; the host pairs by index, so one user gets another's event`
}

function idOf(event: unknown): Json | undefined {
  return isJsonObject(event) ? event.messageId : undefined
}

function refused(reported: 'Bad Request' | 'Filtered at insert function', message: string) {
  return { kind: 'refuse', verdict: { kind: 'discard', reported, message } } as const
}

const FILTERED: InsertResult = refused('Filtered at insert function', 'left out of the batch')
