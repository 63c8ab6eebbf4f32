// mappings/audiences.yaml as the store uses it (design 3.9): which inbound computation is which audience of ours, and
// what is to become of it.
import type { ConsentPolicy } from './consent.ts'

export interface AudienceRule {
  /** Our name for it, e.g. `vip`: what triggers, mappings and the API call it. */
  readonly id: string
  readonly name: string | null
  readonly computationIds: readonly string[]
  readonly keys: readonly string[]
  readonly names: readonly string[]
  /** Days after which a member who was not stated anew has left; null: never. */
  readonly retentionDays: number | null
  /** `append_only`: destinations are told who enters, never who leaves. */
  readonly mode: 'full_state' | 'append_only'
  /** Names of the destinations that are told of its transitions. */
  readonly destinations: readonly string[]
  /** Members there must be before anybody is sent. */
  readonly minimumSize: number
  /** Needed of whoever enters, on top of the destination's own; `holdMs` is how long an answer is waited for. */
  readonly consent: (ConsentPolicy & { readonly holdMs: number }) | null
}

/** By what an inbound message names an audience. */
export interface InboundAudience {
  readonly computationId: string | null
  readonly key: string | null
  readonly name: string | null
}

export interface AudienceTable {
  readonly rules: readonly AudienceRule[]
  /** The rule of an inbound audience: by computation id, else by key, else by name. Null for one that is not listed. */
  ruleOf(inbound: InboundAudience): AudienceRule | null
}

export function createAudienceTable(rules: readonly AudienceRule[]): AudienceTable {
  const byId = indexOf(rules, ({ computationIds }) => computationIds)
  const byKey = indexOf(rules, ({ keys }) => keys)
  const byName = indexOf(rules, ({ names }) => names)
  return {
    rules,
    ruleOf: ({ computationId, key, name }) =>
      byId.get(computationId ?? '') ?? byKey.get(key ?? '') ?? byName.get(name ?? '') ?? null,
  }
}

/** Every audience is taken in under its own key, and nothing reacts. */
export const NO_AUDIENCES: AudienceTable = createAudienceTable([])

function indexOf(
  rules: readonly AudienceRule[],
  namesOf: (rule: AudienceRule) => readonly string[],
): ReadonlyMap<string, AudienceRule> {
  return new Map(rules.flatMap((rule) => namesOf(rule).map((name) => [name, rule] as const)))
}

/** What people and triggers call an audience: the file's id, else its key, else what Segment calls it. */
export function audienceName(
  rule: AudienceRule | null,
  key: string | null,
  identity: string,
): string {
  return rule?.id ?? key ?? identity
}
