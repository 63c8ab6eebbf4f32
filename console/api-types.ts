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
  readonly audience?: string | undefined
  readonly message: string
}

type Series = readonly number[]

export interface DestinationOverview {
  readonly name: string
  readonly is_paused: boolean
  readonly paused_reason: string | null
  readonly settled: Readonly<Record<'delivered' | 'filtered' | 'dead' | 'unknown', Series>>
  readonly waiting: Readonly<Record<'pending' | 'retrying' | 'held', number>>
  /** More than that wait. */
  readonly waiting_is_partial: readonly State[]
  readonly oldest_waiting_at: string | null
  readonly breakers: readonly Breaker[]
  readonly match_quality: MatchSummary | null
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
  readonly has_all_orders: boolean
  readonly destinations: readonly DestinationOverview[]
  readonly alerts: readonly Alert[]
}

export interface MatchSummary {
  readonly average: number
  readonly events: number
  readonly missing: readonly { readonly identifier: string; readonly share: number }[]
}

export interface Breaker {
  readonly worker: string
  readonly state: 'open' | 'half_open'
  readonly since: string
  readonly rest_until: string
}

/** What settled since an instant, and what waits now. */
export type DestinationSums = Readonly<Record<State, number>> & {
  readonly total: number
  readonly since: string
  readonly partial: readonly State[]
  readonly reasons: Readonly<Partial<Record<State, Readonly<Record<string, number>>>>>
  readonly has_all_reasons: boolean
  readonly delivered_per_second: number
  readonly first_due_at: string | null
}

export interface DestinationStory {
  readonly name: string
  readonly is_paused: boolean
  readonly reason: string | null
  readonly changed_at: string | null
  readonly breakers: readonly Breaker[]
  readonly deliveries: DestinationSums | null
  readonly match_quality: MatchSummary | null
}

export interface DestinationList {
  readonly destinations: readonly DestinationStory[]
  readonly off: readonly { readonly name: string; readonly missing: readonly string[] }[]
}

export interface DestinationSetup {
  readonly definition: string
  readonly receives: 'events' | 'audiences'
  readonly rate_per_second: number | null
  readonly concurrency: number
  readonly batch_size: number
  readonly max_age_ms: number | null
  readonly consent: {
    readonly categories: readonly string[]
    readonly unknown: 'hold' | 'deny' | 'allow'
  } | null
  readonly test_mode: {
    readonly says: string
    readonly needs_code: boolean
    readonly counts: boolean
  } | null
  readonly fault: string | null
}

export interface DestinationError {
  readonly state: 'dead' | 'unknown' | 'retrying'
  readonly reason: string | null
  readonly count: number
  readonly last_at: string | null
  readonly example: string
}

export interface IdentifierGain {
  readonly identifier: string
  readonly share: number
  readonly gain: number
  readonly hint: string
}

export type DestinationDetail = DestinationStory & {
  /** Null where the store runs without its destinations. */
  readonly setup: DestinationSetup | null
  readonly errors: readonly DestinationError[]
  readonly identifiers: readonly IdentifierGain[] | null
}

