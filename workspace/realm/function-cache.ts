// The `cache` global: process-local, lost with the container, always empty in the editor's tester.

interface Kept {
  readonly value: unknown
  readonly expiresAt: number
}

export interface FunctionCache {
  load(key: string, ttlMs?: number, callback?: () => unknown): Promise<unknown>
  delete(key: string): void
}

/** `now` is the realm's own clock. A rejected callback is not kept: the next load runs it again (production UNVERIFIED). */
export function createFunctionCache(now: () => number, alwaysEmpty: boolean): FunctionCache {
  const kept = new Map<string, Kept>()
  return {
    async load(key, ttlMs = -1, callback) {
      const found = kept.get(key)
      if (found && now() < found.expiresAt) return found.value
      if (typeof callback !== 'function') throw new TypeError('cache.load: callback is required')
      const value = await callback()
      if (!alwaysEmpty) kept.set(key, { value, expiresAt: expiry(now(), ttlMs) })
      return value
    },
    delete(key) {
      kept.delete(key)
    },
  }
}

// No ttl, or -1, means: never expires.
function expiry(nowMs: number, ttlMs: number | null): number {
  return ttlMs === null || ttlMs === -1 ? Number.POSITIVE_INFINITY : nowMs + ttlMs
}
