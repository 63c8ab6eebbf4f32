// A real clock that runs faster: for a demonstration in which ten-second batch windows and minutes of retry should pass
// before the eyes of someone who waits.
import type { Clock } from '../core/clock.ts'

/** Time flows `factor` times as fast as on `base`, from the same instant on. */
export function createScaledClock(base: Clock, factor: number): Clock {
  if (!(factor > 0)) throw new RangeError(`factor must be above 0, is ${factor}`)
  const startMs = base.now()
  return {
    now: () => Math.round(startMs + (base.now() - startMs) * factor),
    schedule: (delayMs, run) => base.schedule(delayMs / factor, run),
  }
}
