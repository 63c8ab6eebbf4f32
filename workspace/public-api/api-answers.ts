// The forms of the Public API's answers: `data`, or `errors`, never both; pages; and what every route is handed.
import type { Json, JsonObject } from '../../core/json.ts'
import { isJsonObject } from '../../core/json.ts'
import type { TwinAnswer, TwinRequest } from '../twins/twin-app.ts'

export type Version = 'v1' | 'v1beta' | 'v1alpha'

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Groups are the route's parameters. */
  readonly path: RegExp
  /** The version in which the endpoint exists. */
  readonly version: Version
  /** Writes of mappings share a limit of their own. */
  readonly limit?: 'mapping-writes'
  handle(request: ApiRequest, params: readonly string[]): TwinAnswer
}

export interface ApiRequest {
  readonly query: URLSearchParams
  /** Empty for a request without one. */
  readonly body: JsonObject
}

/** Thrown by a route, answered in the API's form. */
export class ApiFault extends Error {
  readonly status: number
  readonly type: string
  readonly field: string | undefined
  constructor(status: number, type: string, message: string, field?: string) {
    super(message)
    this.status = status
    this.type = type
    this.field = field
  }
}

// Only these two type strings are documented; both were seen for what they are used for here.
export function badRequest(message: string, field?: string): ApiFault {
  return new ApiFault(400, 'bad-request', message, field)
}

export function notFound(what: string, id: string): ApiFault {
  return new ApiFault(404, 'not-found', `${what} ${id} not found.`)
}

export function data(content: JsonObject, status = 200): TwinAnswer {
  return { status, body: { data: content } }
}

export const SUCCESS: JsonObject = { status: 'SUCCESS' }

export function errors(status: number, error: JsonObject, headers = {}): TwinAnswer {
  return { status, body: { errors: [error] }, headers }
}

export function faultAnswer({ status, type, message, field }: ApiFault): TwinAnswer {
  return errors(status, { type, message, ...(field === undefined ? {} : { field }) })
}

/** "Too many requests" as documented, with the three headers of the rate limit. */
export function tooMany(msBeforeNext: number, consumed: number, resetAtMs: number): TwinAnswer {
  return errors(
    429,
    {
      type: 'RequestError',
      message: 'Too many requests',
      data: { remainingPoints: 0, msBeforeNext, consumedPoints: consumed },
    },
    {
      'X-RateLimit-Consumed': String(consumed),
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': new Date(resetAtMs).toUTCString(),
      'Retry-After': String(Math.ceil(msBeforeNext / 1000)),
    },
  )
}

const DEFAULT_COUNT = 200

/** One page of `items` under `key`. Cursors are opaque; ours are the offset in base64, as the documentation's look. */
export function page(key: string, items: readonly Json[], query: URLSearchParams): TwinAnswer {
  const count = countOf(parameter(query, 'count'))
  const current = parameter(query, 'cursor') ?? cursorAt(0)
  const offset = Number(Buffer.from(current, 'base64').toString())
  if (!Number.isInteger(offset) || offset < 0) throw badRequest('Invalid cursor.', 'pagination')
  const cursors = {
    current,
    ...(offset + count < items.length ? { next: cursorAt(offset + count) } : {}),
    ...(offset > 0 ? { previous: cursorAt(Math.max(0, offset - count)) } : {}),
    totalEntries: items.length,
  }
  return data({ [key]: items.slice(offset, offset + count), pagination: cursors })
}

// Both spellings are in use: the documentation's with a dot, the SDK's with brackets.
function parameter(query: URLSearchParams, name: string): string | null {
  return query.get(`pagination.${name}`) ?? query.get(`pagination[${name}]`)
}

function countOf(given: string | null): number {
  const count = given === null ? DEFAULT_COUNT : Number(given)
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count
  throw badRequest('count must be between 1 and 1000.', 'pagination.count')
}

function cursorAt(offset: number): string {
  return Buffer.from(String(offset)).toString('base64')
}

export function bodyOf({ body, isJson }: TwinRequest): JsonObject {
  if (body === undefined && !isJson) return {}
  if (isJsonObject(body)) return body
  throw badRequest('Request body is not a JSON object.')
}

/** A non-empty text of the body, or 400 naming the field. */
export function textField(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value === 'string' && value !== '') return value
  throw badRequest(`${name} is required.`, name)
}

export function objectField(body: JsonObject, name: string): JsonObject {
  const value = body[name]
  if (isJsonObject(value)) return value
  throw badRequest(`${name} must be an object.`, name)
}

export function booleanField(body: JsonObject, name: string, otherwise: boolean): boolean {
  const value = body[name]
  if (value === undefined) return otherwise
  if (typeof value === 'boolean') return value
  throw badRequest(`${name} must be a boolean.`, name)
}

export function listField(body: JsonObject, name: string): readonly Json[] {
  const value = body[name]
  if (Array.isArray(value)) return value
  throw badRequest(`${name} must be an array.`, name)
}
