// Asks the store over its HTTP API, as the one who looks: with the token of their session, or, where a reverse proxy signs
// people in, with what the proxy said of them.
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { ENVIRONMENT_COOKIE, SESSION_COOKIE } from './cookies.ts'

/** The store's own refusal, in its words. */
export class StoreRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface StoreApi {
  /** @throws StoreRefusal */
  get<Body>(path: string): Promise<Body>
  /** @throws StoreRefusal */
  post<Body>(
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Body>
  delete(path: string): Promise<void>
  /** The answer as it comes: a stream of server-sent events. */
  open(path: string, signal: AbortSignal): Promise<Response>
}

/** The store as the one sees it who asks for a page. */
export type StoreOf = (context: Context) => StoreApi

type AskStore = (request: Request) => Response | Promise<Response>

// Of one hop, or the browser's own: all else is passed on, because a proxy names people in a header of its choice.
const NOT_PASSED = [
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'if-none-match',
  'transfer-encoding',
]

export function storeApiOf(context: Context, askStore: AskStore): StoreApi {
  const origin = new URL(context.req.url).origin
  const headers = new Headers(context.req.raw.headers)
  for (const name of NOT_PASSED) headers.delete(name)
  const token = getCookie(context, SESSION_COOKIE)
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  const environment = getCookie(context, ENVIRONMENT_COOKIE)
  if (environment !== undefined) headers.set('x-tracklayer-environment', environment)

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    further: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const own = new Headers(headers)
    for (const [name, value] of Object.entries(further)) own.set(name, value)
    if (body !== undefined) own.set('content-type', 'application/json')
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const request = new Request(origin + path, { method, headers: own, ...content })
    const answer = await askStore(request)
    if (answer.ok) return answer
    const { error } = (await answer.json().catch(() => ({}))) as {
      error?: { code: string; message: string }
    }
    const message = error?.message ?? `The store answered ${answer.status}`
    throw new StoreRefusal(answer.status, error?.code ?? 'internal', message)
  }
  return {
    get: async <Body>(path: string) => (await ask('GET', path)).json() as Promise<Body>,
    post: async <Body>(
      path: string,
      body: unknown = {},
      further?: Readonly<Record<string, string>>,
    ) => (await ask('POST', path, body, further)).json() as Promise<Body>,
    delete: async (path) => {
      await ask('DELETE', path)
    },
    open: async (path, signal) =>
      askStore(new Request(origin + path, { headers: new Headers(headers), signal })),
  }
}

/** `/v1/events?state=dead`: what is undefined or empty is left out. */
export function pathWith(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}
