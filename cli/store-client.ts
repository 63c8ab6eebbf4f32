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
  const { url, apiKey } = storeTarget(storeUrl)
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
  const body = (await response.json()) as Body & { error?: StoreError }
  if (response.ok) return body
  throw new TrackLayerError('RECEIVER_REJECTED', refusalOf(url, response.status, body.error))
}

interface StoreError {
  readonly message: string
  /** Path of the page about the code. */
  readonly docs?: string
}

function refusalOf(url: string, status: number, error: StoreError | undefined): string {
  if (!error) return `The store answered ${status}`
  return error.docs ? `${error.message}\n  more: ${url}${error.docs}` : error.message
}

/** Address and key. @throws TrackLayerError SETTINGS_INVALID */
export function storeTarget(storeUrl: string | undefined): { url: string; apiKey: string } {
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
