// A circuit breaker by outcome: a destination that fails fast is left alone as well as one that hangs.
//
// closed ──failures reach the threshold within the window──▶ open ──rest is over──▶ half-open (one probe at a time)
//   ▲                                                          ▲                        │
//   └──────────────── the probe succeeds ──────────────────────┼────────────────────────┘
//                                     the probe fails: rest again, twice as long ───────┘

export interface BreakerOptions {
  /** Opens when at least this share of the window's outcomes failed … */
  readonly failureShare: number
  /** … and there were at least this many outcomes. */
  readonly minimum: number
  readonly windowMs: number
  /** First rest; doubles with each failed probe up to `maxRestMs`. */
  readonly restMs: number
  readonly maxRestMs: number
}

/** Opens at half of 10 outcomes within 30 s; rests 5 s, at most 5 min. */
export const DEFAULT_BREAKER: BreakerOptions = {
  failureShare: 0.5,
  minimum: 10,
  windowMs: 30_000,
  restMs: 5_000,
  maxRestMs: 300_000,
}

export type BreakerState = 'closed' | 'open' | 'half_open'

export interface CircuitBreaker {
  state(nowMs: number): BreakerState
  /** How many requests may start now, of `wanted`. Half-open lets one through. */
  permits(wanted: number, nowMs: number): number
  /** Milliseconds until the rest is over; 0 when requests may start. */
  waitMs(nowMs: number): number
  started(nowMs: number): RequestUnderWay
}

/** One request, told of its own end: what was begun before the breaker opened is never taken for its probe. */
export interface RequestUnderWay {
  /** `failed`: the destination's fault (no answer, 429, 5xx), not the event's. */
  ended(failed: boolean, nowMs: number): void
  /** It sent nothing: if it was the probe, the next one may probe. */
  cancelled(): void
}

const SLICES = 30

export function createCircuitBreaker(options: BreakerOptions = DEFAULT_BREAKER): CircuitBreaker {
  // One for each slice of the window, the oldest first: what an outcome costs does not grow with how many there are.
  let slices: { readonly fromMs: number; outcomes: number; failures: number }[] = []
  let restUntil: number | null = null
  let restMs = options.restMs
  let isProbing = false
  // Counts openings and closings: an outcome says something of the time it began in, and nothing of a later one.
  let era = 0

  const state = (nowMs: number): BreakerState => {
    if (restUntil === null) return 'closed'
    return nowMs < restUntil ? 'open' : 'half_open'
  }
  const rest = (nowMs: number, forMs: number) => {
    restUntil = nowMs + forMs
    restMs = Math.min(options.maxRestMs, forMs * 2)
    slices = []
    era++
  }
  const close = () => {
    restUntil = null
    restMs = options.restMs
    era++
  }
  const sliceMs = options.windowMs / SLICES
  const count = (failed: boolean, nowMs: number) => {
    while (slices[0] && slices[0].fromMs <= nowMs - options.windowMs) slices.shift()
    let slice = slices.at(-1)
    if (!slice || nowMs >= slice.fromMs + sliceMs) {
      slice = { fromMs: nowMs, outcomes: 0, failures: 0 }
      slices.push(slice)
    }
    slice.outcomes++
    if (failed) slice.failures++
    const outcomes = slices.reduce((total, each) => total + each.outcomes, 0)
    const failures = slices.reduce((total, each) => total + each.failures, 0)
    if (outcomes >= options.minimum && failures / outcomes >= options.failureShare)
      rest(nowMs, options.restMs)
  }
  const probe = (): RequestUnderWay => {
    isProbing = true
    return {
      ended(failed, nowMs) {
        isProbing = false
        if (failed) rest(nowMs, restMs)
        else close()
      },
      cancelled() {
        isProbing = false
      },
    }
  }
  return {
    state,
    permits(wanted, nowMs) {
      const now = state(nowMs)
      if (now === 'closed') return wanted
      return now === 'half_open' && !isProbing ? Math.min(1, wanted) : 0
    },
    waitMs: (nowMs) => (restUntil === null ? 0 : Math.max(0, restUntil - nowMs)),
    started(nowMs) {
      if (state(nowMs) === 'half_open' && !isProbing) return probe()
      const begun = era
      return {
        ended(failed, endedMs) {
          if (begun === era && restUntil === null) count(failed, endedMs)
        },
        cancelled() {},
      }
    },
  }
}
