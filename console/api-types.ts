// What the store's HTTP API answers, as far as pages read it.
import type { Json, JsonObject } from '../core/json.ts'

export const STATES = [
  'delivered',
  'filtered',
  'held',
  'pending',
  'retrying',
  'dead',
  'unknown',
] as const
export type State = (typeof STATES)[number]

export interface ListedEvent {
  readonly message_id: string
  readonly received_at: string
  readonly kind: string
  readonly outcome: 'accepted' | 'duplicate' | 'unmapped'
  readonly receipts: number
  readonly type: string | null
  readonly segment_event: string | null
  readonly name: string | null
  readonly event_id: string | null
  readonly order_id: string | null
  readonly value: number | null
  readonly currency: string | null
  readonly profile_id: string | null
  readonly canonical_user_id: string | null
  readonly deliveries: Readonly<Record<string, State>>
}

export interface EventPage {
  readonly events: readonly ListedEvent[]
  readonly next: string | null
}

export interface Alert {
  readonly severity: 'critical' | 'warning'
  readonly code: string
  readonly destination: string | null
  /** Of an audience that was emptied. */
  readonly audience?: string
  readonly message: string
}

type Series = readonly number[]

export interface DestinationOverview {
  readonly name: string
  readonly is_paused: boolean
  readonly paused_reason: string | null
  readonly settled: Readonly<Record<'delivered' | 'filtered' | 'dead' | 'unknown', Series>>
  readonly waiting: Readonly<Record<'pending' | 'retrying' | 'held', number>>
  readonly oldest_waiting_at: string | null
  readonly latency: { readonly p50_ms: number; readonly p95_ms: number } | null
  readonly orders: Readonly<Partial<Record<State, number>>>
}

export interface Overview {
  readonly window: '15m' | '1h' | '24h' | '7d'
  readonly since: string
  readonly until: string
  readonly bucket_ms: number
  readonly messages: Readonly<Record<'accepted' | 'duplicate' | 'unmapped', Series>>
  readonly rejected: number
  readonly orders: number
  readonly destinations: readonly DestinationOverview[]
  readonly alerts: readonly Alert[]
}

export interface MatchSummary {
  readonly average: number
  readonly events: number
  readonly missing: readonly { readonly identifier: string; readonly share: number }[]
}

export type DestinationSums = Readonly<Record<State, number>> & {
  readonly total: number
  readonly reasons: Readonly<Partial<Record<State, Readonly<Record<string, number>>>>>
}

export interface DestinationStory {
  readonly name: string
  readonly is_paused: boolean
  readonly reason: string | null
  readonly changed_at: string | null
  readonly deliveries: DestinationSums | null
  readonly match_quality: MatchSummary | null
}

export interface Attempt {
  readonly number: number
  readonly started_at: string
  readonly duration_ms: number
  readonly status: number | null
  readonly error: string | null
  readonly request: JsonObject
  readonly response: string | null
}

export interface ReplayEntry {
  readonly replay_id: string
  readonly requested_by: string
  readonly note: string | null
  readonly requested_at: string
  readonly from_state: string
  readonly refusal: string | null
  readonly outcome: string | null
}

export interface DeliveryStory {
  readonly destination: string
  readonly state: State
  readonly reason: string | null
  readonly decision: JsonObject | null
  readonly attempts: readonly Attempt[]
  readonly replays?: readonly ReplayEntry[]
  readonly due_at: string | null
}

