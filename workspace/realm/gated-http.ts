// Sends every HTTP request of this thread to a network gate, which answers from a record or forwards it. Works at Node's
// own `request`, so that node-fetch, the `https` global and libraries all pass; http2, WebSockets and raw sockets do not.
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { urlToHttpOptions } from 'node:url'

/** Names the address that was meant. */
export const GATE_URL_HEADER = 'x-tracklayer-gate-url'

type Callback = (response: http.IncomingMessage) => void

export function sendThroughGate(gate: string): void {
  const { hostname, port } = new URL(gate)
  const real = http.request
  for (const [module, protocol] of [[http, 'http:'] as const, [https, 'https:'] as const]) {
    const request = (...values: readonly unknown[]) => {
      const { options, callback } = readArguments(values)
      const outgoing = real(gated(options, protocol, { hostname, port }), callback)
      if (protocol === 'https:') outgoing.once('socket', pretendSecure)
      return outgoing
    }
    const get = (...values: readonly unknown[]) => {
      const outgoing = request(...values)
      outgoing.end()
      return outgoing
    }
    Object.assign(module, { request, get })
  }
}

// Some libraries (stripe) send only when the handshake is over.
function pretendSecure(socket: Socket) {
  socket.once('connect', () => socket.emit('secureConnect'))
}

// `request([url][, options][, callback])`, as Node has it.
function readArguments(values: readonly unknown[]) {
  const callback = values.find((value): value is Callback => typeof value === 'function')
  const options = values
    .filter((value) => typeof value !== 'function' && value !== undefined && value !== null)
    .map((value) => (typeof value === 'string' || value instanceof URL ? fromUrl(value) : value))
  return { options: Object.assign({}, ...options) as http.RequestOptions, callback }
}

function fromUrl(url: string | URL): http.RequestOptions {
  return urlToHttpOptions(new URL(url)) as http.RequestOptions
}

function gated(
  options: http.RequestOptions,
  ownProtocol: string,
  gate: { readonly hostname: string; readonly port: string },
): http.RequestOptions {
  const protocol = options.protocol ?? ownProtocol
  const usual = protocol === 'https:' ? 443 : 80
  const { method, auth, timeout, signal, path = '/' } = options
  // Parsed the old way, as node-fetch does, an address without a port has null there.
  const port = options.port || usual
  const host = options.hostname ?? options.host ?? 'localhost'
  const authority = Number(port) === usual ? host : `${host}:${port}`
  const headers = {
    host: authority,
    ...headersOf(options),
    [GATE_URL_HEADER]: `${protocol}//${authority}${path}`,
  }
  return {
    ...{ method: method ?? 'GET', path, headers, agent: false, ...gate },
    ...(auth ? { auth } : {}),
    ...(timeout === undefined ? {} : { timeout }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function headersOf({ headers }: http.RequestOptions): http.OutgoingHttpHeaders {
  if (!Array.isArray(headers)) return (headers ?? {}) as http.OutgoingHttpHeaders
  const pairs = Array.from({ length: headers.length / 2 }, (_, index) => [
    headers[index * 2],
    headers[index * 2 + 1],
  ])
  return Object.fromEntries(pairs)
}
