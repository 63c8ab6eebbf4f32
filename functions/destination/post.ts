// The host's fetch as core posts with it.
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import type { StoreAnswer, StoreRequest } from '../../core/store-link.ts'
import type { HostResponse } from '../host.ts'
import * as host from '../host.ts'

// The host halts a call after 5 s; an answer by then still leaves time to report it.
const TIMEOUT_MS = 4500

/** @throws TrackLayerError UNAVAILABLE when no whole answer came */
export async function post({ url, headers, body }: StoreRequest): Promise<StoreAnswer> {
  const response = await reached(
    host.post(url, { method: 'POST', headers, body, timeout: TIMEOUT_MS, redirect: 'manual' }),
  )
  return { status: response.status, text: await whole(response) }
}

async function reached(answer: Promise<HostResponse>): Promise<HostResponse> {
  try {
    return await answer
  } catch (error) {
    throw new TrackLayerError('UNAVAILABLE', `Cannot reach the store: ${messageOf(error)}`)
  }
}

async function whole(response: HostResponse): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw new TrackLayerError('UNAVAILABLE', `The store's answer broke off: ${messageOf(error)}`)
  }
}
