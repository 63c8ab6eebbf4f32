// The `cache` global: process-local, lost with the container, always empty in the editor's tester.
import type { HostSwitches } from '../host-switches.ts'

interface Kept {
  readonly value: unknown
  readonly expiresAt: number
}

export interface FunctionCache {
  load(key: string, ttlMs?: number, callback?: () => unknown): Promise<unknown>
  delete(key: string): void
}

export interface FunctionCacheOptions {
  /** The realm's own clock. */
  readonly now: () => number
  readonly alwaysEmpty: boolean
  readonly switches: Pick<HostSwitches, 'cacheConcurrentLoads' | 'cacheRejections'>
}

export function createFunctionCache(options: FunctionCacheOptions): FunctionCache {
  const { now, alwaysEmpty, switches } = options
  const kept = new Map<string, Kept>()
  const underWay = new Map<string, Promise<unknown>>()

  async function run(key: string, ttlMs: number | null, callback: () => unknown) {
    const running = (async () => callback())()
    underWay.set(key, running)
    try {
      const value = await running
      keep(key, ttlMs, value)
      return value
    } catch (thrown) {
      if (switches.cacheRejections === 'keep') keep(key, ttlMs, running)
      throw thrown
    } finally {
      if (underWay.get(key) === running) underWay.delete(key)
    }
  }

  function keep(key: string, ttlMs: number | null, value: unknown) {
    if (!alwaysEmpty) kept.set(key, { value, expiresAt: expiry(now(), ttlMs) })
  }

  return {
    async load(key, ttlMs = -1, callback) {
      const found = kept.get(key)
      if (found && now() < found.expiresAt) return found.value
      if (typeof callback !== 'function') throw new TypeError('cache.load: callback is required')
      const shared = switches.cacheConcurrentLoads === 'shared' ? underWay.get(key) : undefined
      return shared ?? run(key, ttlMs, callback)
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
