// A token bucket: so many requests a second on average, with a burst of one second's worth, and of one request at least.

export interface RateLimiter {
  /** How many of `wanted` may go now; they are taken. */
  take(wanted: number, nowMs: number): number
  /** Gives back what was taken and not used. */
  giveBack(count: number): void
  /** Milliseconds until one more may go. */
  waitMs(nowMs: number): number
  /** Nothing may go now, taken or not: the receiver asked for it. */
  isPaused(nowMs: number): boolean
  /** Nothing goes until then: the receiver asked for it (`Retry-After`). */
  pauseUntil(atMs: number): void
}

/** @param perSecond requests a second; Infinity for no limit */
export function createRateLimiter(perSecond: number): RateLimiter {
  // A bucket smaller than one request would never hold enough to send it.
  const capacity = Math.max(1, perSecond)
  let tokens = capacity
  let filledAt: number | null = null
  let pausedUntil = 0

  const fill = (nowMs: number) => {
    if (filledAt !== null)
      tokens = Math.min(capacity, tokens + ((nowMs - filledAt) / 1000) * perSecond)
    filledAt = nowMs
  }
  return {
    take(wanted, nowMs) {
      if (nowMs < pausedUntil) return 0
      if (perSecond === Number.POSITIVE_INFINITY) return wanted
      fill(nowMs)
      const taken = Math.max(0, Math.min(wanted, Math.floor(tokens)))
      tokens -= taken
      return taken
    },
    giveBack(count) {
      tokens = Math.min(capacity, tokens + count)
    },
    waitMs(nowMs) {
      if (nowMs < pausedUntil) return pausedUntil - nowMs
      if (perSecond === Number.POSITIVE_INFINITY || tokens >= 1) return 0
      return Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
    isPaused: (nowMs) => nowMs < pausedUntil,
    pauseUntil(atMs) {
      pausedUntil = Math.max(pausedUntil, atMs)
    },
  }
}
