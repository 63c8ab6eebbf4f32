// What a destination is to the worker: a name, its limits, and a way to deliver events.
import type { ReturnsFile } from '../core/destination-schema.ts'
import type { JsonObject } from '../core/json.ts'
import type { FilteredReason, HeldReason } from '../core/ledger-reason.ts'
import type { RepeatRule } from '../core/replay.ts'
import type { RetrySchedule } from '../core/retry-schedule.ts'
import type { Attempt, ClaimedDelivery } from '../store/deliveries.ts'
import type { ConsentAsked, Preview, RemoteReport } from '../store/delivery-side.ts'

export interface Destination {
  readonly name: string
  readonly environment: string
  readonly concurrency: number
  /** Longest time one attempt takes, in milliseconds. */
  readonly timeoutMs: number
  /** Milliseconds from a claim until another worker may take the attempt to have died with its worker. */
  readonly leaseMs: number
  readonly schedule: RetrySchedule
  /** Requests a second this process may send; Infinity for no limit. */
  readonly ratePerSecond: number
  /** Up to `batchSize` at once; results by position. */
  readonly deliver: Deliver
  readonly batchSize: number
  /** True when its file asks which audiences a person is in. */
  readonly readsAudiences?: boolean
  /** `audiences`: it is owed the transitions of audiences that name it, and no event. */
  readonly receives?: 'events' | 'audiences'
  /** Of the return path: what goes back, for which it must be known who was in which audience. */
  readonly returns?: ReturnsFile
  /** Of a platform that takes requests in and counts later: what became of the one with this receipt. */
  readonly confirm?: (receipt: string) => Promise<Confirmation>
  /** How its platform knows a repeat; null when every repeat counts. */
  readonly repeatRule: RepeatRule | null
  /** What its file asks of people; without it nobody is asked. */
  readonly consent?: ConsentAsked
  /** What becomes of an event that may have arrived, without an answer: sent again, or left for people to look at. */
  readonly whenAnswerLost?: 'retry' | 'unknown'
  /** Of a platform that keeps audiences: making one, and asking how it is. */
  readonly remote?: RemoteCalls
  /** What `deliver` would send now, by position; nothing leaves the house. */
  preview(deliveries: readonly ClaimedDelivery[]): Promise<Preview[]>
}

export type Deliver = (deliveries: readonly ClaimedDelivery[]) => Promise<readonly DeliveryResult[]>

export interface RemoteCalls {
  /** Makes the audience, or finds the one made earlier; its id there. Rejects as definitions do (host/failure.ts). */
  create(audience: {
    readonly name: string
    readonly computationId: string
    readonly key: string
  }): Promise<string>
  /** What the platform says of it. */
  report?(externalId: string): Promise<RemoteReport>
}

export type Confirmation =
  | { readonly kind: 'counted' }
  /** Nothing of the request counts. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Some of it counts. */
  | { readonly kind: 'partly'; readonly reason: string }
  /** Not said yet. */
  | { readonly kind: 'open' }

/** What one attempt brought. Expected outcomes are values; a throw is a fault of ours. */
export type DeliveryResult = (
  | {
      readonly kind: 'delivered'
      readonly attempt: Attempt
      /** Taken in under this id; whether it counts is asked later. */
      readonly receipt?: string
    }
  | { readonly kind: 'filtered'; readonly reason: FilteredReason }
  /** Waits for an answer, until then at the most. */
  | {
      readonly kind: 'held'
      readonly reason: HeldReason
      readonly until: Date
      /** When something was sent first. */
      readonly attempt?: Attempt
    }
  /** Sent, the answer lost, and sending it again would count twice: people decide. */
  | {
      readonly kind: 'unknown'
      readonly reason: string
      /** Null when an earlier attempt is the one in doubt, and nothing was sent now. */
      readonly attempt: Attempt | null
    }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly retryable: boolean
      /** The destination is the reason, not the event: no answer, 429, 5xx. Opens the circuit breaker. */
      readonly isOutage?: boolean
      /** The credential is refused: the destination pauses until it is mended. */
      readonly isCredential?: boolean
      /** The remote audience is gone or blocked: it pauses, and no other does. */
      readonly isAudience?: boolean
      /** Milliseconds the receiver asked to be left alone. */
      readonly retryAfterMs?: number
      readonly attempt: Attempt
    }
) & {
  /** What the decision rests on: consent evidence, subscription, mapping version. */
  readonly evidence?: JsonObject
}
