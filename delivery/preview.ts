// What a delivery would send now. It is delivered by the very code that delivers, on a transport that writes down what it
// is handed and answers like a receiver that is content; nothing leaves the house.
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { redact } from '../core/redact.ts'
import { withPayload } from '../store/attempt-request.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import type { Preview, PreviewedRequest } from '../store/delivery-side.ts'
import type { Deliver, DeliveryResult } from './destination.ts'
import type { runDefinition } from './host/run-definition.ts'
import type { TokenSource } from './host/token-source.ts'
import type { OutgoingRequest, Transport } from './transport.ts'

/** @param create makes the destination's `deliver` on the transport it is given: a new one for every preview */
export function createPreview(
  create: (transport: Transport) => Deliver,
): (deliveries: readonly ClaimedDelivery[]) => Promise<Preview[]> {
  return async (deliveries) => {
    const recorder = createRecorder()
    const deliver = create(recorder.transport)
    const previews: Preview[] = []
    // One after the other and each alone: what was written down in between belongs to it.
    for (const delivery of deliveries) {
      const [result] = await deliver([delivery])
      previews.push(previewOf(delivery, result as DeliveryResult, recorder.drain()))
    }
    return previews
  }
}

/** In place of a definition's action that could reach its platform past the transport: accepts, and does nothing. */
export const runNothing: typeof runDefinition = async (_, payloads) =>
  payloads.map(() => ({ kind: 'accepted', exchange: null }))

function previewOf(
  { canonical }: ClaimedDelivery,
  result: DeliveryResult,
  requests: readonly PreviewedRequest[],
): Preview {
  const evidence = result.evidence ?? null
  if (result.kind === 'filtered' || result.kind === 'held')
    return { kind: result.kind, reason: result.reason, request: null, requests: [], evidence }
  const recorded = result.attempt?.request as JsonObject | undefined
  const request = recorded ? withPayload(recorded, canonical) : null
  // The answer is made up: only a failure before anything was asked of the platform is the event's own.
  if (result.kind === 'failed' && requests.length === 0)
    return { kind: 'refused', reason: result.reason, request, requests, evidence }
  return { kind: 'sent', reason: null, request, requests, evidence }
}

const TOKEN = 'preview'

/** A rehearsal neither reads nor renews the tokens of the account. */
export const PREVIEW_TOKENS: TokenSource = {
  current: async () => ({ accessToken: TOKEN, refreshToken: '', version: 0 }),
  newerThan: async () => ({ accessToken: TOKEN, refreshToken: '', version: 0 }),
}

function createRecorder() {
  let requests: PreviewedRequest[] = []
  const transport: Transport = async (request) => {
    // A sign-in is no event, and its answer is needed to come to the event.
    if (isTokenRequest(request)) return answer({ access_token: TOKEN, expires_in: 3600 })
    requests.push(shownRequest(request))
    return answer({ code: 0, message: 'OK', requestId: TOKEN, events_received: 1 })
  }
  return {
    transport,
    drain: () => {
      const drained = requests
      requests = []
      return drained
    },
  }
}

/** True for a sign-in (RFC 6749, section 6): a form with a grant_type. */
export function isTokenRequest({ body }: OutgoingRequest): boolean {
  return new URLSearchParams(body.startsWith('{') ? '' : body).has('grant_type')
}

function answer(body: Json) {
  return { status: 200, headers: {}, body: JSON.stringify(body) }
}

/** A request as people may see it: no query, no header, no personal data, hashes cut short. */
export function shownRequest({ method = 'POST', url, body }: OutgoingRequest): PreviewedRequest {
  return { method, url: url.split('?')[0] ?? url, body: shownBody(body) }
}

function shownBody(text: string): Json {
  try {
    return withoutHashes(redact(JSON.parse(text)))
  } catch {
    return `${text.length} characters that are not JSON`
  }
}

// SHA-256 of an address is as good as the address to whoever has a list of addresses.
function withoutHashes(value: Json | undefined): Json {
  if (typeof value === 'string') return value.replace(/\b([0-9a-f]{6})[0-9a-f]{58}\b/gi, '$1•••')
  if (Array.isArray(value)) return value.map(withoutHashes)
  if (!isJsonObject(value)) return (value ?? null) as Json
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutHashes(inner)]),
  )
}
