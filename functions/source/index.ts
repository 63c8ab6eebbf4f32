// The source function: the return path's end inside Segment (design 3.5). Verifies the store's signature and emits.
import { canonicalJson } from '../../core/canonical-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { HEADERS, isFresh, verify } from '../../core/signature.ts'
import { host } from '../host.ts'

interface HostRequest {
  /** Synchronous; the host has sorted the keys of a deployed function's body (segment.md 1.6). */
  json(): Json
  readonly headers: { get(name: string): string | null }
}

type Settings = Readonly<Record<string, unknown>>

// The host runs a failed request again with the headers it came with: up to six times, 20 minutes apart at most
// (segment.md 1.5). Repeats are harmless, for every message carries a deterministic messageId.
const TOLERANCE_MS = 2 * 60 * 60 * 1000

export async function onRequest(request: HostRequest, settings: Settings): Promise<void> {
  const body = request.json()
  assertSigned(request, body, settings)
  const messages = isJsonObject(body) ? body.batch : undefined
  if (!Array.isArray(messages)) throw host.refuse('Body has no "batch" list')
  // All are checked before any is emitted: the host may send what was emitted before a throw.
  for (const message of messages.map(checked)) host.emit(message.type, message.fields)
}

// One answer for every cause: whoever cannot sign learns nothing from it.
function assertSigned({ headers }: HostRequest, body: Json, settings: Settings): void {
  const { account, environment, secret } = settings
  const timestamp = headers.get(HEADERS.timestamp) ?? ''
  const signed =
    typeof secret === 'string' &&
    secret !== '' &&
    headers.get(HEADERS.account) === account &&
    headers.get(HEADERS.environment) === environment &&
    verify(
      [secret],
      {
        timestamp,
        account: String(account),
        environment: String(environment),
        body: canonicalJson(body),
      },
      headers.get(HEADERS.signature) ?? '',
    )
  if (!signed || !isFresh(timestamp, host.now(), TOLERANCE_MS)) {
    throw host.refuse('Request is not signed by the store of this account and environment')
  }
}

interface Emission {
  readonly type: 'track' | 'identify'
  readonly fields: JsonObject
}

function checked(message: unknown): Emission {
  if (!isJsonObject(message)) throw host.refuse('A message of the batch is no object')
  const { type, ...fields } = message
  if (type !== 'track' && type !== 'identify')
    throw host.refuse('A message is neither track nor identify')
  if (!fields.userId && !fields.anonymousId)
    throw host.refuse('A message has neither userId nor anonymousId')
  return { type, fields }
}
