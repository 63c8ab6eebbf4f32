// The body of a signed batch and its answer (design 3.4), shared by whoever sends and whoever receives.
import type { CanonicalEvent } from './canonical-event.ts'
import type { JsonObject } from './json.ts'

export type BatchKind = 'event' | 'profile' | 'audience' | 'group' | 'alias' | 'delete' | 'unmapped'

export interface BatchEntry {
  /** The raw message, after the PII policy. */
  readonly message: JsonObject
  readonly kind: BatchKind
  readonly canonical: CanonicalEvent | null
  readonly warnings: readonly string[]
}

export interface Batch {
  readonly batch: readonly BatchEntry[]
}

export type Outcome = 'accepted' | 'duplicate' | 'unmapped' | 'rejected'

/** One answer for one entry, by position. `status` is an HTTP status; 5xx means: send this one again. */
export interface BatchResult {
  readonly message_id: string
  readonly status: number
  readonly outcome: Outcome
  readonly event_id?: string
  readonly reason?: string
}

export interface BatchAnswer {
  readonly results: readonly BatchResult[]
}

/** Largest accepted body, in bytes. 20 messages of 32 KB, raw and canonical, are 1.3 MB; 400 of usual size 1.6 MB. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024
/** Most entries in one batch: what Segment forms for an Action by default; for a function it forms 400 at most. */
export const MAX_BATCH_ENTRIES = 1000
