// When the next attempt of a delivery is due: exponential backoff with jitter, bounded by attempts.
import type { Random } from './clock.ts'

export interface RetrySchedule {
  /** Delay before the second attempt, in milliseconds, before jitter. */
  readonly baseMs: number
  /** No delay is longer than this, in milliseconds, unless the receiver asks for more. */
  readonly capMs: number
  /** After this many attempts the delivery is given up. */
  readonly maxAttempts: number
}

/** 5 s doubling to an hour, 16 attempts: 3.2 hours with the least jitter, 6.4 with the most. */
export const DEFAULT_RETRY_SCHEDULE: RetrySchedule = {
  baseMs: 5_000,
  capMs: 3_600_000,
  maxAttempts: 16,
}

/**
 * Milliseconds to wait after attempt number `attempt` (1 for the first) failed; null when there is no further one.
 * Half of the delay is fixed and half random, so that a receiver coming back is not met by all at once.
 * A `retryAfterMs` the receiver asked for is the least it is left alone.
 */
export function nextDelayMs(
  schedule: RetrySchedule,
  attempt: number,
  random: Random,
  retryAfterMs = 0,
): number | null {
  if (attempt >= schedule.maxAttempts) return null
  const full = Math.min(schedule.capMs, schedule.baseMs * 2 ** (attempt - 1))
  return Math.max(retryAfterMs, Math.round(full / 2 + (random() * full) / 2))
}
