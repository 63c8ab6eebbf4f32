// Every error of the API has one form: { "error": { "code", "message" } }.
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

export type ApiErrorCode =
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'body_too_large'
  | 'too_many_entries'
  | 'unsupported_media_type'
  | 'invalid_json'
  | 'invalid_batch'
  | 'invalid_audience'
  | 'unsupported_kind'
  | 'invalid_cursor'
  | 'invalid_period'
  | 'invalid_request'
  | 'conflict'
  | 'still_in_use'
  | 'overloaded'
  | 'unavailable'
  | 'internal'

export function errorAnswer(
  context: Context,
  status: ContentfulStatusCode,
  code: ApiErrorCode,
  message: string,
): Response {
  return context.json({ error: { code, message } }, status)
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
