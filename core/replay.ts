// Whether a delivery may be sent again without the platform counting it twice, as a pure rule.
//
// What was certainly refused, or never sent, may go again. What arrived, or may have, goes again only where the platform
// recognises a repeat of this very event now, or where a person says it did not arrive.
import type { DestinationFile } from './destination-schema.ts'
import { isJsonObject } from './json.ts'

/** What a destination's file says of its platform (`recognises_repeats`). */
export interface RepeatRule {
  /** Fields of the payload by which it knows an event: all must be as they were sent. */
  readonly by: readonly string[]
  /** Canonical names it does so for; null for every event. */
  readonly events: readonly string[] | null
  /** Milliseconds after the first one for which it remembers; null for ever. */
  readonly withinMs: number | null
}

/** The rule of a destination's file; null for one that states none. */
export function repeatRuleOf({
  recognises_repeats: rule,
}: Pick<DestinationFile, 'recognises_repeats'>): RepeatRule | null {
  if (!rule) return null
  return { by: rule.by, events: rule.events ?? null, withinMs: rule.within ?? null }
}

/** True when the platform knows a repeat of this event, for some time at least. */
export function recognises(rule: RepeatRule | null, event: string): boolean {
  return rule !== null && (rule.events === null || rule.events.includes(event))
}

/**
 * By what the platform would know an event: the action and the fields of `by`, as text to compare. Null when the request
 * is not on record or has none of the fields: nothing is known by nothing. The action counts because some definitions
 * take the event's name from it.
 */
export function repeatIdentity(
  { by }: RepeatRule,
  request: { readonly action?: unknown; readonly payload?: unknown } | null,
): string | null {
  if (!request) return null
  const values = by.map((path) => valueAt(request.payload, path) ?? null)
  if (values.every((value) => value === null)) return null
  return JSON.stringify([request.action ?? null, ...values])
}

function valueAt(value: unknown, path: string): unknown {
  let at = value
  for (const key of path.split('.'))
    at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  return at
}

export interface AttemptMark {
  readonly status: number | null
  readonly error: string | null
  readonly startedAt: string
}

/** Whether the platform has it: `possible` when an answer was lost or an attempt ended without a record. */
export type Arrival = 'no' | 'possible' | 'yes'

export function arrivalOf(
  state: string,
  attemptsBegun: number,
  attempts: readonly AttemptMark[],
): Arrival {
  if (state === 'delivered' || attempts.some(({ error }) => error === null)) return 'yes'
  if (state === 'unknown' || attempts.length < attemptsBegun) return 'possible'
  return attempts.some(mayHaveArrived) ? 'possible' : 'no'
}

/** Begins the error of an attempt that ended before anything left the house. */
export const NOT_SENT = 'not sent'

// A connection that was never made sent nothing, nor does an event go out without the token to sign it in with.
const CERTAINLY_NOT_SENT =
  /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)\b|private address|^not sent|^no access token/

function mayHaveArrived({ status, error }: AttemptMark): boolean {
  if (status === null) return !CERTAINLY_NOT_SENT.test(error ?? '')
  return leavesDoubt(status)
}

/**
 * True for the status of a request that may have been taken in all the same. RFC 9110: a 4xx was refused but for 408; 501
 * and 503 did not process the request; another 5xx may stand before a receiver that did.
 */
export function leavesDoubt(status: number): boolean {
  return status === 408 || (status >= 500 && status !== 501 && status !== 503)
}

export interface EarlierAttempts {
  /** Attempts begun before the one in hand. */
  readonly begun: number
  /** Those of them that are on record, oldest first. */
  readonly recorded: readonly AttemptMark[]
}

/**
 * The earliest moment at which an earlier attempt may have reached the platform; null when none did. One that ended with
 * its worker left no time behind: then it is `notBeforeMs`.
 */
export function mayHaveArrivedAt(
  { begun, recorded }: EarlierAttempts,
  notBeforeMs: number,
): number | null {
  if (recorded.length < begun) return notBeforeMs
  const first = recorded.find(mayHaveArrived)
  return first ? Date.parse(first.startedAt) : null
}

/** How many earlier attempts may have reached the platform. */
export function attemptsInDoubt({ begun, recorded }: EarlierAttempts): number {
  return begun - recorded.length + recorded.filter(mayHaveArrived).length
}

