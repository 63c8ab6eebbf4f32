// The HTTP side of a twin: one route table, every request recorded, faults before and after the vendor's own rules.
import type { IncomingMessage } from 'node:http'
import { type Context, Hono } from 'hono'
import { type Clock, sleep } from '../../core/clock.ts'
import type { Json } from '../../core/json.ts'
import { createRecentList } from '../recent-list.ts'
import type { RecordedRequest } from './twin.ts'
import type { FaultInjector, FaultKind } from './twin-faults.ts'

export interface TwinRequest {
  readonly query: URLSearchParams
  /** Parsed JSON; undefined for an empty body and for one that is not JSON. */
  readonly body: Json | undefined
  readonly isJson: boolean
  readonly byteLength: number
  header(name: string): string | undefined
}

export interface TwinAnswer {
  readonly status: number
  /** No body when undefined. */
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
}

export interface TwinRoute {
  readonly method: string
  readonly path: RegExp
  handle(request: TwinRequest, params: readonly string[]): TwinAnswer
}

/** The answers a vendor gives before its API looks at anything, in its own form. */
export interface EdgeAnswers {
  tooManyRequests(retryAfterSeconds: number): TwinAnswer
  serverError(): TwinAnswer
  gatewayTimeout(): TwinAnswer
  notFound(path: string): TwinAnswer
}

export interface TwinAppOptions {
  readonly clock: Clock
  readonly faults: FaultInjector
  readonly edge: EdgeAnswers
  readonly routes: readonly TwinRoute[]
  readonly keepRequests?: number | undefined
}

const MASKED = new Set(['authorization', 'access-token', 'access_token', 'api_secret', 'cookie'])

export function createTwinApp(options: TwinAppOptions) {
  const { clock, faults, edge, routes, keepRequests = 10_000 } = options
  const requests = createRecentList<RecordedRequest>(keepRequests)
  const app = new Hono()

  function route(method: string, path: string, request: TwinRequest): TwinAnswer {
    for (const candidate of routes) {
      const params = candidate.method === method ? candidate.path.exec(path) : null
      if (params) return candidate.handle(request, params.slice(1))
    }
    return edge.notFound(path)
  }

  // `null` is a connection that ends without an answer.
  function decide(fault: FaultKind | null, answer: () => TwinAnswer): TwinAnswer | null {
    switch (fault) {
      case null:
        return answer()
      case 'rate-limited':
        return edge.tooManyRequests(faults.retryAfterSeconds)
      case 'server-error':
        return edge.serverError()
      case 'reset-before':
        return null
      case 'lost-reset':
      case 'lost-silence':
        answer()
        return null
      case 'lost-timeout':
        answer()
        return edge.gatewayTimeout()
    }
  }

  app.all('/*', async (c) => {
    const { request, path, text } = await read(c)
    if (faults.slowMs > 0) await sleep(clock, faults.slowMs)
    const fault = faults.draw()
    const answer = decide(fault, () => route(c.req.method, path, request))
    requests.add({
      at: clock.now(),
      method: c.req.method,
      path,
      query: masked(request.query),
      headers: masked(Object.entries(c.req.header())),
      body: request.body ?? text,
      status: answer?.status ?? null,
      answer: answer?.body ?? null,
      fault,
    })
    if (fault === 'lost-silence') return silence(c, edge)
    return answer ? send(answer) : reset(c, edge)
  })

  return { app, requests: requests.list }
}

async function read(c: Context) {
  const text = await c.req.text()
  const { body, isJson } = parse(text)
  const url = new URL(c.req.url)
  const request: TwinRequest = {
    query: url.searchParams,
    body,
    isJson,
    byteLength: Buffer.byteLength(text),
    header: (name) => c.req.header(name),
  }
  return { request, path: url.pathname, text }
}

function parse(text: string): { body: Json | undefined; isJson: boolean } {
  if (text === '') return { body: undefined, isJson: false }
  try {
    return { body: JSON.parse(text), isJson: true }
  } catch {
    // Each vendor says so in its own form; the text itself is in the recorded request.
    return { body: undefined, isJson: false }
  }
}

function send({ status, body, headers = {} }: TwinAnswer): Response {
  if (body === undefined) return new Response(null, { status, headers })
  if (typeof body === 'string') {
    return new Response(body, { status, headers: { 'Content-Type': 'text/html', ...headers } })
  }
  return Response.json(body, { status, headers })
}

// Through a real port the socket is reset; `app.request()` has none, and gets the nearest thing that is an answer.
function reset(c: Context, edge: EdgeAnswers): Response {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage }
  incoming?.socket?.resetAndDestroy()
  return send(edge.gatewayTimeout())
}

// Until the sender hangs up; `app.request()` has nobody who could.
async function silence(c: Context, edge: EdgeAnswers): Promise<Response> {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage }
  if (incoming) await new Promise((resolve) => incoming.socket.once('close', resolve))
  return send(edge.gatewayTimeout())
}

function masked(entries: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries(
    [...entries].map(([name, value]) => [name, MASKED.has(name.toLowerCase()) ? '***' : value]),
  )
}
