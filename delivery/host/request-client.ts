// The request client that actions-core hands to a definition (segment.md 4.11), on our own transport: no redirects, no
// private addresses, a bounded answer, one deadline, and no record that grows.
import { STATUS_CODES } from 'node:http'
import { HTTPError, type RequestClient, type RequestOptions } from '@segment/actions-core'
import { TrackLayerError } from '../../core/errors.ts'
import { NOT_SENT } from '../../core/replay.ts'
import { parseRetryAfter } from '../retry-after.ts'
import type { Answer, Transport } from '../transport.ts'
import type { Deadline } from './deadline.ts'
import { assertNothingMissing, readdressed } from './outgoing-address.ts'

export interface RequestClientOptions {
  readonly transport: Transport
  readonly timeoutMs: number
  /** What the definition's `extendRequest` asks for: headers, basic authentication. */
  readonly defaults: RequestOptions
  /** Told of every answer before the definition reads it. */
  readonly onAnswer: (exchange: Exchange) => void
  /** Of all requests together; without it each has `timeoutMs`. */
  readonly deadline?: Deadline
  /** Origin that a definition has built in → the address to use instead. */
  readonly addresses?: Readonly<Record<string, string>>
  /** Milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly now?: () => number
}

/** One request and its answer as attempts keep them: the address without its query, which carries keys. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly bytes: number
  readonly status: number
  readonly response: string
  /** The whole answer, for whoever reads a refusal out of it. */
  readonly body: string
  readonly retryAfterMs: number | undefined
}

/** Ours, whoever wrote the definition: vendors read it in their logs. */
const USER_AGENT = 'TrackLayer'

export function createRequestClient(options: RequestClientOptions): RequestClient {
  const client = async (url: string, own: RequestOptions = {}) => {
    const { defaults, transport, onAnswer } = options
    const merged = {
      ...defaults,
      ...own,
      headers: { ...plain(defaults.headers), ...plain(own.headers) },
    }
    const { body, contentType } = bodyOf(merged)
    const method = (merged.method ?? 'get').toUpperCase()
    const headers = {
      ...contentType,
      ...authorization(merged),
      ...merged.headers,
      'user-agent': USER_AGENT,
    }
    const named = withSearch(url, merged.searchParams)
    assertNothingMissing({ url: named, headers, body })
    const address = readdressed(named, options.addresses)
    const answer = await transport({
      method,
      url: address,
      headers,
      body,
      timeoutMs: timeLeft(options),
    })
    const retryAfterMs = waitOf(answer, options)
    onAnswer({
      method,
      url: address.split('?')[0] ?? address,
      bytes: Buffer.byteLength(body),
      status: answer.status,
      response: answer.body.slice(0, 500),
      body: answer.body,
      retryAfterMs,
    })
    const response = responseOf(address, answer)
    if (isRedirect(answer)) throw redirected(response)
    if (!response.ok && merged.throwHttpErrors !== false) {
      throw Object.assign(httpError(response), { retryAfterMs })
    }
    return response
  }
  return client as unknown as RequestClient
}

function timeLeft({ timeoutMs, deadline }: RequestClientOptions): number {
  if (!deadline) return timeoutMs
  const remainingMs = deadline.remainingMs()
  if (remainingMs > 0) return Math.min(timeoutMs, remainingMs)
  throw new TrackLayerError(
    'TIMED_OUT',
    `${NOT_SENT}: no time left for a further request (${timeoutMs} ms in all)`,
  )
}

function waitOf({ headers }: Answer, { now = () => 0 }: RequestClientOptions): number | undefined {
  return parseRetryAfter(headers['retry-after'], now()) ?? undefined
}

type ClientResponse = ReturnType<typeof responseOf>

// actions-core's own class, because definitions ask for it by `instanceof` and read single rows' errors out of it.
function httpError(response: ClientResponse): Error {
  const error = new HTTPError(response as never, {} as never, {} as never)
  error.message = response.statusText || `HTTP ${response.status}`
  return error
}

// A POST that is followed as GET looks like success, and 307 would carry the body to whomever the answer names (RFC 9110,
// 15.4). Refused even where a definition asks for answers instead of errors.
function isRedirect({ status }: Answer): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

function redirected({ status, url, headers }: ClientResponse): Error {
  const target = headers.get('location') ?? ''
  const to = URL.canParse(target, url) ? ` to ${new URL(target, url).origin}` : ''
  const message = `answered ${status}, a redirect${to}, which is not followed: give the final address instead`
  return Object.assign(new Error(message), { status })
}

function responseOf(url: string, { status, headers, body, isCut }: Answer) {
  const whole = () => {
    if (!isCut) return body
    const kilobytes = Math.round(body.length / 1024)
    throw new TrackLayerError('RECEIVER_REJECTED', `the answer is longer than ${kilobytes} KB`)
  }
  const flat = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, [value].flat().join(', ')]],
  )
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: STATUS_CODES[status] ?? '',
    url,
    headers: new Headers(flat),
    content: body,
    // Only whoever reads a cut answer fails: an event that was taken must not be sent again for the answer's length.
    get data() {
      return jsonOr(whole())
    },
    text: async () => whole(),
    json: async () => JSON.parse(whole()) as unknown,
  }
}

function jsonOr(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body // an answer that is no JSON is data as well, as in actions-core
  }
}

function bodyOf({ json, body }: RequestOptions): {
  body: string
  contentType: Record<string, string>
} {
  if (json !== undefined) {
    return { body: JSON.stringify(json), contentType: { 'content-type': 'application/json' } }
  }
  if (body instanceof URLSearchParams) {
    const contentType = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }
    return { body: body.toString(), contentType }
  }
  if (body === undefined || body === null) return { body: '', contentType: {} }
  if (typeof body === 'string') return { body, contentType: {} }
  if (body instanceof Uint8Array) return { body: Buffer.from(body).toString(), contentType: {} }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `A request body of type ${typeof body} is not supported`,
  )
}

function authorization({ username, password }: RequestOptions): Record<string, string> {
  if (username === undefined && password === undefined) return {}
  const pair = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

function withSearch(url: string, searchParams: RequestOptions['searchParams']): string {
  if (!searchParams) return url
  const address = new URL(url)
  for (const [name, value] of Object.entries(searchParams))
    if (value !== undefined) address.searchParams.set(name, String(value))
  return address.toString()
}

function plain(headers: RequestOptions['headers']): Record<string, string> {
  if (!headers) return {}
  const entries =
    Symbol.iterator in headers
      ? [...(headers as Iterable<[string, string]>)]
      : Object.entries(headers)
  // As actions-core: a header without a value is not sent.
  return Object.fromEntries(
    entries
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}
