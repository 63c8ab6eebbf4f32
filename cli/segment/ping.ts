// A signed batch of nothing: the store checks the signature, answers `{ "results": [] }` and stores nothing.
import { signatureTimestamp, signedHeaders } from '../../core/signature.ts'
import { jsonOf, request } from '../http-request.ts'

export interface PingOptions {
  readonly storeUrl: string
  readonly account: string
  readonly environment: string
  readonly secret: string
  readonly nowMs: number
  readonly ca?: string | undefined
}

export interface Pong {
  readonly isAccepted: boolean
  readonly status: number
  /** The store's own words; empty when something else answered. */
  readonly reason: string
}

/** @throws TrackLayerError UNAVAILABLE */
export async function ping(options: PingOptions): Promise<Pong> {
  const { storeUrl, account, environment, secret, nowMs, ca } = options
  const body = '{"batch":[]}'
  const timestamp = signatureTimestamp(nowMs)
  const headers = signedHeaders([secret], { account, environment, timestamp, body })
  const answer = await request(`${storeUrl}/segment/events`, {
    method: 'POST',
    body,
    ca,
    headers: { 'Content-Type': 'application/json', ...headers },
  })
  const json = jsonOf(answer)
  const isAccepted =
    answer.status === 200 && Array.isArray(json?.results) && json.results.length === 0
  const error = json?.error as { readonly message?: string } | undefined
  return { isAccepted, status: answer.status, reason: error?.message ?? '' }
}
