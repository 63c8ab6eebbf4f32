// Meta's two ways of seeing that two events are one ("Handling Duplicate Pixel and Conversions API Events"), per pixel:
// event_name + event_id within 48 hours; or event_name + fbp / external_id, where only a server event that follows the
// browser's is dropped: two consecutive server events with the same fbp both count, and so do server-then-browser.
import type { Clock } from '../../../core/clock.ts'
import type { JsonObject } from '../../../core/json.ts'
import { createDedupWindow } from '../dedup-window.ts'
import { isNonEmptyText, listOf } from '../value-forms.ts'
import { userDataOf } from './meta-rules.ts'

const WINDOW_MS = 48 * 60 * 60 * 1000

export interface MetaDedupOptions {
  /**
   * "If we find a match between events sent within 48 hours of each other, we only consider the first one." The page
   * speaks of browser and server; that two server events are treated alike is UNVERIFIED. Default true.
   */
  readonly deduplicatesServerRepeats?: boolean
}

export type MetaOrigin = 'server' | 'browser'

export interface MetaDedup {
  /** True for a repeat; a first event is remembered. */
  isRepeat(pixelId: string, event: JsonObject, origin: MetaOrigin): boolean
}

export function createMetaDedup(clock: Clock, options: MetaDedupOptions): MetaDedup {
  const { deduplicatesServerRepeats = true } = options
  const ids = {
    server: createDedupWindow(clock, WINDOW_MS),
    browser: createDedupWindow(clock, WINDOW_MS),
  }
  // By whether the browser's event carried an id of its own.
  const people = {
    withId: createDedupWindow(clock, WINDOW_MS),
    withoutId: createDedupWindow(clock, WINDOW_MS),
  }

  function isKnownId(key: string, origin: MetaOrigin) {
    const other = origin === 'server' ? 'browser' : 'server'
    if (ids[other].has(key)) return true
    // Two pixel events with one eventID: the browser's own pair is always deduplicated here.
    return ids[origin].has(key) && (origin === 'browser' || deduplicatesServerRepeats)
  }

  return {
    isRepeat(pixelId, event, origin) {
      const prefix = `${pixelId}/${String(event.event_name)}`
      const idKey = isNonEmptyText(event.event_id) ? `${prefix}/${event.event_id}` : null
      if (idKey && isKnownId(idKey, origin)) return true
      const peopleKeys = personKeys(prefix, userDataOf(event))
      // UNVERIFIED which way wins where both sides carry ids that differ: two ids are taken for two events.
      const isPersonSeen = (key: string) =>
        people.withoutId.has(key) || (!idKey && people.withId.has(key))
      if (origin === 'server' && peopleKeys.some(isPersonSeen)) return true
      if (idKey) ids[origin].remember(idKey)
      if (origin === 'browser') {
        for (const key of peopleKeys) people[idKey ? 'withId' : 'withoutId'].remember(key)
      }
      return false
    },
  }
}

function personKeys(prefix: string, userData: JsonObject): readonly string[] {
  return (['fbp', 'external_id'] as const).flatMap((field) =>
    listOf(userData[field]).map((value) => `${prefix}/${field}/${String(value)}`),
  )
}
