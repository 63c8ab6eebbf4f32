// Klaviyo's errors: JSON:API with a pointer into the request (developers.klaviyo.com/en/docs/rate_limits_and_error_handling).
// The bodies of 400, 401 and 409 follow captures in public repositories.
import type { Random } from '../../../core/clock.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { TwinAnswer } from '../twin-app.ts'
import { randomUuid } from '../vendor-ids.ts'

export interface KlaviyoFault {
  /** Our name for it, in `refused()`. */
  readonly reason: string
  readonly detail: string
  readonly pointer: string
}

interface KlaviyoError {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly pointer: string
  readonly meta?: JsonObject
}

function klaviyoErrors(
  status: number,
  errors: readonly KlaviyoError[],
  random: Random,
  headers: Readonly<Record<string, string>> = {},
): TwinAnswer {
  return {
    status,
    headers,
    body: {
      errors: errors.map(({ pointer, meta = {}, ...error }) => ({
        id: randomUuid(random),
        ...error,
        source: { pointer },
        links: {},
        meta,
      })),
    },
  }
}

/** One error for each fault, as for bulk requests. */
export function invalidInput(faults: readonly KlaviyoFault[], random: Random): TwinAnswer {
  const errors = faults.map(({ detail, pointer }) => ({
    status: 400,
    code: 'invalid',
    title: 'Invalid input.',
    detail,
    pointer,
  }))
  return klaviyoErrors(400, errors, random)
}

export function notAuthenticated(random: Random): TwinAnswer {
  const title = 'Authentication credentials were not provided.'
  const detail = 'Missing or invalid private key.'
  const error = { status: 401, code: 'not_authenticated', title, detail, pointer: '/data/' }
  return klaviyoErrors(401, [error], random)
}

export function duplicateProfile(profileId: string, random: Random): TwinAnswer {
  const error = {
    status: 409,
    code: 'duplicate_profile',
    title: 'Conflict.',
    detail: 'A profile already exists with one of these identifiers.',
    pointer: '/data/attributes',
    meta: { duplicate_profile_id: profileId },
  }
  return klaviyoErrors(409, [error], random)
}

export function notFound(detail: string, random: Random): TwinAnswer {
  const error = { status: 404, code: 'not_found', title: 'Not found.', detail, pointer: '/data/' }
  return klaviyoErrors(404, [error], random)
}

/** "Retry-After: the number of seconds to wait"; the words are UNVERIFIED. */
export function throttled(retryAfterSeconds: number, random: Random): TwinAnswer {
  const plural = retryAfterSeconds === 1 ? '' : 's'
  const error = {
    status: 429,
    code: 'throttled',
    title: 'Request was throttled.',
    detail: `Request was throttled. Expected available in ${retryAfterSeconds} second${plural}.`,
    pointer: '/data/',
  }
  return klaviyoErrors(429, [error], random, { 'Retry-After': String(retryAfterSeconds) })
}

export function serverError(random: Random): TwinAnswer {
  const title = 'A server error occurred.'
  const error = { status: 500, code: 'error', title, detail: title, pointer: '/data/' }
  return klaviyoErrors(500, [error], random)
}
