// What a tracking plan says of a message, and how its checks note it down.
import type { JsonObject } from '../json.ts'

/** Segment's own shape on `context.protocols.violations` (segment.md 7). Never carries a value: those may be personal. */
export interface Violation {
  /** E.g. `Required`, `Invalid Type`, `Pattern`. */
  readonly type: string
  /** E.g. `properties.products.0.price`. */
  readonly field: string
  readonly description: string
}

/** What happens to an event that breaks the plan. */
export type PlanAction = 'allow' | 'flag' | 'block'

export interface PlanVerdict {
  readonly action: PlanAction
  readonly violations: readonly Violation[]
  /** Keys of unplanned properties that are to be taken off, from the top of the message. */
  readonly omitted: readonly (readonly string[])[]
}

export interface TrackingPlan {
  readonly name: string
  /** Human version and content hash, as the mapping table's. */
  readonly version: string
  /** Null when the plan has nothing to say of the message, which is the usual case. */
  check(message: JsonObject): PlanVerdict | null
}

/** A place in a message: what holds it and its key. Written as text only once something is wrong there. */
export type Place = readonly [holder: Place, key: string | number] | null

export interface Findings {
  readonly violations: Violation[]
  readonly unplanned: (readonly [Place, string])[]
}

export function keysOf(place: Place): string[] {
  return place === null ? [] : [...keysOf(place[0]), String(place[1])]
}

// A message that is wrong everywhere would outgrow Segment's 32 KB with what is said about it.
const MAX_VIOLATIONS = 25

/** Always false, so that a check can end on it. */
export function note(
  { violations }: Findings,
  type: string,
  holder: Place,
  key: string | number,
  what: string,
): false {
  if (violations.length < MAX_VIOLATIONS) {
    const field = [...keysOf(holder), key].join('.')
    violations.push({ type, field, description: `${field} ${what}` })
  }
  return false
}
