// What went wrong with a request, read from whatever a definition throws (destinations.md 0.6 and 4, segment.md 4.10).
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { NOT_SENT } from '../../core/replay.ts'

export interface Failure {
  readonly reason: string
  readonly status: number | null
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  /** Nothing was stored because of one event in the batch: its halves may pass. */
  readonly split: boolean
  /** The credential is refused: every further request would be, too. */
  readonly isCredential: boolean
  /** Sent, and nobody knows whether it arrived. */
  readonly isAnswerLost: boolean
  /** The destination is the reason, not the event. */
  readonly isOutage: boolean
  /** One remote audience is gone, blocked or somebody else's; the destination's others are well. */
  readonly isAudience: boolean
}

/** A throw without a status that is none of the transport's is a fault of ours or of the definition: few retries. */
export function failureOf(error: unknown): Failure {
  const { status = null, retryAfterMs, split = false, code } = hintsOf(error)
  const ours = error instanceof TrackLayerError ? error : null
  const base = failureWith(status, messageOf(error), code)
  return {
    ...base,
    retryable: ours ? ours.retryable : base.retryable,
    retryAfterMs: ours ? ours.retryAfterMs : retryAfterMs,
    split,
    isCredential: base.isCredential || ours?.code === 'AUTH_REJECTED',
    isAnswerLost: ours !== null && isAnswerLost(ours),
    isOutage: status === null ? !concernsEvent(error) : base.isOutage,
  }
}

/** A failure of which only the status is known; null for none, which may pass later. */
export function failureWith(status: number | null, reason: string, code?: string): Failure {
  const isAudience = code === AUDIENCE_UNAVAILABLE
  const retryable = status === null || isRetryableStatus(status)
  return {
    reason,
    status,
    retryable,
    retryAfterMs: undefined,
    split: false,
    isCredential: isCredentialStatus(status) && !isAudience,
    isAudience,
    isAnswerLost: false,
    isOutage: status !== null && isOutageStatus(status),
  }
}

// What our definitions say of it (docs/audience-destinations.md).
const AUDIENCE_UNAVAILABLE = 'AUDIENCE_UNAVAILABLE'

// A definition that stumbles over one event, an address that must not be reached, and what was never sent say nothing of
// the destination.
function concernsEvent(error: unknown): boolean {
  if (messageOf(error).startsWith(NOT_SENT)) return true
  if (error instanceof TrackLayerError) return FAULT_CODES.has(error.code)
  return /^(Type|Range|Reference|Syntax)Error$/.test((error as Partial<Error> | null)?.name ?? '')
}
const FAULT_CODES: ReadonlySet<string> = new Set([
  'SETTINGS_INVALID',
  'AUTH_REJECTED',
  'MAPPING_INVALID',
  'MESSAGE_INVALID',
])

interface Hints {
  readonly status?: number | null
  readonly retryAfterMs?: number | undefined
  readonly split?: boolean
  readonly code?: string | undefined
}

// actions-core's own errors carry `status`; its HTTPError carries `response` and no status of its own.
function hintsOf(error: unknown): Hints {
  if (typeof error !== 'object' || error === null) return {}
  const { status, response, retryAfterMs, split, code } = error as Hints & {
    readonly response?: { readonly status?: number }
  }
  return {
    status: typeof status === 'number' ? status : (response?.status ?? null),
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
    split: split === true,
    code: typeof code === 'string' ? code : undefined,
  }
}

/**
 * RFC 9110: 408, 423 (RFC 4918), 425 (RFC 8470) and 429 (RFC 6585) ask for a later try; 501 never changes by itself.
 * 401 and 403 pass when a secret is mended, and must not cost the events of the meantime.
 */
export function isRetryableStatus(status: number): boolean {
  return (status >= 500 && status !== 501) || [401, 403, 408, 423, 425, 429].includes(status)
}

/** The destination is the reason, not the event or the credential: such outcomes open the circuit breaker. */
export function isOutageStatus(status: number): boolean {
  return isRetryableStatus(status) && !isCredentialStatus(status)
}

export function isCredentialStatus(status: number | null): boolean {
  return status === 401 || status === 403
}

// A connection that was never made sent nothing. Anything later may have been read on the other side.
function isAnswerLost(error: TrackLayerError): boolean {
  if (error.message.startsWith(NOT_SENT)) return false
  if (error.code === 'TIMED_OUT') return true
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return (
    error.code === 'UNAVAILABLE' &&
    code !== 'ECONNREFUSED' &&
    code !== 'ENOTFOUND' &&
    code !== 'EAI_AGAIN'
  )
}
