// The source function: the return path's end inside Segment (design 3.5). Verifies the store's signature and emits.
import { canonicalJson } from '../../core/canonical-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { HEADERS, isFresh, verify } from '../../core/signature.ts'
import * as host from '../host.ts'

interface HostRequest {
  /** Synchronous; the host has sorted the keys of a deployed function's body (segment.md 1.6). */
  json(): Json
  readonly headers: { get(name: string): string | null }
}

type Settings = Readonly<Record<string, unknown>> | null | undefined

// The host runs a failed request again with the headers it came with: up to six times, 20 minutes apart at most
// (segment.md 1.5). Repeats are harmless, for every message carries a deterministic messageId.
const TOLERANCE_MS = 2 * 60 * 60 * 1000

export async function onRequest(request: HostRequest, settings: Settings): Promise<void> {
  const body = signedBody(request, settings)
  const messages = isJsonObject(body) ? body.batch : undefined
  if (!Array.isArray(messages)) throw host.refuse('Body has no "batch" list')
  // All are checked before any is emitted: the host may send what was emitted before a throw.
  for (const message of messages.map(checked)) host.emit(message.type, message.fields)
}

// One answer for every cause: whoever cannot sign learns nothing from it.
function signedBody(request: HostRequest, settings: Settings): Json {
  const read = readBody(request)
  if (read && isSigned(request, read.canonical, settings)) return read.body
  throw host.refuse('Request is not signed by the store of this account and environment')
}

function readBody(request: HostRequest): { body: Json; canonical: string } | null {
  try {
    const body = request.json()
    return { body, canonical: canonicalJson(body) }
  } catch {
    return null // no JSON, or nested beyond the engine's stack: nothing the store signs, and answered as such
  }
}

function isSigned({ headers }: HostRequest, body: string, settings: Settings): boolean {
  const text = (name: string) => {
    const value = settings?.[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  const [account, environment, secret] = [text('account'), text('environment'), text('secret')]
  const timestamp = headers.get(HEADERS.timestamp) ?? ''
  return (
    account !== '' &&
    environment !== '' &&
    secret !== '' &&
    headers.get(HEADERS.account) === account &&
    headers.get(HEADERS.environment) === environment &&
    verify(
      [secret],
      { timestamp, account, environment, body },
      headers.get(HEADERS.signature) ?? '',
    ) &&
    isFresh(timestamp, host.now(), TOLERANCE_MS)
  )
}

interface Emission {
  readonly type: 'track' | 'identify'
  readonly fields: JsonObject
}

// Whatever `Segment.track` and `Segment.identify` would throw for (segment.md 1.7), found before the first is called.
function checked(message: unknown): Emission {
  if (!isJsonObject(message)) throw host.refuse('A message of the batch is no object')
  const { type, ...fields } = message
  if (type !== 'track' && type !== 'identify')
    throw host.refuse('A message is neither track nor identify')
  if (type === 'track' && !fields.event) throw host.refuse('A track message has no event')
  if (!fields.userId && !fields.anonymousId)
    throw host.refuse('A message has neither userId nor anonymousId')
  return { type, fields }
}
