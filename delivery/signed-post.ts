// One signed POST (design 3.4) of an event, or of several, and what became of each.
import type { CanonicalEvent } from '../core/canonical-event.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import { NOT_SENT } from '../core/replay.ts'
import { signatureTimestamp, signedHeaders } from '../core/signature.ts'
import type { Attempt } from '../store/deliveries.ts'
import { EVENTS_A_TURN, turn } from '../store/turns.ts'
import type { DeliveryResult } from './destination.ts'
import { isOutageStatus, isRetryableStatus } from './host/failure.ts'
import { shownAnswer, type Verdict, verdictsOf } from './receiver-answer.ts'
import { parseRetryAfter } from './retry-after.ts'
import type { Answer, Transport } from './transport.ts'

export interface Signer {
  readonly account: string
  readonly environment: string
  readonly secrets: readonly string[]
}

/** One event as it is posted. */
export interface Post {
  /** Its JSON: the body, where it goes alone. */
  readonly text: string
  /** What the attempt keeps of it. */
  readonly recorded: () => object
  /** Lets the receiver recognise a repeat of what goes alone: the same for every attempt. */
  readonly idempotencyKey: string
  /** What the text was made of: the answer is kept without what it repeats of the personal data in it. */
  readonly canonical: CanonicalEvent
}

export interface SenderOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly signer: Signer
  readonly url: string
  readonly timeoutMs: number
  /** Every body is `{"batch":[…]}`, also that of one event. Otherwise each event is a body. */
  readonly inBatches: boolean
}

/** Results by position; `split`: refused as a whole, perhaps because of one of several. */
export async function signedPost(
  options: SenderOptions,
  posts: readonly Post[],
): Promise<readonly DeliveryResult[] | 'split'> {
  const { transport, clock, url, timeoutMs } = options
  const body = bodyOf(options, posts)
  // Before anything is sent: a fault of ours after it would have the events sent again.
  const recorded: object[] = []
  for (const post of posts) {
    if (recorded.length > 0 && recorded.length % EVENTS_A_TURN === 0) await turn()
    recorded.push(post.recorded())
  }
  const startedAt = clock.now()
  const request = {
    method: 'POST',
    url: withoutSecrets(url),
    bytes: Buffer.byteLength(body),
    ...(options.inBatches ? { events: posts.length } : {}),
  }
  const attempted: Attempted = (place, outcome) => ({
    startedAt: new Date(startedAt),
    durationMs: Math.round(clock.now() - startedAt),
    request: { ...request, ...recorded[place] },
    ...outcome,
  })
  try {
    const headers = headersOf(options, posts, body, startedAt)
    const answer = await transport({ url, headers, body, timeoutMs })
    return resultsOf(options, answer, posts, attempted)
  } catch (error) {
    // Whatever the transport throws on purpose may pass later; anything else is a fault of ours and surfaces.
    if (!(error instanceof TrackLayerError)) throw error
    const reason = messageOf(error)
    return posts.map((_, place) => ({
      kind: 'failed',
      retryable: true,
      isOutage: true,
      reason,
      attempt: attempted(place, { status: null, error: reason, response: null }),
    }))
  }
}

/** What became of an event whose turn to be sent did not come in time. */
export function notSent({ clock }: SenderOptions, { recorded }: Post): DeliveryResult {
  const reason = `${NOT_SENT}: its turn did not come in time`
  const startedAt = new Date(clock.now())
  const request = { ...recorded() }
  const attempt = { startedAt, durationMs: 0, status: null, error: reason, request, response: null }
  return { kind: 'failed', reason, retryable: true, attempt }
}

function bodyOf({ inBatches }: SenderOptions, posts: readonly Post[]): string {
  const texts = posts.map(({ text }) => text).join(',')
  return inBatches ? `{"batch":[${texts}]}` : texts
}

function headersOf(
  { signer, inBatches }: SenderOptions,
  [first]: readonly Post[],
  body: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    // A batch need not meet again as it was: its events are known by their own ids.
    ...(first && !inBatches ? { 'Idempotency-Key': headerText(first.idempotencyKey) } : {}),
    ...signedHeaders(signer.secrets, { ...signer, timestamp: signatureTimestamp(nowMs), body }),
  }
}

type Attempted = (place: number, outcome: Pick<Attempt, 'status' | 'error' | 'response'>) => Attempt

function resultsOf(
  { clock, inBatches }: SenderOptions,
  answer: Answer,
  posts: readonly Post[],
  attempted: Attempted,
): readonly DeliveryResult[] | 'split' {
  const { headers, body } = answer
  const events = posts.map(({ canonical }) => canonical)
  const verdicts = verdictsOf(answer, events, inBatches)
  if (verdicts === 'split') return 'split'
  const retryAfterMs = parseRetryAfter(headers['retry-after'], clock.now())
  // An answer to several may speak of any of them: of it no person's record keeps the words.
  const [alone] = events.length === 1 ? events : []
  const response = alone ? shownAnswer(body, alone) : null
  return verdicts.map((verdict, place) => {
    const { status, reason } = verdict
    return resultOf(verdict, attempted(place, { status, error: reason, response }), retryAfterMs)
  })
}

function resultOf(
  { status, reason }: Verdict,
  attempt: Attempt,
  retryAfterMs: number | null,
): DeliveryResult {
  if (reason === null) return { kind: 'delivered', attempt }
  return {
    kind: 'failed',
    reason,
    retryable: isRetryableStatus(status),
    isOutage: isOutageStatus(status),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    attempt,
  }
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
