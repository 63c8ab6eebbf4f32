// Time that a test moves by hand.
import type { Clock } from '../../core/clock.ts'

export interface ManualClock extends Clock {
  /** Moves the time on and runs what falls due, in order. */
  advance(ms: number): void
}

// Waits this short are polls and retried transactions: they pass in real time while the clock stands still.
const SHORT_MS = 200

export function createManualClock(startMs = Date.parse('2026-04-23T10:15:30.000Z')): ManualClock {
  let now = startMs
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    schedule(delayMs, run) {
      if (delayMs <= SHORT_MS) {
        const timer = setTimeout(run, delayMs)
        return () => clearTimeout(timer)
      }
      const timer = { at: now + delayMs, run }
      waiting.add(timer)
      return () => waiting.delete(timer)
    },
    advance(ms) {
      now += ms
      const due = [...waiting].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
      for (const timer of due) {
        waiting.delete(timer)
        timer.run()
      }
    },
  }
}
