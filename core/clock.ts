// Time and chance as arguments (design 3.13): every room takes these, only the composition root makes them.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls `run` once after `delayMs`; returns a function that cancels it. */
  schedule(delayMs: number, run: () => void): () => void
}

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number

/** Waits `delayMs` on the given clock; an aborted signal ends the wait early, without an error. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const finish = () => {
      signal?.removeEventListener('abort', finish)
      cancel()
      resolve()
    }
    const cancel = clock.schedule(delayMs, finish)
    signal?.addEventListener('abort', finish)
  })
}

/** A seeded generator (mulberry32): the same seed gives the same sequence on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
