// What the answer to a signed POST says of each event in it. A status speaks for all of them; a receiver of batches may speak
// of each: `{ "results": [{ "status": 200 }, { "status": 422, "reason": "…" }] }`, by position, as the store answers a batch
// of messages (design 3.4).
import type { CanonicalEvent } from '../core/canonical-event.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { redactAnswer } from '../core/redact.ts'
import type { Answer } from './transport.ts'

/** Of one event; without a reason the receiver has it. */
export interface Verdict {
  readonly status: number
  readonly reason: string | null
}

// RFC 9110: what was sent is refused for its form, a conflict or its size. One event may be why.
const REFUSED_FOR_CONTENT: ReadonlySet<number> = new Set([400, 409, 413, 422])

/**
 * By position. `split`: refused as a whole, perhaps because of one of several.
 * @param inBatches whether the receiver was sent a batch, and may speak of each event in it
 */
export function verdictsOf(
  answer: Answer,
  events: readonly CanonicalEvent[],
  inBatches: boolean,
): readonly Verdict[] | 'split' {
  const { status } = answer
  const ofAll = (verdict: Verdict) => events.map(() => verdict)
  if (!isSuccess(status)) {
    if (events.length > 1 && REFUSED_FOR_CONTENT.has(status)) return 'split'
    return ofAll({ status, reason: `receiver answered ${status}, want 2xx` })
  }
  const results = inBatches ? resultsIn(answer) : null
  if (results === null) return ofAll({ status, reason: null })
  if (results.length === events.length && results.every(isResult))
    return results.map((result, at) => verdictOf(result, events[at]))
  const wanted = `want one { "status" } for each of the ${events.length} events, or no "results"`
  // RFC 9110: an answer that cannot be used. Some of it may be stored.
  return ofAll({ status: 502, reason: `receiver answered ${status} with "results", ${wanted}` })
}

/** The beginning of an answer that speaks of one event. */
export function shownAnswer(body: string, canonical: CanonicalEvent): string | null {
  const text = body.slice(0, LOOKED_AT_LENGTH).replaceAll('\0', '')
  return redactAnswer(text, canonical as unknown as JsonObject).slice(0, SHOWN_LENGTH) || null
}
const SHOWN_LENGTH = 500
// Masked before it is cut, so that no half of an address or number is left; the rest need not be looked at.
const LOOKED_AT_LENGTH = 4 * SHOWN_LENGTH

interface Result {
  readonly status: number
  readonly reason?: unknown
}

function isResult(value: unknown): value is Result {
  return isJsonObject(value) && Number.isInteger(value.status)
}

function verdictOf({ status, reason }: Result, event: CanonicalEvent | undefined): Verdict {
  if (isSuccess(status)) return { status, reason: null }
  const says = typeof reason === 'string' && event ? shownAnswer(reason, event) : null
  return { status, reason: `receiver answered ${status} to this event${says ? `: ${says}` : ''}` }
}

// Null where it names none: then its status speaks for all.
function resultsIn({ body, isCut }: Answer): readonly unknown[] | null {
  if (!body.includes('"results"')) return null
  // Nobody knows what the rest said.
  if (isCut) return []
  try {
    const said: unknown = JSON.parse(body)
    return isJsonObject(said) && Array.isArray(said.results) ? said.results : null
  } catch {
    return null // words that are no JSON say nothing of single events
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299
}
