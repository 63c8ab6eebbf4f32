// What an attempt keeps of the payload it sent: without personal data, and a digest of the whole, by which a later look
// tells whether anything that is masked has changed.
import { hash } from 'node:crypto'
import type { Json, JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import type { StoredEventSent } from '../store/attempt-request.ts'
import { cleanJson } from '../store/text.ts'

export interface RecordedPayload {
  readonly payload: Json
  /** The first 64 bits, in hex, of the SHA-256 of the payload's JSON, in the order in which it was made. */
  readonly digest: string
}

/** What an attempt keeps of an event that it posts as the ledger has it. @param text its JSON as it is posted */
export function recordedEvent(
  canonicalUserId: string | null,
  text: string,
): { readonly stored_event: StoredEventSent; readonly digest: string } {
  return { stored_event: { canonical_user_id: canonicalUserId }, digest: digestOf(text) }
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

function digestOf(text: string): string {
  return hash('sha256', text).slice(0, 16)
}