export interface TestAnswer {
  readonly outcome: 'delivered' | 'filtered' | 'held' | 'unknown' | 'failed'
  readonly reason: string | null
  readonly counts: boolean
  readonly says: string
  readonly exchanges: readonly {
    readonly request: { readonly method: string; readonly url: string; readonly body: Json }
    readonly status: number
    readonly response: string
  }[]
  readonly faults: readonly string[]
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
  readonly delivery_id: string
  readonly destination: string
  readonly state: State
  readonly reason: string | null
  readonly decision: JsonObject | null
  readonly attempts: readonly Attempt[]
  readonly replays?: readonly ReplayEntry[]
  readonly due_at: string | null
  readonly claimed_until: string | null
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
  readonly remote: Omit<RemoteState, 'destination'> | null
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
  /** The first twenty; of one replay only. */
  readonly deliveries?: readonly {
    readonly message_id: string
    readonly event: string
    readonly destination: string
    readonly refusal: string | null
    readonly outcome: string | null
    readonly reason: string | null
  }[]
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

// Mappings
export interface MappingRule {
  readonly read: string
  readonly from: readonly string[]
  readonly else: readonly string[]
  readonly transform: string | null
}

export interface MappingRow {
  readonly event: string
  readonly canonical: string
  readonly downstream: string
  readonly conversion: boolean
  readonly reverses: { readonly event: string; readonly takes: 'value' | 'whole' } | null
  readonly properties: Readonly<Record<string, MappingRule>>
  readonly event_id: string | null
  readonly dedup: readonly string[]
  readonly line: number
}

export interface MappingTableStory {
  readonly version: string
  readonly is_in_force: boolean
  readonly file: string
  readonly rows: readonly MappingRow[]
}

export interface MappingVersion {
  readonly version: string
  readonly is_in_force: boolean
  readonly started: { readonly first_at: string; readonly last_at: string } | null
  readonly seen: {
    readonly messages: number
    readonly first_at: string
    readonly last_at: string
    readonly example: string
  } | null
}

export interface MappingDifferenceStory {
  readonly before: string
  readonly after: string
  readonly added: readonly MappingRow[]
  readonly removed: readonly MappingRow[]
  readonly changed: readonly {
    readonly event: string
    readonly differences: readonly {
      readonly path: string
      readonly kind: 'added' | 'removed' | 'changed'
      readonly before?: Json
      readonly after?: Json
    }[]
  }[]
}

export interface UnmappedName {
  readonly event: string
  readonly kind: 'case' | 'unmapped'
  readonly problem: string
  readonly fix: string
  readonly row?: string
  readonly similar_to: string | null
  readonly count: number
  readonly first_seen_at: string
  readonly last_seen_at: string
  readonly example: string
}

export interface Violation {
  readonly event: string
  readonly type: string
  readonly field: string
  readonly description: string
  readonly fix: string
  readonly count: number
  readonly first_seen_at: string
  readonly last_seen_at: string
  readonly examples: readonly string[]
}

export interface DestinationMapping {
  readonly name: string
  readonly definition: string
  readonly receives: 'events' | 'audiences'
  readonly mapping: JsonObject
  readonly subscriptions: readonly {
    readonly name: string
    readonly trigger: string
    readonly action: string
    readonly mapping: JsonObject
  }[]
}

export interface ListedSession {
  readonly id: string
  readonly actor: string
  readonly role: string
  readonly by: 'API key' | 'link'
  readonly created_at: string
  readonly expires_at: string
  readonly is_own: boolean
}

export interface ListedSecret {
  readonly fingerprint: string
  readonly source: 'environment' | 'store'
  readonly created_at: string
  readonly created_by: string | null
  readonly requests: number
  readonly last_used_at: string | null
  readonly last_used_by: string | null
}

export interface RetiredSecret extends ListedSecret {
  readonly retired_at: string
  readonly retired_by: string | null
  readonly can_be_restored: boolean
}

export interface SecretList {
  readonly can_make: boolean
  readonly in_use_ms: number
  readonly secrets: readonly ListedSecret[]
  readonly retired: readonly RetiredSecret[]
}

export interface ListedApiKey {
  readonly fingerprint: string
  readonly source: 'environment' | 'store'
  readonly name: string | null
  readonly role: string
  readonly created_at: string | null
  readonly created_by: string | null
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly revoked_at: string | null
  readonly revoked_by: string | null
}

export interface ApiKeyList {
  readonly api_keys: readonly ListedApiKey[]
  readonly people: readonly { readonly pattern: string; readonly role: string }[]
}

export interface KeptThing {
  readonly subject: string
  readonly name: string | null
  /** Null: for good. */
  readonly kept_ms: number | null
  readonly last_run: {
    readonly ran_at: string
    readonly removed_at: string | null
    readonly removed: number
    readonly removed_in_all: number
  } | null
}

export type ConsentDecision =
  | 'granted'
  | 'denied'
  | 'allowed_unknown'
  | 'denied_unknown'
  | 'expired'

export interface ConsentAsked {
  readonly categories: readonly string[]
  readonly require: 'all' | 'any'
  readonly unknown: 'hold' | 'deny' | 'allow'
  readonly hold_ms: number
  readonly when: string | null
}

export interface HeldCount {
  readonly destination: string
  readonly reason: string | null
  readonly count: number
  readonly first_due_at: string
  readonly last_due_at: string
}

export interface ConsentStory {
  readonly window: '1h' | '24h' | '7d'
  readonly since: string
  readonly until: string
  readonly destinations: readonly {
    readonly name: string
    readonly asks: ConsentAsked | null
    readonly decisions: Readonly<Partial<Record<ConsentDecision, number>>>
  }[]
  readonly held: readonly HeldCount[]
}

export interface HeldDelivery {
  readonly delivery_id: string
  readonly destination: string
  readonly reason: string | null
  readonly due_at: string
  readonly received_at: string
  readonly event: string
  readonly message_id: string
  readonly profile_id: string | null
  readonly canonical_user_id: string | null
  readonly waits_for: readonly string[]
}

export interface HeldPage {
  readonly held: readonly HeldDelivery[]
  readonly next_cursor: string | null
}

export interface Revocation {
  readonly id: string
  readonly categories: readonly string[]
  readonly stated_at: string
  readonly received_at: string
  readonly message_id: string
  readonly profile_id: string
  readonly canonical_user_id: string | null
  readonly withdrawn: Readonly<Record<string, number>>
  readonly removed: Readonly<Record<string, number>>
}

export interface RevocationPage {
  readonly revocations: readonly Revocation[]
  readonly next_cursor: string | null
}