export interface ReplayCandidate {
  readonly state: string
  /** Canonical name of the event. */
  readonly event: string
  readonly arrival: Arrival
  /** The earliest moment at which the platform may have seen it. */
  readonly firstSentAtMs: number
  /** repeatIdentity of what was sent last, and of what would be sent now; null when there is none. */
  readonly identityThen: string | null
  readonly identityNow: string | null
  /** False when nothing would be sent now. */
  readonly wouldSend: boolean
}

/** What the person who asks takes upon themselves. */
export interface ReplayPermissions {
  readonly includeDelivered: boolean
  /** "I looked: what may have arrived did not." */
  readonly confirmUnknown: boolean
}

export type RefusalCode =
  | 'destination_off'
  | 'under_way'
  | 'delivered'
  | 'would_count_twice'
  | 'may_have_arrived'

export type ReplayVerdict =
  /** `untilMs`: not sent any more after that, because a repeat would no longer be recognised. */
  | {
      readonly kind: 'replay'
      readonly untilMs: number | null
      /** What it must still be known by when it is sent; null when it does not matter. */
      readonly identity: string | null
    }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string }

export function decideReplay(
  candidate: ReplayCandidate,
  rule: RepeatRule | null,
  permissions: ReplayPermissions,
  nowMs: number,
): ReplayVerdict {
  const { state, arrival } = candidate
  if (['pending', 'retrying', 'held'].includes(state))
    return refused('under_way', `is ${state}: the worker has it in hand`)
  if (arrival === 'no') return { kind: 'replay', untilMs: null, identity: null }
  const isSettled = state === 'delivered' || arrival === 'yes'
  if (isSettled && !permissions.includeDelivered)
    return refused('delivered', 'was delivered; only with include_delivered')
  const doubt = whyNotRecognised(candidate, rule, nowMs)
  if (doubt === null) {
    const identity = candidate.identityThen
    return { kind: 'replay', untilMs: endOf(candidate, rule), identity }
  }
  if (isSettled) return refused('would_count_twice', doubt)
  if (permissions.confirmUnknown) return { kind: 'replay', untilMs: null, identity: null }
  return refused(
    'may_have_arrived',
    `an answer was lost, and ${doubt}; look there, then confirm with confirm_unknown`,
  )
}

function whyNotRecognised(
  candidate: ReplayCandidate,
  rule: RepeatRule | null,
  nowMs: number,
): string | null {
  if (rule === null) return 'the platform counts every repeat'
  if (!recognises(rule, candidate.event))
    return `the platform counts every repeat of ${candidate.event}`
  const end = endOf(candidate, rule)
  if (end !== null && end <= nowMs) return `the platform forgot it ${new Date(end).toISOString()}`
  const { identityThen, identityNow, wouldSend } = candidate
  if (identityThen === null) return 'what was sent is not on record'
  return identityThen === identityNow || !wouldSend
    ? null
    : `${rule.by.join(' or ')} is another one today: the platform would take it for a new event`
}

function endOf({ firstSentAtMs }: ReplayCandidate, rule: RepeatRule | null): number | null {
  return rule?.withinMs == null ? null : firstSentAtMs + rule.withinMs
}

function refused(code: RefusalCode, message: string): ReplayVerdict {
  return { kind: 'refused', code, message }
}

/** The reason under which a replay ends that came too late for the platform's memory. */
export const REPEAT_WINDOW_OVER = 'repeat_window_over'

/** The reason under which one ends that the platform would take for a new event by now. */
export const REPEAT_NOT_RECOGNISED = 'repeat_not_recognised'

/**
 * True when an outcome of a replay says nothing new of where the event is: one that had arrived, or may have, is not
 * unmade by being refused, filtered or held the second time.
 */
export function returnsToBefore(
  fromState: string,
  outcome: { readonly state: string; readonly reason: string | null },
): boolean {
  if (outcome.reason === REPEAT_WINDOW_OVER || outcome.reason === REPEAT_NOT_RECOGNISED) return true
  const mayBeThere = fromState === 'delivered' || fromState === 'unknown'
  return mayBeThere && ['filtered', 'held', 'dead'].includes(outcome.state)
}
