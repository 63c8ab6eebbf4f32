// The real clock and real chance: made here and handed to every room.
import type { Clock } from '../core/clock.ts'

export const realClock: Clock = {
  now: () => Date.now(),
  schedule: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

export const realRandom = Math.random
