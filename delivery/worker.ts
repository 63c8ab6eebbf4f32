// The delivery worker. Each destination has a lane of its own, and lanes share nothing but the database: one destination that
// is slow or down never delays another.
//
// A delivery's way: pending → (claimed) → delivered | filtered | dead | unknown, or retrying → (claimed) → …, or held until
// the person answers or the hold runs out → (claimed) → …
// A worker that dies after sending leaves its claim to expire; the next attempt carries the same event_id.
import type { Database } from '../store/database.ts'
import type { DeliveryRecord } from '../store/deliveries.ts'
import type { AudienceGate } from './audience-gate.ts'
import { runConfirmations } from './confirmations.ts'
import type { Destination } from './destination.ts'
import { runLane } from './lane.ts'

export interface WorkerOptions {
  readonly database: Database
  readonly destinations: readonly Destination[]
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
  /** Called after a delivery's outcome is on record. */
  readonly onRecorded?: (destination: Destination, record: DeliveryRecord) => void
  /** Asked about every claimed batch before it is decided; without it nothing is known of audiences. */
  readonly audienceGate?: AudienceGate
  /** What people know this process by, where it tells of its circuit breakers. */
  readonly name?: string
  /** How often an idle lane looks for work. Default 100 ms. */
  readonly pollMs?: number
}

/** Runs until `signal` aborts; then finishes and records what is under way. */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(
    options.destinations.flatMap((destination) => [
      runLane(options, destination, signal),
      runConfirmations(options, destination, signal),
    ]),
  )
}
