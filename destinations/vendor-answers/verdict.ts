// What an ad platform's answer to a request means for the events in it, and the actions-core error that says so.
import {
  IntegrationError,
  InvalidAuthenticationError,
  PayloadValidationError,
  RetryableError,
} from '@segment/actions-core'

export type Verdict =
  | { readonly kind: 'accepted' }
  /** Nothing is wrong with the request; it may pass later. */
  | {
      readonly kind: 'wait'
      readonly status: number
      readonly message: string
      readonly retryAfterMs?: number
    }
  /** The token is missing, wrong, expired, or may not write to this pixel. */
  | { readonly kind: 'credentials'; readonly message: string }
  /**
   * The id of the pixel, the version of the API or the address is wrong. `code` tells apart what concerns one audience only,
   * so that a host need not stop the others.
   */
  | {
      readonly kind: 'settings'
      readonly message: string
      readonly code?: 'AUDIENCE_UNAVAILABLE'
    }
  /** The whole request was refused, and nothing stored, because of an event in it; `culprit` is its index if named. */
  | { readonly kind: 'event'; readonly message: string; readonly culprit: number | null }
  /** Refused for a reason of its own that no later try changes. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }

export type Failure = Exclude<Verdict, { kind: 'accepted' }>

type RetryableStatus = NonNullable<ConstructorParameters<typeof RetryableError>[1]>
const RETRYABLE: ReadonlySet<number> = new Set([408, 423, 429, 500, 502, 503, 504])

/** RetryableError with the wait the platform asked for. */
export class WaitError extends RetryableError {
  /** Milliseconds; undefined when the platform named none. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, status: number, retryAfterMs: number | undefined) {
    super(message, (RETRYABLE.has(status) ? status : 503) as RetryableStatus)
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * One event made the platform refuse all of them, and it did not say which. Nothing was stored: whoever drives the batch
 * sends its halves, down to a single event, which then fails by itself with a PayloadValidationError.
 */
export class BatchRejectedError extends IntegrationError {
  readonly split = true

  constructor(message: string) {
    super(message, 'BATCH_REJECTED', 422)
  }
}

/** The error for a request with `eventCount` events. */
export function errorOf(failure: Failure, eventCount: number): Error {
  switch (failure.kind) {
    case 'wait':
      return new WaitError(failure.message, failure.status, failure.retryAfterMs)
    case 'credentials':
      return new InvalidAuthenticationError(failure.message)
    case 'settings':
      // 403, not 400: the events are good, and a host pauses the destination on 401 and 403 instead of giving them up.
      return new IntegrationError(failure.message, failure.code ?? 'SETTINGS_INVALID', 403)
    case 'event':
      return eventCount > 1
        ? new BatchRejectedError(failure.message)
        : new PayloadValidationError(failure.message)
    case 'refused':
      return new IntegrationError(failure.message, 'RECEIVER_REJECTED', failure.status)
  }
}

/** For a test of the settings with a request that has no events: to be refused for that is to be let in. */
export function assertLetIn(verdict: Verdict): void {
  if (verdict.kind !== 'accepted' && verdict.kind !== 'event') throw errorOf(verdict, 1)
}
