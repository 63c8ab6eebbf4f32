// Graph's answers. The code in the body decides, not the status: throttling comes as 400, 403 or 429, and bad tokens as
// 400 or 401. Codes: "Handling Errors", https://developers.facebook.com/docs/graph-api/guides/error-handling, and "Rate
// Limits", https://developers.facebook.com/docs/graph-api/overview/rate-limiting.
import { type JsonObject, objectAt } from '../../core/json.ts'
import { type Answer, kindOfStatus, quoted, retryAfterMs } from '../vendor-answers/answer.ts'
import type { Failure, Verdict } from '../vendor-answers/verdict.ts'

/** 102 and 190: session or token; 104: none; 10 and 200 to 299: permission not granted or removed. */
const isCredentials = (code: number) =>
  code === 190 || code === 102 || code === 104 || code === 10 || (code >= 200 && code <= 299)

/** 4, 17, 32, 341, 613: calls of app, user, page; 80000 to 80014: calls by business use case, 80004 being ads management. */
const isThrottle = (code: number) =>
  [4, 17, 32, 341, 613].includes(code) || (code >= 80_000 && code <= 80_014)

/** 1 and 2: "possibly a temporary issue due to downtime"; 368: temporarily blocked, "wait and retry". */
const isOutage = (code: number) => code === 1 || code === 2 || code === 368

/** 3: no capability; 803: no such object; 2500: no such path or version; 100 with subcode 33: no such pixel, or not yours. */
const isSettings = (code: number, subcode: number) =>
  code === 3 || code === 803 || code === 2500 || (code === 100 && subcode === 33)

export function readMetaAnswer(answer: Answer, sentCount: number, token: string): Verdict {
  return readGraphFailure(answer, token) ?? readSuccess(answer, sentCount)
}

/** What any edge of Graph may answer but success; null for a 2xx without an error in its body. */
export function readGraphFailure(answer: Answer, token: string): Failure | null {
  const error = objectAt(answer.body, 'error')
  if (error) return verdictOf(error, answer, token)
  if (answer.status >= 200 && answer.status < 300) return null
  const kind = kindOfStatus(answer.status)
  const message = `Meta answered ${answer.status}, want 200`
  if (kind === 'event') return { kind, message, culprit: null }
  if (kind === 'wait') return wait(answer, answer.status, message)
  return { kind, status: answer.status, message }
}

// A 200 alone is no proof: the count is. A page from something in between has none.
function readSuccess(answer: Answer, sentCount: number): Verdict {
  const received = answer.body?.events_received
  if (received === sentCount) return { kind: 'accepted' }
  if (typeof received !== 'number') {
    return wait(answer, 502, 'Meta answered 200 without events_received')
  }
  const message = `Meta received ${received} of ${sentCount} events`
  return { kind: 'event', message, culprit: null }
}

function verdictOf(error: JsonObject, answer: Answer, token: string): Failure {
  const code = Number(error.code)
  const subcode = Number(error.error_subcode ?? 0)
  const message = messageOf(error, answer.status, token)
  if (isCredentials(code)) return { kind: 'credentials', message }
  if (isThrottle(code)) return wait(answer, 429, message)
  if (isOutage(code) || error.is_transient === true || kindOfStatus(answer.status) === 'wait') {
    return wait(answer, answer.status, message)
  }
  if (isSettings(code, subcode)) return { kind: 'settings', message }
  // 100 and the 2804xxx subcodes: an invalid parameter, of one event or of all.
  if (code === 100) return { kind: 'event', message, culprit: culpritIn(error) }
  return { kind: 'refused', status: answer.status, message }
}

function wait(answer: Answer, status: number, message: string): Failure {
  const waitMs = retryAfterMs(answer) ?? usageWaitMs(answer)
  return {
    kind: 'wait',
    status,
    message,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  }
}

// Graph sends no Retry-After (taken when it comes); X-Business-Use-Case-Usage carries, for each object and use case, minutes until calls pass:
// {"<id>":[{"type":"ads_management","estimated_time_to_regain_access":19}]}.
function usageWaitMs(answer: Answer): number | undefined {
  const header = answer.header('x-business-use-case-usage')
  if (header === null) return undefined
  const minutes = [...header.matchAll(/"estimated_time_to_regain_access"\s*:\s*(\d+)/g)].map(
    ([, value]) => Number(value),
  )
  const longest = Math.max(0, ...minutes)
  return longest === 0 ? undefined : Math.min(longest, 24 * 60) * 60_000
}

// "The parameter $['data'][0]['event_time'] is required.", as users report it with subcode 2804019 (UNVERIFIED for other
// subcodes). Most, 2804003 among them, name no event: the batch is split.
const CULPRIT = /\$\['data'\]\[(\d+)\]/

function culpritIn(error: JsonObject): number | null {
  const found = CULPRIT.exec(`${String(error.error_user_msg)} ${String(error.message)}`)
  return found ? Number(found[1]) : null
}

function messageOf(error: JsonObject, status: number, token: string): string {
  const words = [error.message, error.error_user_title, error.error_user_msg]
    .map((part) => quoted(part, token))
    .filter(Boolean)
    .join(': ')
  const subcode = error.error_subcode === undefined ? '' : `, subcode ${error.error_subcode}`
  const trace = typeof error.fbtrace_id === 'string' ? `, fbtrace_id ${error.fbtrace_id}` : ''
  return `Meta answered ${status}, code ${error.code}${subcode}${trace}: ${words}`
}
