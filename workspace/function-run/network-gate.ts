// Where the HTTP of a function under test ends: every request is kept, and answered from a record or by the real host.
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { GATE_URL_HEADER } from '../realm/gated-http.ts'

export interface RecordedAnswer {
  /** Any method when absent. */
  readonly method?: string
  /** The whole URL, or its beginning with a `*` at the end. */
  readonly url: string
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is; anything else is sent as JSON. */
  readonly body?: unknown
  /** Instead of an answer: the connection is reset, or nothing ever comes. */
  readonly fails?: 'reset' | 'silence'
}

export interface OutgoingRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Null when no answer was given. */
  readonly status: number | null
}

export interface NetworkGate {
  readonly origin: string
  /** Hands over what was sent since the last call. */
  take(): OutgoingRequest[]
  /** What is asked from here on finds these answers; each is used once, the last of its URL for ever. */
  answer(answers: readonly RecordedAnswer[]): void
  close(): Promise<void>
}

export interface NetworkGateOptions {
  /** Without a recorded answer: the real host is asked, or the connection is reset. */
  readonly otherwise: 'live' | 'reset'
}

/** Listens on a free port of 127.0.0.1. */
export async function startNetworkGate({ otherwise }: NetworkGateOptions): Promise<NetworkGate> {
  let sent: OutgoingRequest[] = []
  let recorded: RecordedAnswer[] = []

  const server = createServer((incoming, response) => void receive(incoming, response))

  async function receive(incoming: IncomingMessage, response: ServerResponse) {
    const { method = '', headers } = incoming
    const url = String(headers[GATE_URL_HEADER])
    // Kept in the order in which the function asked, whatever comes back first.
    const index =
      sent.push({ method, url, headers: shownHeaders(headers), body: '', status: null }) - 1
    const list = sent
    const note = (change: Partial<OutgoingRequest>) => {
      list[index] = { ...(list[index] as OutgoingRequest), ...change }
    }
    const body = await bodyOf(incoming)
    note({ body: body.toString('utf8') })
    const found = takeAnswer(method, url)
    if (found?.fails === 'silence') return
    if (found && found.fails === undefined) note({ status: reply(response, found) })
    else if (!found && otherwise === 'live') forward({ method, url, body, headers, response, note })
    else response.socket?.resetAndDestroy()
  }

  function takeAnswer(method: string, url: string): RecordedAnswer | undefined {
    const fitting = recorded.filter((answer) => isFor(answer, method, url))
    const [first] = fitting
    if (first && fitting.length > 1) recorded = recorded.filter((answer) => answer !== first)
    return first
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = sent
      sent = []
      return taken
    },
    answer(answers) {
      recorded = [...answers]
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function isFor(answer: RecordedAnswer, method: string, url: string): boolean {
  if (answer.method !== undefined && answer.method.toUpperCase() !== method) return false
  return answer.url.endsWith('*') ? url.startsWith(answer.url.slice(0, -1)) : url === answer.url
}

function reply(response: ServerResponse, { status = 200, headers = {}, body }: RecordedAnswer) {
  const isText = typeof body === 'string' || body === undefined
  const type = isText ? {} : { 'content-type': 'application/json' }
  response.writeHead(status, { ...type, ...headers }).end(isText ? body : JSON.stringify(body))
  return status
}

interface Forwarded {
  readonly method: string
  readonly url: string
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
  readonly response: ServerResponse
  readonly note: (change: Partial<OutgoingRequest>) => void
}

function forward({ method, url, body, headers, response, note }: Forwarded) {
  const { [GATE_URL_HEADER]: _, connection: __, ...rest } = headers
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const outgoing = send(url, { method, headers: rest }, (answer) => {
    note({ status: answer.statusCode ?? null })
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  // The function sees what it would see of a host that cannot be reached: a connection that ends.
  outgoing.on('error', () => response.socket?.resetAndDestroy())
  outgoing.end(body)
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function shownHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== GATE_URL_HEADER && name !== 'connection')
      .map(([name, value]) => [name, String(value)]),
  )
}
