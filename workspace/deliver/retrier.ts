// The timers of what waits for its next attempt, in one place that can be counted and stopped.
import type { Clock, Random } from '../../core/clock.ts'
import type { RetrySchedule, RetryState } from '../runtime/retry-schedule.ts'

export interface Retrier {
  /** Runs `again` when the schedule says so; false when it is exhausted. */
  retry(state: RetryState, again: () => void): boolean
  readonly waitingCount: number
  stop(): void
}

export function createRetrier(clock: Clock, random: Random, schedule: RetrySchedule): Retrier {
  const timers = new Set<() => void>()
  return {
    retry(state, again) {
      const waitMs = schedule(state, random)
      if (waitMs === null) return false
      const cancel = clock.schedule(waitMs, () => {
        timers.delete(cancel)
        again()
      })
      timers.add(cancel)
      return true
    },
    get waitingCount() {
      return timers.size
    },
    stop() {
      for (const cancel of timers) cancel()
      timers.clear()
    },
  }
}
