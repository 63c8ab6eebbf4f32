// Answers of /{audience}/users: Graph's errors, those of audiences among them, and a success that counts its rows.
import { type JsonObject, objectAt } from '../../core/json.ts'
import { readGraphFailure } from '../meta-conversions/read-answer.ts'
import type { Answer } from '../vendor-answers/answer.ts'
import type { Verdict } from '../vendor-answers/verdict.ts'

/** 1713230: "Before updating user memberships, you must resolve integrity restrictions"; 1713231: the audience's own fields. */
const BLOCKED: readonly number[] = [1713230, 1713231]

export function readMembersAnswer(answer: Answer, sentCount: number, token: string): Verdict {
  const failure = readAudienceFailure(answer, token)
  if (failure?.kind === 'settings' && isAboutAudience(answer)) {
    return { ...failure, code: 'AUDIENCE_UNAVAILABLE' }
  }
  if (failure) return failure
  const { num_received: received, num_invalid_entries: invalid } = answer.body ?? {}
  if (typeof received !== 'number') {
    // A page from something in between.
    return { kind: 'wait', status: 502, message: 'Meta answered 200 without num_received' }
  }
  if (received === sentCount && !Number(invalid ?? 0)) return { kind: 'accepted' }
  // The rows that were good are stored. It names samples of the others, not all of them: halves find them, and a row that
  // is sent again changes nothing.
  const message = `Meta took ${received} of ${sentCount} rows, ${Number(invalid ?? 0)} of them invalid`
  return { kind: 'event', message, culprit: null }
}

// 100 with subcode 33, and 803: no such object, or not yours.
function isAboutAudience(answer: Answer): boolean {
  const { code, error_subcode: subcode } = objectAt(answer.body, 'error') ?? {}
  return code === 803 || [33, ...BLOCKED].includes(Number(subcode))
}

/** Null for a success. What concerns the whole audience is a fault of the settings, never of a row. */
export function readAudienceFailure(answer: Answer, token: string): Verdict | null {
  const failure = readGraphFailure(answer, token)
  if (failure?.kind !== 'event') return failure
  const error: JsonObject = objectAt(answer.body, 'error') ?? {}
  return BLOCKED.includes(Number(error.error_subcode))
    ? { kind: 'settings', message: failure.message }
    : failure
}
