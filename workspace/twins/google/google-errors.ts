// Errors of the Data Manager API: google.rpc.Status with ErrorInfo, RequestInfo and BadRequest, as the samples of
// "Understand API errors" (developers.google.com/data-manager/api/devguides/concepts/understand-errors) show them.
import type { Random } from '../../../core/clock.ts'
import type { Json } from '../../../core/json.ts'
import type { TwinAnswer } from '../twin-app.ts'
import { randomUuid } from '../vendor-ids.ts'

/** One entry of BadRequest.fieldViolations. `reason` is absent where the JSON itself does not fit the request's type. */
export interface FieldViolation {
  /** E.g. `events.events[0].user_data.user_identifiers[1]`: events stand under a second `events`, in snake case. */
  readonly field: string
  readonly description: string
  readonly reason?: string
}

const DOMAIN = 'datamanager.googleapis.com'

/** Ids of refused requests begin with `t-` in Google's samples. */
function refusedRequestId(random: Random): string {
  return `t-${randomUuid(random)}`
}

function status(code: number, name: string, message: string, details: readonly Json[]): TwinAnswer {
  return { status: code, body: { error: { code, message, status: name, details } } }
}

function requestDetails(reason: string, random: Random): readonly Json[] {
  const requestId = refusedRequestId(random)
  return [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason,
      domain: DOMAIN,
      metadata: { requestId },
    },
    { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId },
  ]
}

export function invalidArgument(
  violations: readonly FieldViolation[],
  random: Random,
  message = 'There was a problem with the request.',
): TwinAnswer {
  return status(400, 'INVALID_ARGUMENT', message, [
    ...requestDetails('INVALID_ARGUMENT', random),
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: violations.map((violation) => ({ ...violation })),
    },
  ])
}

/** The proto JSON parser speaks before the API does, without ErrorInfo. */
export function invalidJson(violations: readonly FieldViolation[]): TwinAnswer {
  const [first] = violations
  const message = `Invalid JSON payload received. ${first?.description ?? 'Unexpected token.'}`
  return status(400, 'INVALID_ARGUMENT', message, [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: violations.map((violation) => ({
        ...violation,
        description: `Invalid JSON payload received. ${violation.description}`,
      })),
    },
  ])
}

/** The words are those of every Google API for a missing, unknown or expired bearer. */
export function unauthenticated(
  reason: 'CREDENTIALS_MISSING' | 'ACCESS_TOKEN_EXPIRED',
): TwinAnswer {
  const answer = status(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason,
        domain: 'googleapis.com',
        metadata: { service: DOMAIN },
      },
    ],
  )
  return {
    ...answer,
    headers: {
      'WWW-Authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
    },
  }
}

/** "The user does not have permission or the resource is not found." */
export function permissionDenied(random: Random): TwinAnswer {
  return status(
    403,
    'PERMISSION_DENIED',
    'The caller does not have permission',
    requestDetails('PERMISSION_DENIED', random),
  )
}

/** ErrorReason NOT_FOUND: "Resource not found." */
export function notFoundStatus(random: Random): TwinAnswer {
  return status(404, 'NOT_FOUND', 'Resource not found.', requestDetails('NOT_FOUND', random))
}

/** "Limits and quotas": beyond them RESOURCE_EXHAUSTED and 429. UNVERIFIED: the RetryInfo and the header. */
export function resourceExhausted(retryAfterSeconds: number): TwinAnswer {
  const answer = status(
    429,
    'RESOURCE_EXHAUSTED',
    "Quota exceeded for quota metric 'Ingestion requests' and limit 'Ingestion requests per minute' of service 'datamanager.googleapis.com'.",
    [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'RATE_LIMIT_EXCEEDED',
        domain: 'googleapis.com',
        metadata: { service: DOMAIN },
      },
      {
        '@type': 'type.googleapis.com/google.rpc.RetryInfo',
        retryDelay: `${retryAfterSeconds}s`,
      },
    ],
  )
  return { ...answer, headers: { 'Retry-After': String(retryAfterSeconds) } }
}

export function internalError(random: Random): TwinAnswer {
  return status(
    500,
    'INTERNAL',
    'An internal error has occurred.',
    requestDetails('INTERNAL_ERROR', random),
  )
}

export function deadlineExceeded(random: Random): TwinAnswer {
  return status(
    504,
    'DEADLINE_EXCEEDED',
    'The request took too long to respond.',
    requestDetails('DEADLINE_EXCEEDED', random),
  )
}
