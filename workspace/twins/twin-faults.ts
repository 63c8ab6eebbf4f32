// What a platform does on a bad day. Chance comes from the twin's `random`, so a seed repeats a run; `next` scripts a
// single bad answer where chance would be in the way.
import { createRandom, type Random } from '../../core/clock.ts'

/**
 * rate-limited, server-error and reset-before: the platform has not seen the events. lost-reset, lost-timeout and
 * lost-silence: it has counted them, and the answer never arrives (connection reset; 504 from the vendor's edge; nothing
 * at all until the sender gives up).
 */
export type FaultKind =
  | 'rate-limited'
  | 'server-error'
  | 'reset-before'
  | 'lost-reset'
  | 'lost-timeout'
  | 'lost-silence'

export interface FaultRates {
  /** Probabilities, 0 to 1, drawn in this order; the first that hits is the request's only fault. */
  readonly rate429?: number
  readonly rate500?: number
  readonly resetRate?: number
  readonly lostResetRate?: number
  readonly lostTimeoutRate?: number
  readonly lostSilenceRate?: number
  /** Every answer takes this long on the twin's clock. */
  readonly slowMs?: number
  /** The `Retry-After` of injected 429s, where the vendor sends one. Default 1. */
  readonly retryAfterSeconds?: number
}

export interface TwinFaults {
  /** Replaces all rates: `set({})` ends every fault. Throws a RangeError for a rate outside 0 to 1. */
  set(rates: FaultRates): void
  /** The coming requests meet these faults, one each, before chance is asked again. */
  next(...kinds: readonly FaultKind[]): void
}

export interface FaultInjector extends TwinFaults {
  draw(): FaultKind | null
  readonly slowMs: number
  readonly retryAfterSeconds: number
}

const ORDER = [
  ['rate429', 'rate-limited'],
  ['rate500', 'server-error'],
  ['resetRate', 'reset-before'],
  ['lostResetRate', 'lost-reset'],
  ['lostTimeoutRate', 'lost-timeout'],
  ['lostSilenceRate', 'lost-silence'],
] as const satisfies readonly (readonly [keyof FaultRates, FaultKind])[]

export function createTwinFaults(seed: Random): FaultInjector {
  // A stream of its own: which request fails depends on the order of requests alone, not on ids made in between.
  const random = createRandom(Math.floor(seed() * 2 ** 32))
  let rates: FaultRates = {}
  const scripted: FaultKind[] = []

  // No chance is drawn for a rate of 0: switching a fault on changes nothing before it.
  function isHit(rate = 0) {
    return rate > 0 && random() < rate
  }

  return {
    set(newRates) {
      for (const [name] of ORDER) {
        const rate = newRates[name] ?? 0
        if (!(rate >= 0 && rate <= 1)) throw new RangeError(`${name} is 0 to 1`)
      }
      rates = newRates
    },
    next: (...kinds) => void scripted.push(...kinds),
    draw() {
      const kind = scripted.shift()
      if (kind) return kind
      return ORDER.find(([name]) => isHit(rates[name]))?.[1] ?? null
    },
    get slowMs() {
      return rates.slowMs ?? 0
    },
    get retryAfterSeconds() {
      return rates.retryAfterSeconds ?? 1
    },
  }
}
