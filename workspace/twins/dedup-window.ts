// A platform's memory of ids: the window runs from the first event with an id, and a repeat does not lengthen it.
import type { Clock } from '../../core/clock.ts'

export interface DedupWindow {
  has(key: string): boolean
  remember(key: string): void
}

/** `windowMs: null` remembers for ever. */
export function createDedupWindow(clock: Clock, windowMs: number | null): DedupWindow {
  const firstSeen = new Map<string, number>()
  return {
    has(key) {
      const first = firstSeen.get(key)
      return first !== undefined && (windowMs === null || clock.now() - first < windowMs)
    },
    remember: (key) => void firstSeen.set(key, clock.now()),
  }
}