export interface MessageStory {
  readonly message_id: string
  readonly environment: string
  readonly kind: string
  readonly outcome: ListedEvent['outcome']
  readonly received_at: string
  readonly receipts: number
  readonly warnings: readonly string[]
  readonly raw: JsonObject
  readonly event: {
    readonly name: string
    readonly event_id: string
    readonly dedup_key: string | null
    readonly message_id: string
    readonly canonical: JsonObject
  } | null
  readonly dedup?: {
    readonly verdict: 'first' | 'duplicate'
    readonly by: 'dedup_key' | 'event_id'
    readonly winner: { readonly message_id: string; readonly received_at: string | null }
    readonly duplicates: readonly { readonly message_id: string; readonly received_at: string }[]
  } | null
  readonly profile: { readonly id: string; readonly canonical_user_id: string | null } | null
  readonly identity?: {
    readonly links: readonly {
      readonly type: string
      readonly value: string
      readonly profile_id: string
      readonly rule: string
      readonly message_id: string
      readonly linked_at: string
    }[]
    readonly merges: readonly {
      readonly from_profile_id: string
      readonly into_profile_id: string
      readonly rule: string
      readonly message_id: string
      readonly merged_at: string
    }[]
  } | null
  readonly deliveries: readonly DeliveryStory[]
  readonly transitions: readonly {
    readonly audience: string
    readonly direction: string
    readonly reason: string
    readonly event_id: string
    readonly deliveries: readonly DeliveryStory[]
  }[]
}

export interface ProfileStory {
  readonly id: string
  readonly canonical_user_id: string | null
  readonly created_at: string
  readonly identifiers: readonly {
    readonly type: string
    readonly value: string
    readonly rule: string
    readonly message_id: string
    readonly linked_at: string
  }[]
  readonly traits: Readonly<Record<string, Json>>
  readonly consents: readonly {
    readonly category: string
    readonly granted: boolean
    readonly stated_at: string
    readonly message_id: string
  }[]
  readonly audiences: readonly {
    readonly id: string
    readonly name: string | null
    readonly key: string | null
    readonly is_member: boolean
    readonly since: string | null
    readonly computed_at: string
    readonly reason: string | null
    readonly message_id: string
  }[]
  readonly consent_history: readonly {
    readonly category: string
    readonly granted: boolean
    readonly before: boolean | null
    readonly held: boolean
    readonly stated_at: string
    readonly received_at: string
    readonly message_id: string
    readonly profile_id: string
  }[]
  readonly merges: readonly ProfileMerge[]
  readonly events: readonly {
    readonly name: string
    readonly event_id: string
    readonly message_id: string
    readonly occurred_at: string | null
  }[]
}

export interface ProfileMerge {
  readonly id: string
  readonly from_profile_id: string
  readonly into_profile_id: string
  readonly rule: string
  readonly message_id: string
  readonly merged_at: string
  readonly is_separable: boolean
  readonly undone_at: string | null
  readonly undone_by: string | null
}

/** One of the two people that undoing a merge leaves. */
export interface MergeSide {
  readonly profile_id: string
  readonly canonical_user_id: string | null
  readonly identifiers: readonly {
    readonly type: string
    readonly value: string
    readonly rule: string
    readonly message_id: string
  }[]
  readonly consents: ProfileStory['consents']
  readonly audiences: readonly { readonly id: string; readonly name: string | null }[]
  readonly messages: number
  readonly events: number
}

export interface SeparationPreview {
  readonly id: string
  readonly rule: string
  readonly message_id: string
  readonly merged_at: string
  readonly refusal: 'undone' | 'too_old' | null
  readonly leaves: MergeSide
  readonly stays: MergeSide
  readonly released: readonly { readonly type: string; readonly value: string }[]
  readonly sent: readonly { readonly destination: string; readonly count: number }[]
}

export interface RemoteState {
  readonly destination: string
  readonly name: string
  readonly external_id: string | null
  readonly state: 'making' | 'waiting' | 'ready' | 'paused'
  readonly reason: string | null
  readonly due_at: string | null
}

export interface AudienceSizes {
  readonly id: string
  readonly identity: string
  readonly members: number
  readonly sizes: Series
  readonly entered: Series
  readonly exited: Series
}

export interface AudienceLoss {
  readonly id: string
  readonly identity: string
  readonly name: string | null
  readonly before: number
  readonly after: number
  readonly at: string
}

export interface SizesPage {
  readonly window: '24h' | '7d' | '30d'
  readonly since: string
  readonly bucket_ms: number
  readonly audiences: readonly AudienceSizes[]
  readonly losses: readonly AudienceLoss[]
}

