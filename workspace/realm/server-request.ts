// The `request` of a source function: synchronous json() and text(), fetch Headers, a WHATWG URL; no method, no raw bytes.
import { Headers } from 'node-fetch'
import type { WebhookRequest } from './realm-protocol.ts'

const BASE_URL = 'https://fn.segmentapis.com/'

export class ServerRequest {
  readonly headers: Headers
  readonly url: URL
  readonly #body: unknown

  constructor(init: { headers?: Record<string, string>; search?: string; body?: unknown } = {}) {
    this.headers = new Headers(init.headers)
    this.url = new URL(init.search ?? '', BASE_URL)
    this.#body = init.body
  }

  json(): unknown {
    if (typeof this.#body === 'object' && this.#body !== null) return this.#body
    return JSON.parse(this.text())
  }

  /** An object body is written out again: the sender's bytes are gone. */
  text(): string {
    if (typeof this.#body === 'string') return this.#body
    if (typeof this.#body === 'object') return JSON.stringify(this.#body)
    throw new TypeError('unsupported body type')
  }
}

export function createServerRequest({ headers, search, body }: WebhookRequest): ServerRequest {
  return new ServerRequest({
    headers: { ...headers },
    search,
    body: body.kind === 'object' ? JSON.parse(body.text) : body.text,
  })
}
