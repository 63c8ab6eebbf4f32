// One HTTP request with what `fetch` keeps to itself: an authority of one's own, and the answer's headers as they came.
import http from 'node:http'
import https from 'node:https'
import { messageOf, TrackLayerError } from '../core/errors.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** PEM of the authority to trust instead of the public ones. */
  readonly ca?: string | undefined
  /** Default 10 s. */
  readonly timeoutMs?: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/** Follows no redirect. @throws TrackLayerError UNAVAILABLE */
export function request(url: string, options: HttpRequest): Promise<HttpAnswer> {
  const { method, headers = {}, body, ca, timeoutMs = 10_000 } = options
  const { request: start } = url.startsWith('https:') ? https : http
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      const message = `Cannot reach ${new URL(url).host}: ${messageOf(error)}`
      reject(new TrackLayerError('UNAVAILABLE', message, { cause: error }))
    }
    const sent = start(
      url,
      { method, headers, ca, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', fail)
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      },
    )
    sent.once('error', fail)
    sent.end(body)
  })
}

/** The JSON object of an answer; null for anything else, e.g. a proxy's page. */
export function jsonOf({ text }: HttpAnswer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