export interface Revenue {
  readonly currency: string | null
  readonly orders: number
  readonly gross: string
  readonly taken_back: string
  readonly net: string
}

export interface OutcomeGroup {
  readonly conversions: number
  readonly people: number
  readonly events: Readonly<
    Record<
      string,
      {
        readonly conversions: number
        readonly people: number
        readonly revenue: readonly Revenue[]
      }
    >
  >
}

export interface OutcomeSplit {
  readonly member: OutcomeGroup
  readonly not_member: OutcomeGroup
}

export interface AudienceOutcomes {
  readonly asked: { readonly since: string | null; readonly until: string }
  readonly audience: { readonly people: number; readonly entries: number }
  readonly period: OutcomeSplit
  readonly window: OutcomeSplit | null
}

export interface DestinationAudit {
  readonly destination: string
  readonly remote: RemoteState | null
  readonly ours: number
  readonly acknowledged: number
  readonly in_step: number
  readonly waiting: number
  readonly withheld: Readonly<Record<string, number>>
  readonly missing: number
  readonly extra: number
  readonly drifted: readonly {
    readonly drift: 'missing' | 'extra'
    readonly subject: string
    readonly profile_id: string | null
    readonly canonical_user_id: string | null
    readonly last: { readonly state: string; readonly reason: string | null } | null
  }[]
  readonly platform:
    | {
        readonly name: string | null
        readonly size: { readonly lower: number; readonly upper: number } | null
        readonly state: string
        readonly detail: string | null
      }
    | { readonly error: string }
    | null
}

export interface AudienceSummary {
  readonly id: string
  readonly identity: string | null
  readonly name: string | null
  readonly is_listed: boolean
  readonly is_current: boolean
  readonly computation_id: string | null
  readonly key: string | null
  readonly class: string | null
  readonly first_computed_at: string | null
  readonly members: {
    readonly total: number
    readonly known: number
    readonly anonymous: number
    readonly unresolved: number
  }
  readonly mode: string
  readonly retention_days: number | null
  readonly minimum_size: number
  readonly destinations: readonly string[]
  readonly remotes: readonly RemoteState[]
}

export interface DeadLetterGroup {
  readonly destination: string
  readonly reason: string | null
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  readonly events: Readonly<Record<string, number>>
  readonly examples: readonly string[]
}

export interface DryRunItem {
  readonly delivery_id: string
  readonly destination: string
  readonly message_id: string
  readonly event: string
  readonly state: State
  readonly reason: string | null
  readonly replay: boolean
  readonly refusal: { readonly code: string; readonly message: string } | null
  readonly would: { readonly kind: string; readonly reason: string | null } | null
  readonly difference:
    | readonly {
        readonly path: string
        readonly kind: 'added' | 'removed' | 'changed'
        readonly before?: Json
        readonly after?: Json
      }[]
    | null
  readonly masked_difference: boolean
}

export interface DryRunPage {
  readonly items: readonly DryRunItem[]
  readonly next_cursor: string | null
}

export interface ReplayStory {
  readonly id: string
  readonly state: 'running' | 'finished'
  readonly requested_by: string
  readonly note: string | null
  readonly created_at: string
  readonly finished_at: string | null
  readonly considered: number
  readonly enqueued: number
  readonly refused: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, number>>
}

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: string
  readonly role: string
  readonly action: string
  readonly target: string | null
}

export interface AudienceMember {
  readonly subject: string
  readonly status: 'known' | 'anonymous' | 'unresolved'
  readonly profile_id: string | null
  readonly canonical_user_id: string | null
  readonly since: string | null
  readonly record?: JsonObject | null
}

export interface AudienceTransition {
  readonly id: string
  readonly direction: 'entered' | 'exited'
  readonly reason: string
  readonly subject: string
  readonly profile_id: string | null
  readonly computed_at: string
  readonly message_id: string
  readonly deliveries: Readonly<Record<string, State>>
}
