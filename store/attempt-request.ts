// What an attempt keeps of its request. A payload is kept masked, with a digest of the whole. An event that went out as the
// ledger has it is not kept twice: it lies beside the attempt, and is masked when somebody looks.
import type { JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'

/** Of an event that is posted as it is stored: what was made of it on the way. */
export interface StoredEventSent {
  readonly canonical_user_id: string | null
}

/** The payload that is posted of an event. */
export function eventPayload(canonical: object, canonicalUserId: string | null): JsonObject {
  return { event: { ...canonical, canonical_user_id: canonicalUserId } }
}

/** The request with its payload, which may lie in the event. @param canonical the event, in shape */
export function withPayload(request: JsonObject, canonical: object): JsonObject {
  const { stored_event: sent, digest, ...rest } = request
  if (!sent) return request
  const { canonical_user_id } = sent as unknown as StoredEventSent
  return { ...rest, payload: redact(eventPayload(canonical, canonical_user_id)), digest }
}
