// A signed POST to the store and the reading of its answer (design 3.4), for whoever sends from inside Segment. The network
// and the time come from the host.
import { type ErrorCode, TrackLayerError } from './errors.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { signatureTimestamp, signedHeaders } from './signature.ts'
import type { StoreSettings } from './store-settings.ts'

export interface StoreRequest {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

export interface StoreAnswer {
  readonly status: number
  readonly text: string
}

export interface StoreLink {
  readonly settings: StoreSettings
  /** Milliseconds since the Unix epoch. */
  now(): number
  /**
   * One POST, once, that follows no redirect: a signed body is never sent on to where an answer points.
   * @throws TrackLayerError UNAVAILABLE or TIMED_OUT when no whole answer came
   */
  post(request: StoreRequest): Promise<StoreAnswer>
}

/** Signs the body for this very attempt and posts it. @param path e.g. `/segment/events` */
export function postSigned(link: StoreLink, path: string, body: string): Promise<StoreAnswer> {
  const { storeUrl, account, environment, secret } = link.settings
  const timestamp = signatureTimestamp(link.now())
  const headers = signedHeaders([secret], { timestamp, account, environment, body })
  return link.post({
    url: storeUrl + path,
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  })
}

/** The answer's body when it is a JSON object, else null: a proxy's page, a cut answer. */
export function bodyOf({ text }: StoreAnswer): JsonObject | null {
  try {
    const body: unknown = JSON.parse(text)
    return isJsonObject(body) ? body : null
  } catch {
    return null // the caller says what it wanted instead
  }
}

/** The reason in the store's own error form; empty when something else answered. */
export function reasonOf(answer: StoreAnswer): string {
  const error = bodyOf(answer)?.error
  return isJsonObject(error) && typeof error.message === 'string' ? error.message : ''
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'AUTH_REJECTED',
  408: 'TIMED_OUT',
  429: 'RATE_LIMITED',
}

/** The error of an answer that speaks of no message, so that the same may pass later. @param what e.g. `3 message(s)` */
export function notNow(what: string, answer: StoreAnswer): TrackLayerError {
  const reason = reasonOf(answer)
  return new TrackLayerError(
    CODES[answer.status] ?? 'UNAVAILABLE',
    `Cannot deliver ${what}: the store answered ${answer.status}, want 200${reason && `: ${reason}`}`,
  )
}
