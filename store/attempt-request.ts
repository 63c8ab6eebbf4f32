// What an attempt keeps of its request. A payload is kept masked, with a digest of the whole. An event that went out as the
// ledger has it is not kept twice: it lies beside the attempt, and is masked when somebody looks.
import { hash } from 'node:crypto'
import type { JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'

/** Kept in place of payload and digest: the event as it is stored, under this user id. */
export interface StoredEventSent {
  readonly stored_event: { readonly canonical_user_id: string | null }
}

/** The payload that is posted of an event. */
export function eventPayload(canonical: object, canonicalUserId: string | null): JsonObject {
  return { event: { ...canonical, canonical_user_id: canonicalUserId } }
}

/** The first 64 bits, in hex, of the SHA-256 of a payload's JSON. */
export function digestOf(text: string): string {
  return hash('sha256', text).slice(0, 16)
}

/** The request with payload and digest, which may lie in the event. @param canonical the event, in shape */
export function withPayload(request: JsonObject, canonical: object): JsonObject {
  const { stored_event: sent, ...rest } = request as JsonObject & Partial<StoredEventSent>
  if (!sent) return request
  const payload = eventPayload(canonical, sent.canonical_user_id)
  return { ...rest, payload: redact(payload), digest: digestOf(JSON.stringify(payload)) }
}
