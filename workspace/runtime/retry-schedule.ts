// When the host calls a function again (facts 1.5). The hours and attempts are documented; base and cap of a destination
// function's backoff are not, so they are options.
import type { Random } from '../../core/clock.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

export interface DestinationRetryOptions {
  /** First wait before chance shortens it; default 10 s (UNVERIFIED). */
  readonly baseMs?: number
  /** Longest wait; default 20 min (UNVERIFIED). */
  readonly capMs?: number
  /** From the first attempt to the last; default 4 h. */
  readonly totalMs?: number
}

export interface RetryState {
  /** Attempts made so far. */
  readonly attempts: number
  /** Since the first attempt. */
  readonly elapsedMs: number
}

/** How long to wait before the next attempt; null when the schedule is exhausted. */
export type RetrySchedule = (state: RetryState, random: Random) => number | null

/** Randomised exponential backoff for up to four hours: each wait is half its step, and up to the whole by chance. */
export function destinationRetries(options: DestinationRetryOptions = {}): RetrySchedule {
  const { baseMs = 10 * SECOND, capMs = 20 * MINUTE, totalMs = 4 * HOUR } = options
  return ({ attempts, elapsedMs }, random) => {
    const step = Math.min(capMs, baseMs * 2 ** (attempts - 1))
    const waitMs = Math.round(step * (0.5 + random() / 2))
    return elapsedMs + waitMs > totalMs ? null : waitMs
  }
}

export interface SourceRetryOptions {
  /** Default 6. */
  readonly maxAttempts?: number
  /** Bounds of the first wait; default 1 to 3 min. */
  readonly firstMinMs?: number
  readonly firstMaxMs?: number
  /** Default 20 min. */
  readonly capMs?: number
}

/** Up to six attempts, the first wait one to three minutes, growing exponentially up to twenty minutes. */
export function sourceRetries(options: SourceRetryOptions = {}): RetrySchedule {
  const { maxAttempts = 6, firstMinMs = MINUTE, firstMaxMs = 3 * MINUTE } = options
  const { capMs = 20 * MINUTE } = options
  return ({ attempts }, random) => {
    if (attempts >= maxAttempts) return null
    const first = firstMinMs + random() * (firstMaxMs - firstMinMs)
    return Math.round(Math.min(capMs, first * 2 ** (attempts - 1)))
  }
}
