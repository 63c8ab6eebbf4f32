// Graph API errors as Meta sends them ("Handling Errors", developers.facebook.com/docs/graph-api/guides/error-handling).
// Live captures of 2804003, 190 and the success body were found in public repositories; docs/twins.md names them.
import type { Random } from '../../../core/clock.ts'
import type { TwinAnswer } from '../twin-app.ts'
import { randomText } from '../vendor-ids.ts'

export interface MetaProblem {
  /** Our name for it, in `refused()`. */
  readonly reason: string
  readonly message: string
  readonly code: number
  readonly subcode?: number
  readonly title?: string
  readonly userMessage?: string
  readonly type?: 'OAuthException' | 'GraphMethodException'
  readonly isTransient?: boolean
  readonly status?: number
}

export function fbtraceId(random: Random): string {
  return `A${randomText(random, 22)}`
}

export function metaError(problem: MetaProblem, random: Random): TwinAnswer {
  const { code, subcode, title, userMessage, isTransient = false } = problem
  return {
    status: problem.status ?? 400,
    body: {
      error: {
        message: problem.message,
        type: problem.type ?? 'OAuthException',
        code,
        ...(subcode === undefined ? {} : { error_subcode: subcode, is_transient: isTransient }),
        ...(title === undefined ? {} : { error_user_title: title }),
        ...(userMessage === undefined ? {} : { error_user_msg: userMessage }),
        fbtrace_id: fbtraceId(random),
      },
    },
  }
}

/** Captured live in 2026 with status 401. */
export const INVALID_TOKEN: MetaProblem = {
  reason: 'invalid_token',
  message: 'Invalid OAuth access token - Cannot parse access token',
  code: 190,
  status: 401,
}

/** UNVERIFIED status: documents and captures of expired tokens show 400, the capture above 401. Code 190 is certain. */
export function expiredToken(status: 400 | 401): MetaProblem {
  return {
    reason: 'expired_token',
    message: 'Error validating access token: Session has expired',
    code: 190,
    subcode: 463,
    status,
  }
}

/** UNVERIFIED: code 104 is what Graph answers elsewhere. */
export const MISSING_TOKEN: MetaProblem = {
  reason: 'missing_token',
  message: 'An access token is required to request this resource.',
  code: 104,
}

/** "Error Codes", developers.facebook.com/docs/marketing-api/error-reference: 100 with subcode 33. */
export function unknownPixel(pixelId: string): MetaProblem {
  return {
    reason: 'unknown_pixel',
    message: `Unsupported post request. Object with ID '${pixelId}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api`,
    code: 100,
    subcode: 33,
    type: 'GraphMethodException',
  }
}

/** UNVERIFIED: the code for a version that is not served. */
export function unknownPath(path: string): MetaProblem {
  return { reason: 'unknown_path', message: `Unknown path components: ${path}`, code: 2500 }
}

export const MISSING_DATA: MetaProblem = {
  reason: 'missing_data',
  message: '(#100) The parameter data is required.',
  code: 100,
}

/** The limit is documented ("Using the API", Batch Requests); the words are UNVERIFIED. */
export function tooManyEvents(limit: number): MetaProblem {
  return {
    reason: 'too_many_events',
    message: `(#100) Param data must be an array with at most ${limit} elements.`,
    code: 100,
  }
}

/**
 * Codes 4, 17, 32, 613 and 80004 are throttling ("Rate Limits", graph-api/overview/rate-limiting). Captures show code 4
 * with 400; the status is UNVERIFIED for this edge, so a destination must read the code.
 */
export function requestLimit(status: 400 | 403 | 429): MetaProblem {
  return {
    reason: 'rate_limited',
    message: '(#4) Application request limit reached',
    code: 4,
    isTransient: true,
    status,
  }
}

/** Code 2: "Temporary issue due to downtime. Wait and retry the operation." */
export const DOWN: MetaProblem = {
  reason: 'server_error',
  message: 'An unexpected error has occurred. Please retry your request later.',
  code: 2,
  isTransient: true,
  status: 500,
}
