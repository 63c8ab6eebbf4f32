// What an attempt keeps of the payload it sent: without personal data, and a digest of the whole, by which a later look
// tells whether anything that is masked has changed.
import { createHash } from 'node:crypto'
import { canonicalJson } from '../core/canonical-json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { cleanJson } from '../store/text.ts'

export interface RecordedPayload {
  readonly payload: Json
  /** The first 64 bits of the SHA-256 of the payload's canonical form, in hex. */
  readonly digest: string
}

export function recordedPayload(payload: JsonObject | undefined): RecordedPayload | object {
  if (!payload) return {}
  const digest = createHash('sha256').update(canonicalJson(payload)).digest('hex').slice(0, 16)
  const masked = redact(payload)
  // Few texts need cleaning, and looking for them costs a fifth of it.
  const isClean = !/\\u0000|\\ud[89a-f]/.test(JSON.stringify(masked))
  return { payload: isClean ? masked : cleanJson(masked), digest }
}
