// TikTok's answers: HTTP 200 with a code in the body for refusals, and HTTP 401 for throttling as for bad tokens. So the code
// decides and the status hardly counts. Codes: "Responses and errors" and "Rate limits" of Events API 2.0, "Appendix -
// Return Codes" (https://business-api.tiktok.com/portal/docs?id=1737172488964097).
import { type Answer, kindOfStatus, quoted, retryAfterMs } from '../vendor-answers/answer.ts'
import type { Verdict } from '../vendor-answers/verdict.ts'

const OK = 0
/** "You don't have permission": the token may not write to this pixel, app or event set. */
const NO_PERMISSION = 40_001
const INVALID_PARAMETER = 40_002
/** "Too many requests": comes with HTTP 401. */
const THROTTLED = 40_100

/** `readInvalid` says what an invalid parameter is about; message and the platform's words. */
export function readTikTokAnswer(
  answer: Answer,
  token: string,
  readInvalid: (message: string, words: string) => Verdict = invalidParameter,
): Verdict {
  const code = answer.body?.code
  if (typeof code !== 'number') return withoutCode(answer)
  if (code === OK) return { kind: 'accepted' }
  const words = quoted(answer.body?.message, token)
  const id = answer.body?.request_id
  const trace = typeof id === 'string' ? `, request_id ${id}` : ''
  const message = `TikTok answered ${answer.status}, code ${code}${trace}: ${words}`
  if (code === THROTTLED) return wait(answer, 429, message)
  // 5xxxx is trouble of TikTok's own; 51xxx was seen for limits and timeouts behind it (UNVERIFIED for this endpoint).
  if (code >= 50_000 && code < 60_000) return wait(answer, 503, message)
  // 40102 expired, 40104 empty, 40105 wrong or revoked; UNVERIFIED that the rest of the range concerns tokens as well.
  if (code === NO_PERMISSION || (code > THROTTLED && code < 40_200)) {
    return { kind: 'credentials', message }
  }
  if (code === INVALID_PARAMETER) return readInvalid(message, words)
  return { kind: 'refused', status: 400, message }
}

// A validation message leads with the path of the first fault, such as data.3.properties.currency. UNVERIFIED for this
// endpoint, where data[3] was reported too: without an index the batch is split.
const CULPRIT = /\bdata(?:\.(\d+)|\[(\d+)\])/

function invalidParameter(message: string, words: string): Verdict {
  if (/\bevent_source(_id)?\b/.test(words)) return { kind: 'settings', message }
  const found = CULPRIT.exec(words)
  return { kind: 'event', message, culprit: found ? Number(found[1] ?? found[2]) : null }
}

function withoutCode(answer: Answer): Verdict {
  const { status } = answer
  const message = `TikTok answered ${status} without a code`
  // A 200 from something in between proves nothing.
  if (status >= 200 && status < 300) return wait(answer, 502, message)
  if (status === 401 || status === 403) return { kind: 'credentials', message }
  const kind = kindOfStatus(status)
  if (kind === 'event') return { kind, message, culprit: null }
  if (kind === 'wait') return wait(answer, status, message)
  return { kind, status, message }
}

function wait(answer: Answer, status: number, message: string): Verdict {
  const waitMs = retryAfterMs(answer)
  return {
    kind: 'wait',
    status,
    message,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  }
}
