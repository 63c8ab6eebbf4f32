// What comes in, as it comes in: asks the list for what is new and tells each message once.
import type { Database } from './database.ts'
import { type ListedEvent, listEvents } from './event-list.ts'

export interface Follower {
  /** What came in since the last call, oldest first; the first call remembers where to begin and gives nothing. */
  next(): Promise<readonly ListedEvent[]>
}

/** More than these at once are not told one by one: nobody could read them. */
const MOST_AT_ONCE = 50
/** A batch becomes visible when it commits, which may be after a younger one: that far back each list is compared. */
const KEPT = 500

export function followEvents({ pool }: Pick<Database, 'pool'>, environment: string): Follower {
  let told: Set<string> | null = null
  return {
    async next() {
      const page = { filter: {}, cursor: null, limit: MOST_AT_ONCE }
      const { events } = await listEvents(pool, environment, page)
      const seen: Set<string> | null = told
      const fresh = seen ? events.filter(({ message_id }) => !seen.has(message_id)) : []
      told = new Set([...(seen ?? []), ...events.map(({ message_id }) => message_id)].slice(-KEPT))
      return fresh.toReversed()
    },
  }
}
