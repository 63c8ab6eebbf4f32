// What the store asks of the delivery side without knowing it: the composition root hands it over.
import type { Platform } from '../core/identity-fields/field.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { RepeatRule } from '../core/replay.ts'
import type { ClaimedDelivery } from './deliveries.ts'

export interface PreviewedRequest {
  readonly method: string
  readonly url: string
  /** Personal data masked, hashes cut short. */
  readonly body: Json
}

export interface Preview {
  /** `refused`: the definition would not take the event; nothing would be sent. */
  readonly kind: 'sent' | 'filtered' | 'held' | 'refused'
  readonly reason: string | null
  /** As an attempt would keep it, so that it can be held against an earlier one. */
  readonly request: Readonly<Record<string, unknown>> | null
  /** What would go over the wire; empty for a definition that can only be followed down to its payload. */
  readonly requests: readonly PreviewedRequest[]
  readonly evidence: JsonObject | null
}

/** What a platform says of an audience it keeps. Sizes are told rounded, late and from some size on. */
export interface RemoteReport {
  readonly name: string | null
  readonly size: { readonly lower: number; readonly upper: number } | null
  readonly state: 'ready' | 'processing' | 'too_small' | 'blocked' | 'unknown'
  readonly detail: string | null
}

/** What a destination's file asks of people before it is sent to. */
export interface ConsentAsked {
  /** Ids of mappings/consent.yaml. */
  readonly categories: readonly string[]
  /** `all`: each of them must be granted; `any`: one is enough. */
  readonly require: 'all' | 'any'
  /** What it means that nobody has answered. */
  readonly unknown: 'hold' | 'deny' | 'allow'
  /** Milliseconds that an event is held for an answer. */
  readonly hold_ms: number
  /** FQL: asked for only where this is true. Null: always. */
  readonly when: string | null
}

export interface DeliverySide {
  /** Whether the destination is delivered to in this environment. */
  isOn(environment: string, destination: string): boolean
  /** What would be sent now, by position; null when the destination is not on in this environment. Sends nothing. */
  preview(
    environment: string,
    destination: string,
    deliveries: readonly ClaimedDelivery[],
  ): Promise<Preview[] | null>
  /** How the destination's platform knows a repeat; null when every repeat counts. */
  repeatRule(environment: string, destination: string): RepeatRule | null
  /** Null for a destination that asks for no consent, or is not on in this environment. */
  consent(environment: string, destination: string): ConsentAsked | null
  /** Asks the platform; null where it cannot be asked. Rejects when it does not answer. */
  report(environment: string, destination: string, externalId: string): Promise<RemoteReport | null>
}

/** How a destination is set up, without any value of its settings. */
export interface DestinationSetup {
  readonly definition: string
  readonly receives: 'events' | 'audiences'
  /** Requests a second that one process may send; null for no limit. */
  readonly rate_per_second: number | null
  readonly concurrency: number
  readonly batch_size: number
  readonly max_age_ms: number | null
  /** Null: it asks for no consent. */
  readonly consent: {
    readonly categories: readonly string[]
    /** What becomes of an event whose answer is not known. */
    readonly unknown: 'hold' | 'deny' | 'allow'
  } | null
  /** By whose weights match quality is estimated. */
  readonly platform: Platform | null
  /** How a test event is kept apart; null: whatever is sent there counts. */
  readonly test_mode: {
    readonly says: string
    readonly needs_code: boolean
    readonly counts: boolean
  } | null
  /** Why its definition cannot be run as the file asks; it pauses at its first event. */
  readonly fault: string | null
}

/** What became of a test event. */
export interface TestAnswer {
  readonly outcome: 'delivered' | 'filtered' | 'held' | 'unknown' | 'failed'
  readonly reason: string | null
  /** True when what was sent counts at the platform like any other event. */
  readonly counts: boolean
  /** In words, what the platform does with it. */
  readonly says: string
  readonly exchanges: readonly {
    readonly request: PreviewedRequest
    readonly status: number
    readonly response: string
  }[]
  /** What the platform finds wrong although it took it. */
  readonly faults: readonly string[]
}

export interface TestRequest {
  /** Name of the event in Segment. */
  readonly event: string
  /** What the platform gives out for tests. */
  readonly testCode: string | null
  /** Send it although it counts. */
  readonly sendReal: boolean
}

/** The destinations as they are set up in this process, and a way to try one. */
export interface DestinationSetups {
  /** Null for a destination that is not on. */
  describe(environment: string, destination: string): DestinationSetup | null
  /** Destinations that are off for want of variables, whose names these are. */
  off(
    environment: string,
  ): readonly { readonly name: string; readonly missing: readonly string[] }[]
  /** Sends one made-up event. @throws TrackLayerError SETTINGS_INVALID that says what is needed */
  test(environment: string, destination: string, request: TestRequest): Promise<TestAnswer>
}
