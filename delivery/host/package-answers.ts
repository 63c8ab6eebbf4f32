// Whether a run of a package definition that ended well did so, and what an error of one means. Many definitions catch the
// platform's answer and return, or give every refusal the status 400: the answers themselves decide.
import { type Failure, failureWith } from './failure.ts'
import type { PackageRules } from './package-rules.ts'
import type { Exchange } from './request-client.ts'

/** A refusal among the answers of a run that did not throw; null for none, and for our own definitions. */
export function refusalIn(
  rules: PackageRules | null,
  exchanges: readonly Exchange[],
): Failure | null {
  const last = exchanges.at(-1)
  if (!rules || !last) return null
  // Only the last one: a 404 before it may be how a definition looks for what it then creates.
  if (!isSuccess(last.status)) return answered(last)
  const refused = exchanges
    .filter(({ status }) => isSuccess(status))
    .map((exchange) => rules.refusalOf?.(jsonOr(exchange.body)))
    .find((refusal) => refusal)
  return refused ? failureWith(refused.status, refused.message) : null
}

/** A run that made no request delivered nothing, whatever it returned. */
export function sentNothing(
  { hosted }: { readonly hosted: { readonly rules: PackageRules | null } },
  exchanges: readonly Exchange[],
): Failure | null {
  if (!hosted.rules || exchanges.length > 0) return null
  return failureWith(422, 'the definition sent nothing for this event; check its mapping')
}

/**
 * A failure, corrected by the platform's own answer: where the definition made a passing refusal permanent, a refused
 * credential anything else, or stumbled over the answer itself (an HTML page instead of JSON).
 */
export function failureByAnswer(
  rules: PackageRules | null,
  failure: Failure,
  last: Exchange | null,
): Failure {
  if (!rules || !last || isSuccess(last.status) || failure.isAnswerLost) return failure
  const { status, message } = rules.refusalOf?.(jsonOr(last.body)) ?? {
    status: last.status,
    message: failure.reason,
  }
  const answer = failureWith(status, message)
  const { retryAfterMs = last.retryAfterMs } = failure
  const stumbled = failure.status === null && !failure.isOutage && !failure.isCredential
  const isWrong = answer.isCredential || stumbled || (answer.retryable && !failure.retryable)
  return { ...(isWrong ? answer : failure), retryAfterMs }
}

function answered(exchange: Exchange): Failure {
  const reason = `the platform answered ${exchange.status}, which the definition ignored`
  return { ...failureWith(exchange.status, reason), retryAfterMs: exchange.retryAfterMs }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function jsonOr(body: string) {
  try {
    return JSON.parse(body)
  } catch {
    return body // no JSON is an answer as well
  }
}
