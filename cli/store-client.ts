// Asks a store over its HTTP API: the one named, else TRACKLAYER_STORE_URL, else the running `tracklayer dev`.
import { TrackLayerError } from '../core/errors.ts'
import { readDevSession } from './dev/session.ts'

export interface AskOptions {
  /** Sent as JSON. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** The JSON of the answer. Throws a TrackLayerError that says the way out. */
export async function askStore<Body>(
  storeUrl: string | undefined,
  path: string,
  method: 'GET' | 'POST' = 'GET',
  { body: sent, headers: own }: AskOptions = {},
): Promise<Body> {
  const { url, apiKey } = target(storeUrl)
  const headers = {
    Authorization: `Bearer ${apiKey}`,
    ...(sent ? { 'Content-Type': 'application/json' } : {}),
    ...own,
  }
  const request = { method, headers, ...(sent ? { body: JSON.stringify(sent) } : {}) }
  const response = await fetch(url + path, request).catch((error: Error) => {
    throw new TrackLayerError('UNAVAILABLE', `Cannot reach the store at ${url}; is it running?`, {
      cause: error,
    })
  })
  const body = (await response.json()) as Body & { error?: { message: string } }
  if (response.ok) return body
  throw new TrackLayerError(
    'RECEIVER_REJECTED',
    body.error?.message ?? `The store answered ${response.status}`,
  )
}

function target(storeUrl: string | undefined): { url: string; apiKey: string } {
  const session = readDevSession()
  const url = storeUrl ?? process.env.TRACKLAYER_STORE_URL ?? session?.storeUrl
  const apiKey =
    process.env.TRACKLAYER_API_KEY ?? (url === session?.storeUrl ? session?.apiKey : undefined)
  if (url && apiKey) return { url: url.replace(/\/+$/, ''), apiKey }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'No store to ask: run `npm start`, or set TRACKLAYER_STORE_URL and TRACKLAYER_API_KEY',
  )
}
