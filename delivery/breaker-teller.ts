// Tells the database of a lane's circuit breaker, whenever it opens, rests again or closes: a few rows a minute at the most,
// and none while all goes well.
import type { CircuitBreaker } from '../core/circuit-breaker.ts'
import { messageOf } from '../core/errors.ts'
import { recordBreaker } from '../store/breakers.ts'
import type { Destination } from './destination.ts'
import type { WorkerOptions } from './worker.ts'

export interface BreakerTeller {
  /** After each outcome; writes only when something has changed, and waits for nobody. */
  (): void
  /** Resolves once the database knows of all that was told. */
  written(): Promise<void>
  /** The lane ends: its breaker is no more. Waits for what is being written. */
  end(): Promise<void>
}

export function createBreakerTeller(
  { database, log, name: worker = 'worker' }: WorkerOptions,
  { name, environment }: Destination,
  breaker: CircuitBreaker,
): BreakerTeller {
  const { clock, pool } = database
  let told = 0
  // One after the other: the last word is the one that stays.
  let writing: Promise<void> = Promise.resolve()
  const write = (restUntilMs: number) => {
    told = restUntilMs
    const at = new Date(clock.now())
    const open = restUntilMs === 0 ? null : { restUntil: new Date(restUntilMs) }
    writing = writing
      .then(() => recordBreaker(pool, { environment, destination: name, worker, open, at }))
      .catch((error: unknown) =>
        log('error', `${name}: cannot tell of its circuit breaker: ${messageOf(error)}`),
      )
  }
  const tell = () => {
    const nowMs = clock.now()
    const state = breaker.state(nowMs)
    if (state === 'closed' && told !== 0) write(0)
    // Told anew when a probe has failed and the rest is longer; a half-open one waits for its probe.
    if (state === 'open' && told <= nowMs) write(nowMs + breaker.waitMs(nowMs))
  }
  return Object.assign(tell, {
    written: () => writing,
    end: () => {
      if (told !== 0) write(0)
      return writing
    },
  })
}
