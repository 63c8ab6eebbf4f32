// What every twin of an ad platform has in common. A twin answers in the vendor's own form, refuses what the vendor
// refuses, counts as the vendor counts, and keeps the books so that a test can ask what became of each event.
import type { Hono } from 'hono'
import type { Clock, Random } from '../../core/clock.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { FaultKind, TwinFaults } from './twin-faults.ts'

export interface RecordedRequest {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names; the values of credentials are masked. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, or the text as it came. */
  readonly body: Json
  /** What was answered; `null` when the connection was reset. */
  readonly status: number | null
  readonly answer: Json
  readonly fault: FaultKind | null
}

export interface CountedEvent {
  readonly at: number
  readonly event: JsonObject
  /** Whether an identifier belongs to one of the twin's people; `null` for a twin that was given none. */
  readonly isMatched: boolean | null
  /** What the platform would say in its diagnostics without refusing the event. */
  readonly notes: readonly string[]
}

export interface RefusedEvent {
  readonly at: number
  readonly reason: string
  readonly event: Json
}

export interface TwinSummary {
  /** Events in requests that reached the platform: always counted + duplicates + all refusals. */
  readonly received: number
  readonly counted: number
  /** Known to the platform already: dropped, merged, or taken as an adjustment of what was counted. */
  readonly duplicates: number
  readonly refused: Readonly<Record<string, number>>
}

export interface Twin {
  readonly app: Hono
  readonly faults: TwinFaults
  /** Oldest first; the newest `keepRequests` of them. */
  requests(): readonly RecordedRequest[]
  /** Deduplication key to event. An id counted again after its window ended gets `#2`, `#3`… after its key. */
  counted(): ReadonlyMap<string, CountedEvent>
  refused(): readonly RefusedEvent[]
  summary(): TwinSummary
}

export interface Person {
  readonly email?: string
  readonly phone?: string
  readonly externalId?: string
}

export interface TwinOptions {
  readonly clock: Clock
  /** Decides faults and makes the ids in answers. */
  readonly random: Random
  /** Whom the platform knows: hashes of their identifiers match, and wrongly made hashes of them are recognised. */
  readonly people?: readonly Person[]
  /** Requests kept for `requests()`. Default 10 000. */
  readonly keepRequests?: number
}

/** The value of an option: a credential that ends, or one that does not. */
export interface TwinToken {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number
}
