// How often something was used, and when last: counted in memory, where a request can afford it, and taken away by whoever
// writes it down.
import type { Clock } from '../core/clock.ts'

export interface Use {
  readonly environment: string
  readonly name: string
  readonly times: number
  readonly lastUsedAt: Date
  /** What the latest user calls itself; null when it does not say. */
  readonly by: string | null
}

export interface Tally {
  note(environment: string, name: string, by: string | null): void
  /** What was noted since the last call. */
  take(): Use[]
  /** Counts again what was taken and could not be written. */
  giveBack(uses: readonly Use[]): void
}

interface Count {
  readonly environment: string
  readonly name: string
  times: number
  lastUsedAt: number
  by: string | null
}

export function createTally(clock: Clock): Tally {
  let counts = new Map<string, Count>()
  const countOf = (environment: string, name: string): Count => {
    const key = `${environment}\n${name}`
    const known = counts.get(key)
    if (known) return known
    const count = { environment, name, times: 0, lastUsedAt: 0, by: null }
    counts.set(key, count)
    return count
  }
  return {
    note(environment, name, by) {
      const count = countOf(environment, name)
      count.times++
      count.lastUsedAt = clock.now()
      count.by = by
    },
    take() {
      const taken = [...counts.values()]
      counts = new Map()
      return taken.map(({ lastUsedAt, ...use }) => ({ ...use, lastUsedAt: new Date(lastUsedAt) }))
    },
    giveBack(uses) {
      for (const { environment, name, times, lastUsedAt, by } of uses) {
        const count = countOf(environment, name)
        count.times += times
        if (count.lastUsedAt >= lastUsedAt.getTime()) continue
        count.lastUsedAt = lastUsedAt.getTime()
        count.by = by
      }
    },
  }
}
