// Time that moves only when told to. Timers run in order of their instant; between two of them, promises settle and real
// work in flight (a function running in its thread) comes to its end, so hours of retries pass in milliseconds.
import type { Clock } from '../core/clock.ts'

export interface VirtualClock extends Clock {
  /** Moves time forward by `ms`, running every timer that falls due on the way. */
  advance(ms: number): Promise<void>
  /** Moves from timer to timer until none is left; throws a RangeError when that takes more than `limitMs` (24 h). */
  runUntilIdle(limitMs?: number): Promise<void>
  /** Makes the clock wait for real work before it moves: pass `workspace.settled`. */
  waitFor(settled: () => Promise<void>): void
  /** Timers that have not run yet. */
  readonly pendingCount: number
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

const DAY_MS = 24 * 60 * 60 * 1000

export function createVirtualClock(startMs = Date.parse('2026-01-15T09:00:00Z')): VirtualClock {
  let now = startMs
  // Insertion order breaks ties: a Set keeps it.
  const timers = new Set<Timer>()
  const works: (() => Promise<void>)[] = []

  function nextUntil(limit: number): Timer | null {
    let next: Timer | null = null
    for (const timer of timers) {
      if (timer.at <= limit && (!next || timer.at < next.at)) next = timer
    }
    return next
  }

  // Two rounds: work that ends in the first may start more in the promises that follow it.
  async function settle() {
    for (let round = 0; round < 2; round += 1) {
      await nextTurn()
      for (const settled of works) await settled()
    }
    await nextTurn()
  }

  async function runUntil(limit: number) {
    await settle()
    for (let timer = nextUntil(limit); timer; timer = nextUntil(limit)) {
      timers.delete(timer)
      now = Math.max(now, timer.at)
      timer.run()
      await settle()
    }
  }

  return {
    now: () => now,
    schedule(delayMs, run) {
      const timer = { at: now + Math.max(0, delayMs), run }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    async advance(ms) {
      const target = now + ms
      await runUntil(target)
      now = target
    },
    async runUntilIdle(limitMs = DAY_MS) {
      await runUntil(now + limitMs)
      if (timers.size > 0) {
        throw new RangeError(`${timers.size} timers are still waiting after ${limitMs} ms`)
      }
    },
    waitFor(settled) {
      works.push(settled)
    },
    get pendingCount() {
      return timers.size
    },
  }
}

// A turn of the real event loop: everything that is already resolved runs first.
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
