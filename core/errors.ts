// One error class for every room. Expected outcomes are values, not throws; each edge translates an error once.

export type ErrorCode =
  | 'MESSAGE_INVALID'
  | 'MESSAGE_UNSUPPORTED'
  | 'SETTINGS_INVALID'
  | 'AUTH_REJECTED'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'TIMED_OUT'
  | 'RECEIVER_REJECTED'
  | 'SIGNATURE_INVALID'
  | 'MAPPING_INVALID'

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SETTINGS_INVALID',
  'AUTH_REJECTED',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'TIMED_OUT',
])

export interface TrackLayerErrorOptions {
  readonly cause?: unknown
  /** Milliseconds the other side asked us to wait (`Retry-After`). */
  readonly retryAfterMs?: number
}

/** An error with a stable `code`; `retryable` follows from the code. Recognise it across realms by `code`. */
export class TrackLayerError extends Error {
  override readonly name = 'TrackLayerError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: TrackLayerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = RETRYABLE.has(code)
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The message of anything that was thrown; an error that wraps others names its first cause. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const inner = thrown instanceof AggregateError ? thrown.errors[0] : thrown.cause
  const detail =
    inner instanceof Error && !thrown.message.includes(inner.message) ? inner.message : ''
  return [thrown.message, detail].filter(Boolean).join(': ') || thrown.name
}

/**
 * True for what nesting beyond the engine's stack throws. By name: where the host parsed the message, its arrays belong to
 * another realm, and so does the error of walking them.
 */
export function isStackOverflow(thrown: unknown): boolean {
  return (thrown as { readonly name?: unknown } | null)?.name === 'RangeError'
}
