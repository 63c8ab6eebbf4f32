// Fixed windows, as the vendors document theirs: so many requests in each second, minute or day.
import type { Clock } from '../../core/clock.ts'

export interface RateLimit {
  readonly requests: number
  readonly windowMs: number
}

export interface RateVerdict {
  /** The limit that is used up, if one is. */
  readonly exceeded: RateLimit | null
  readonly retryAfterSeconds: number
}

export interface RequestRate {
  /** Takes one request from every limit, or from none when one is used up. */
  take(): RateVerdict
  /** Requests left in the current window of `limit`, and the seconds until it ends. */
  state(limit: RateLimit): { readonly remaining: number; readonly resetSeconds: number }
}

export function createRequestRate(clock: Clock, limits: readonly RateLimit[]): RequestRate {
  const used = new Map<RateLimit, { window: number; requests: number }>()

  function current(limit: RateLimit) {
    const window = Math.floor(clock.now() / limit.windowMs)
    const found = used.get(limit)
    if (found?.window === window) return found
    const fresh = { window, requests: 0 }
    used.set(limit, fresh)
    return fresh
  }

  const secondsLeft = ({ windowMs }: RateLimit) =>
    Math.ceil((windowMs - (clock.now() % windowMs)) / 1000)

  return {
    take() {
      const exceeded = limits.find((limit) => current(limit).requests >= limit.requests)
      if (exceeded) return { exceeded, retryAfterSeconds: secondsLeft(exceeded) }
      for (const limit of limits) current(limit).requests += 1
      return { exceeded: null, retryAfterSeconds: 0 }
    },
    state: (limit) => ({
      remaining: Math.max(0, limit.requests - current(limit).requests),
      resetSeconds: secondsLeft(limit),
    }),
  }
}
