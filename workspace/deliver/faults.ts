// What a demonstration or a test may switch on: the host promises delivery at least once and in no order, and these make
// it happen while someone watches. Chance comes from the workspace's `random`, so a seed repeats a run.
import type { Clock, Random } from '../../core/clock.ts'

export interface Faults {
  /** With this probability a function is called once more for the same input, as after an answer that was lost. */
  deliverTwice(probability: number): void
  /** Messages reach each destination function after a wait of up to `windowMs`, so not in order; 0 ends it. */
  shuffle(windowMs: number): void
}

export interface FaultInjector extends Faults {
  isAnswerLost(): boolean
  /** Runs `pass` now, or after a wait by chance. */
  hold(pass: () => void): void
  /** Ends every wait at once. */
  release(): void
  readonly heldCount: number
  /** Drops what is held. */
  stop(): void
}

export function createFaultInjector(clock: Clock, random: Random): FaultInjector {
  let twice = 0
  let windowMs = 0
  const held = new Map<() => void, () => void>()

  return {
    deliverTwice(probability) {
      if (!(probability >= 0 && probability <= 1)) throw new RangeError('probability is 0 to 1')
      twice = probability
    },
    shuffle(newWindowMs) {
      windowMs = newWindowMs
    },
    // No chance is drawn while a fault is off: switching one on changes nothing before it.
    isAnswerLost: () => twice > 0 && random() < twice,
    hold(pass) {
      if (windowMs <= 0) return pass()
      const go = () => {
        held.get(go)?.()
        if (held.delete(go)) pass()
      }
      held.set(go, clock.schedule(random() * windowMs, go))
    },
    release() {
      for (const go of [...held.keys()]) go()
    },
    stop() {
      for (const cancel of held.values()) cancel()
      held.clear()
    },
    get heldCount() {
      return held.size
    },
  }
}
