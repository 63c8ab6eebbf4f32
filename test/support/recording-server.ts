// A real HTTP server that keeps what it is sent and answers as it is told: well, badly, late, half or not at all.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The exact bytes. */
  readonly body: Buffer
  /** On the clock the server was given. */
  readonly receivedAt: number
}

export type Answer = (response: ServerResponse, request: RecordedRequest) => void

export interface RecordingServer {
  readonly url: string
  /** In order of arrival. */
  readonly requests: readonly RecordedRequest[]
  /** Answers the next requests, one each; `otherwise` answers those after them. */
  next(...answers: readonly Answer[]): void
  otherwise(answer: Answer): void
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1. */
export async function startRecordingServer(
  otherwise: Answer,
  now: () => number = Date.now,
): Promise<RecordingServer> {
  const requests: RecordedRequest[] = []
  const queue: Answer[] = []
  let standing = otherwise
  const server = createServer(async (incoming, response) => {
    const { method = '', url: path = '', headers } = incoming
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const request = { method, path, headers, body: Buffer.concat(chunks), receivedAt: now() }
    requests.push(request)
    const answer = queue.shift() ?? standing
    answer(response, request)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    next: (...answers) => void queue.push(...answers),
    otherwise(answer) {
      standing = answer
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An address at which nobody listens. */
export async function refusingUrl(): Promise<string> {
  const server = await startRecordingServer(() => {})
  await server.close()
  return server.url
}

export function text(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) => void response.writeHead(status, headers).end(body)
}

export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return text(status, JSON.stringify(body), { 'Content-Type': 'application/json', ...headers })
}

export function redirect(status: number, location: string): Answer {
  return text(status, '', { Location: location })
}

/** Ends the connection without a word. */
export const reset: Answer = (response) => void response.socket?.resetAndDestroy()

/** Begins an answer of a stated length, or in chunks, and ends the connection within it. */
export function cutOff(body: string, framing: 'length' | 'chunked'): Answer {
  return (response) => {
    response.writeHead(200, framing === 'length' ? { 'Content-Length': body.length } : {})
    response.write(body.slice(0, body.length >> 1), () => response.socket?.destroy())
  }
}

/** Never answers. */
export const silent: Answer = () => {}

/** Answers with a beginning that has no end. */
export function stalled(body: string): Answer {
  return (response) =>
    void response.writeHead(200, { 'Content-Length': body.length + 1 }).write(body)
}

/** Answers when the gate opens. */
export function after(gate: Promise<unknown>, answer: Answer): Answer {
  return (response, request) => void gate.then(() => answer(response, request))
}
