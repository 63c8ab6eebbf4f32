// The ids seen within a window, oldest first: what de-duplication by messageId remembers.
import type { Clock } from '../../core/clock.ts'

export interface RecentIds {
  /** False when the id was already seen within the window. */
  add(id: string): boolean
}

export function createRecentIds(clock: Clock, windowMs: number): RecentIds {
  // A Map keeps the order of insertion, and time does not run backwards: the first entries are the oldest.
  const seenAt = new Map<string, number>()
  return {
    add(id) {
      const now = clock.now()
      for (const [oldest, at] of seenAt) {
        if (now - at <= windowMs) break
        seenAt.delete(oldest)
      }
      if (seenAt.has(id)) return false
      seenAt.set(id, now)
      return true
    },
  }
}
