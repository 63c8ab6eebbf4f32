// What an attempt keeps of the payload it sent: without personal data, and a digest of the whole, by which a later look
// tells whether anything that is masked has changed.
import type { Json, JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { digestOf } from '../store/attempt-request.ts'
import { cleanJson } from '../store/text.ts'

export interface RecordedPayload {
  readonly payload: Json
  /** Of the payload's JSON, in the order in which it was made. */
  readonly digest: string
}

/**
 * @param text the payload's JSON, where it is at hand. One mapping makes the keys of one event in one order each time, so that
 * nothing needs sorting; the digest is of what was sent, not of what the ledger keeps
 */
export function recordedPayload(
  payload: JsonObject | undefined,
  text = JSON.stringify(payload),
): RecordedPayload | object {
  if (!payload) return {}
  const digest = digestOf(text)
  const masked = redact(payload)
  // Few texts need cleaning, and what the whole has not, its masked copy has not either.
  const isClean = !/\\u0000|\\ud[89a-f]/.test(text)
  return { payload: isClean ? masked : cleanJson(masked), digest }
}
