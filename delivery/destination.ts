// What a destination is to the worker: a name, its limits, and a way to deliver one event.
import type { RetrySchedule } from '../core/retry-schedule.ts'
import type { Attempt, ClaimedDelivery } from '../store/deliveries.ts'

export interface Destination {
  readonly name: string
  readonly environment: string
  readonly concurrency: number
  /** Longest time one attempt takes, in milliseconds. */
  readonly timeoutMs: number
  /** Milliseconds from a claim until another worker may take the attempt to have died with its worker. */
  readonly leaseMs: number
  readonly schedule: RetrySchedule
  deliver(delivery: ClaimedDelivery): Promise<DeliveryResult>
}

/** What one attempt brought. Expected outcomes are values; a throw is a fault of ours. */
export type DeliveryResult =
  | { readonly kind: 'delivered'; readonly attempt: Attempt }
  | { readonly kind: 'filtered'; readonly reason: string }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly retryable: boolean
      /** Milliseconds the receiver asked to be left alone. */
      readonly retryAfterMs?: number
      readonly attempt: Attempt
    }
