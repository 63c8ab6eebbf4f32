// The request client that actions-core hands to a definition (segment.md 4.11), on our own transport: no redirects, no
// private addresses, a bounded answer, one deadline, and no record that grows.
import { STATUS_CODES } from 'node:http'
import type { RequestClient, RequestOptions } from '@segment/actions-core'
import { TrackLayerError } from '../../core/errors.ts'
import type { Answer, Transport } from '../transport.ts'

export interface RequestClientOptions {
  readonly transport: Transport
  readonly timeoutMs: number
  /** What the definition's `extendRequest` asks for: headers, basic authentication. */
  readonly defaults: RequestOptions
  /** Told of every answer before the definition reads it. */
  readonly onAnswer: (exchange: Exchange) => void
}

/** One request and its answer as attempts keep them: the address without its query, which carries keys. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly bytes: number
  readonly status: number
  readonly response: string
}

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
    const address = withSearch(url, merged.searchParams)
    const answer = await transport({
      method,
      url: address,
      headers: { ...contentType, ...authorization(merged), ...merged.headers },
      body,
      timeoutMs: options.timeoutMs,
    })
    onAnswer({
      method,
      url: address.split('?')[0] ?? address,
      bytes: Buffer.byteLength(body),
      status: answer.status,
      response: answer.body.slice(0, 500),
    })
    const response = responseOf(address, answer)
    if (!response.ok && merged.throwHttpErrors !== false) throw new HttpAnswerError(response)
    return response
  }
  return client as unknown as RequestClient
}

type ClientResponse = ReturnType<typeof responseOf>

/** As actions-core's HTTPError: the status stands on `response`. */
class HttpAnswerError extends Error {
  override readonly name = 'HTTPError'
  readonly response: ClientResponse

  constructor(response: ClientResponse) {
    super(response.statusText || `HTTP ${response.status}`)
    this.response = response
  }
}

function responseOf(url: string, { status, headers, body }: Answer) {
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
    data: jsonOr(body),
    text: async () => body,
    json: async () => JSON.parse(body) as unknown,
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
    address.searchParams.set(name, String(value))
  return address.toString()
}

function plain(headers: RequestOptions['headers']): Record<string, string> {
  if (!headers) return {}
  const entries =
    Symbol.iterator in headers
      ? [...(headers as Iterable<[string, string]>)]
      : Object.entries(headers)
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]))
}
