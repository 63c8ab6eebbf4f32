// What became of each event a twin received. Exactly one of count, repeat and refuse is called for each, so the summary
// balances by construction.
import type { Clock } from '../../core/clock.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { CountedEvent, RefusedEvent, TwinSummary } from './twin.ts'

export interface TwinLedger {
  count(key: string, event: JsonObject, match?: Pick<CountedEvent, 'isMatched' | 'notes'>): void
  /** Known, and not counted again. */
  repeat(): void
  /** Known: not counted again, and the counted event takes over these fields. */
  amend(key: string, changes: JsonObject): void
  refuse(reason: string, event: Json): void
  counted(): ReadonlyMap<string, CountedEvent>
  refused(): readonly RefusedEvent[]
  summary(): TwinSummary
}

const UNKNOWN_MATCH = { isMatched: null, notes: [] }

export function createTwinLedger(clock: Clock): TwinLedger {
  const counted = new Map<string, CountedEvent>()
  const refused: RefusedEvent[] = []
  const timesCounted = new Map<string, number>()
  const refusals = new Map<string, number>()
  let duplicates = 0

  return {
    count(key, event, match = UNKNOWN_MATCH) {
      const times = (timesCounted.get(key) ?? 0) + 1
      timesCounted.set(key, times)
      counted.set(times === 1 ? key : `${key}#${times}`, { at: clock.now(), event, ...match })
    },
    repeat() {
      duplicates += 1
    },
    amend(key, changes) {
      duplicates += 1
      const found = counted.get(key)
      if (found) counted.set(key, { ...found, event: { ...found.event, ...changes } })
    },
    refuse(reason, event) {
      refused.push({ at: clock.now(), reason, event })
      refusals.set(reason, (refusals.get(reason) ?? 0) + 1)
    },
    counted: () => new Map(counted),
    refused: () => [...refused],
    summary: () => ({
      received: counted.size + duplicates + refused.length,
      counted: counted.size,
      duplicates,
      refused: Object.fromEntries(refusals),
    }),
  }
}
