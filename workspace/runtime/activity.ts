// What is in flight: work whose end is real time (worker threads), which a virtual clock must wait for between timers.
import { createSignal } from './signal.ts'

export interface Activity {
  readonly count: number
  /** Runs `work` and counts it until it ends. */
  during<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when nothing is in flight, what finished work started at once included. */
  settled(): Promise<void>
}

export function createActivity(): Activity {
  let count = 0
  const ended = createSignal()
  return {
    get count() {
      return count
    },
    async during(work) {
      count += 1
      try {
        return await work()
      } finally {
        count -= 1
        if (count === 0) ended.notify()
      }
    },
    async settled() {
      while (count > 0) await ended.next()
    },
  }
}
