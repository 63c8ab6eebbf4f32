// Every error of the API has one form: { "error": { "code", "message", "docs" } }; `docs` is the path of the page about it.
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** Each code stands for one HTTP status. What a code means is said in codes/api-errors.ts. */
export const ERROR_STATUS = {
  invalid_json: 400,
  invalid_batch: 400,
  invalid_audience: 400,
  invalid_cursor: 400,
  invalid_period: 400,
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  still_in_use: 409,
  body_too_large: 413,
  too_many_entries: 413,
  unsupported_media_type: 415,
  unsupported_kind: 422,
  overloaded: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Readonly<Record<string, ContentfulStatusCode>>

export type ApiErrorCode = keyof typeof ERROR_STATUS

/** Where the console tells about a code. */
export function docsOf(code: string): string {
  return `/docs/errors/${code}`
}

export function errorAnswer<Code extends ApiErrorCode>(
  context: Context,
  status: (typeof ERROR_STATUS)[Code],
  code: Code,
  message: string,
): Response {
  return context.json({ error: { code, message, docs: docsOf(code) } }, status)
}

/** An error that may pass: `Retry-After` says when to ask again, in seconds. */
export function tryAgainAnswer(
  context: Context,
  status: 429 | 503,
  code: 'overloaded' | 'unavailable',
  message: string,
  retryAfterSeconds: number,
): Response {
  context.header('Retry-After', String(retryAfterSeconds))
  return errorAnswer(context, status, code, message)
}
