// Time that passes as fast as it is asked for: a wait ends at once, and the clock has moved on by it.
import type { Clock } from '../../core/clock.ts'

export function createHurriedClock(startMs = Date.parse('2026-04-23T10:15:30.000Z')): Clock {
  let now = startMs
  return {
    now: () => now,
    schedule(delayMs, run) {
      const timer = setImmediate(() => {
        now += delayMs
        run()
      })
      return () => clearImmediate(timer)
    },
  }
}
