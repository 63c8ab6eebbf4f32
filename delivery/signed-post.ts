// One signed POST of a delivery (design 3.4), and what the answer means.
import type { CanonicalEvent } from '../core/canonical-event.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { redactAnswer } from '../core/redact.ts'
import { signatureTimestamp, signedHeaders } from '../core/signature.ts'
import type { Attempt } from '../store/deliveries.ts'
import type { DeliveryResult } from './destination.ts'
import { isOutageStatus, isRetryableStatus } from './host/failure.ts'
import { recordedPayload } from './recorded-payload.ts'
import { parseRetryAfter } from './retry-after.ts'
import type { Answer, Transport } from './transport.ts'

export interface Signer {
  readonly account: string
  readonly environment: string
  readonly secrets: readonly string[]
}

export interface SignedPost {
  readonly url: string
  readonly body: string
  /** What the body says, for the attempt's record. */
  readonly payload: JsonObject
  /** Lets the receiver recognise a repeat: the same for every attempt. */
  readonly idempotencyKey: string
  readonly timeoutMs: number
  /** What the body was made of: the answer is kept without what it repeats of the personal data in it. */
  readonly canonical: CanonicalEvent
}

export interface SenderOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly signer: Signer
}

export async function signedPost(
  options: SenderOptions,
  post: SignedPost,
): Promise<DeliveryResult> {
  const { transport, clock, signer } = options
  const startedAt = clock.now()
  const timestamp = signatureTimestamp(startedAt)
  const headers = {
    'Content-Type': 'application/json',
    'Idempotency-Key': headerText(post.idempotencyKey),
    ...signedHeaders(signer.secrets, { ...signer, timestamp, body: post.body }),
  }
  // Before anything is sent: a fault of ours after it would have the event sent again.
  const recorded = recordedPayload(post.payload, post.body)
  const attemptOf = (outcome: Pick<Attempt, 'status' | 'error' | 'response'>): Attempt => ({
    startedAt: new Date(startedAt),
    durationMs: Math.round(clock.now() - startedAt),
    request: {
      method: 'POST',
      url: withoutSecrets(post.url),
      bytes: Buffer.byteLength(post.body),
      ...recorded,
    },
    ...outcome,
  })
  try {
    const answer = await transport({
      url: post.url,
      headers,
      body: post.body,
      timeoutMs: post.timeoutMs,
    })
    return resultOf(answer, post.canonical, attemptOf, clock.now())
  } catch (error) {
    // Whatever the transport throws on purpose may pass later; anything else is a fault of ours and surfaces.
    if (!(error instanceof TrackLayerError)) throw error
    const reason = messageOf(error)
    return {
      kind: 'failed',
      retryable: true,
      isOutage: true,
      reason,
      attempt: attemptOf({ status: null, error: reason, response: null }),
    }
  }
}

function resultOf(
  { status, headers, body }: Answer,
  canonical: CanonicalEvent,
  attemptOf: (outcome: Pick<Attempt, 'status' | 'error' | 'response'>) => Attempt,
  nowMs: number,
): DeliveryResult {
  const response = shownAnswer(body, canonical)
  if (status >= 200 && status < 300)
    return { kind: 'delivered', attempt: attemptOf({ status, error: null, response }) }
  const reason = `receiver answered ${status}, want 2xx`
  const retryAfterMs = parseRetryAfter(headers['retry-after'], nowMs)
  return {
    kind: 'failed',
    reason,
    retryable: isRetryableStatus(status),
    isOutage: isOutageStatus(status),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    attempt: attemptOf({ status, error: reason, response }),
  }
}

const SHOWN_LENGTH = 500
// Masked before it is cut, so that no half of an address or number is left; the rest need not be looked at.
const LOOKED_AT_LENGTH = 4 * SHOWN_LENGTH

function shownAnswer(body: string, canonical: CanonicalEvent): string | null {
  const text = body.slice(0, LOOKED_AT_LENGTH).replaceAll('\0', '')
  return redactAnswer(text, canonical as unknown as JsonObject).slice(0, SHOWN_LENGTH) || null
}

// An event id may be any text, a header's value only visible ASCII.
function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent)
}

// Query strings and user information carry keys.
function withoutSecrets(address: string): string {
  const { origin, pathname } = new URL(address)
  return origin + pathname
}
