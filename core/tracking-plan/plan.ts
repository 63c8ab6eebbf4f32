// The compiled tracking plan at work: finds the rule of a message and turns its findings into a verdict.
import { isJsonObject, type JsonObject, objectAt } from '../json.ts'
import { foldName } from '../mapping-table.ts'
import {
  type Findings,
  keysOf,
  note,
  type PlanAction,
  type PlanVerdict,
  type TrackingPlan,
} from './violation.ts'

/** What unplanned properties do: `flag` and `block` name each one, `omit` takes them off the message. */
export type UnplannedAction = PlanAction | 'omit'

/** As the compiler writes it. `event` is empty for calls other than track; `check` is 0 where all is allowed. */
export type CompiledRule = readonly [
  call: string,
  event: string,
  version: number,
  onViolation: PlanAction,
  unplanned: UnplannedAction,
  check: ((message: JsonObject, findings: Findings) => void) | 0,
]

interface PlanHeader {
  readonly name: string
  readonly version: string
  readonly unplannedEvents: PlanAction
}

export function createTrackingPlan(
  { name, version, unplannedEvents }: PlanHeader,
  compiled: readonly CompiledRule[],
): TrackingPlan {
  const rules = new Map<string, CompiledRule[]>()
  for (const rule of compiled) {
    const key = `${rule[0]} ${rule[1]}`
    rules.set(
      key,
      [...(rules.get(key) ?? []), rule].sort((a, b) => a[2] - b[2]),
    )
  }
  const common = rules.get('common ')?.[0]

  function check(message: JsonObject): PlanVerdict | null {
    const { type, event } = message
    const own = rules.get(type === 'track' ? `track ${event}` : `${type} `)
    if (!own && type === 'track' && unplannedEvents !== 'allow' && !isReserved(message))
      return unplannedEvent(event)
    const rule = own && (own.length > 1 ? ofVersion(own, message) : own[0])
    if (!common) return rule ? judge(message, rule) : null
    return worse(rule ? judge(message, rule) : null, judge(message, common))
  }

  function unplannedEvent(event: unknown): PlanVerdict {
    const folded = foldName(String(event))
    const near = compiled.find((rule) => rule[0] === 'track' && foldName(rule[1]) === folded)
    const hint = near ? `; "${near[1]}" is and differs only by case or spacing` : ''
    const description = `"${event}" is not in the tracking plan${hint}`
    const violations = [{ type: 'Unplanned Event', field: 'event', description }]
    return { action: unplannedEvents, violations, omitted: [] }
  }

  return { name, version, check }
}

// Protocols: an absent or unknown version is checked as the oldest (segment.md 7).
function ofVersion(rules: readonly CompiledRule[], message: JsonObject): CompiledRule | undefined {
  const wanted = objectAt(message.context, 'protocols')?.event_version
  return rules.find((rule) => rule[2] === wanted) ?? rules[0]
}

/** Segment adds it to every plan itself (segment.md 5). */
export const PREFERENCE_EVENT = 'Segment Consent Preference Updated'

// What Engage sends has names nobody plans.
function isReserved({ event, context }: JsonObject): boolean {
  return event === PREFERENCE_EVENT || !!objectAt(context, 'personas')
}

function judge(message: JsonObject, rule: CompiledRule): PlanVerdict | null {
  const [, , , onViolation, unplanned, check] = rule
  if (!check) return null
  const findings: Findings = { violations: [], unplanned: [] }
  check(message, findings)
  const broken = findings.violations.length > 0 ? onViolation : 'allow'
  if (findings.unplanned.length === 0)
    return broken === 'allow'
      ? null
      : { action: broken, violations: findings.violations, omitted: [] }
  if (unplanned === 'omit') {
    const omitted = findings.unplanned.map(([holder, key]) => [...keysOf(holder), key])
    return { action: broken, violations: broken === 'allow' ? [] : findings.violations, omitted }
  }
  for (const [holder, key] of findings.unplanned)
    note(findings, 'Additional Property Not Allowed', holder, key, 'is not in the tracking plan')
  return { action: worst(broken, unplanned), violations: findings.violations, omitted: [] }
}

const SEVERITY: Readonly<Record<PlanAction, number>> = { allow: 0, flag: 1, block: 2 }

function worst(a: PlanAction, b: PlanAction): PlanAction {
  return SEVERITY[a] >= SEVERITY[b] ? a : b
}

function worse(a: PlanVerdict | null, b: PlanVerdict | null): PlanVerdict | null {
  if (!a || !b) return a ?? b
  return {
    action: worst(a.action, b.action),
    violations: [...a.violations, ...b.violations],
    omitted: [...a.omitted, ...b.omitted],
  }
}

/** What stays on a message that breaks the plan, beside whatever Segment's own Protocols wrote there. */
export function withFindings(message: JsonObject, verdict: PlanVerdict): JsonObject {
  const context = isJsonObject(message.context) ? message.context : {}
  const before = objectAt(context, 'protocols') ?? {}
  const known = Array.isArray(before.violations) ? before.violations : []
  const isKnown = (field: string, type: string) =>
    known.some((one) => isJsonObject(one) && one.field === field && one.type === type)
  const added = verdict.violations.filter(({ field, type }) => !isKnown(field, type))
  const omitted = verdict.omitted.map((keys) => keys.join('.'))
  const protocols = {
    ...before,
    ...(added.length > 0 ? { violations: [...known, ...added.map((one) => ({ ...one }))] } : {}),
    ...(omitted.length > 0
      ? { omitted: [...(Array.isArray(before.omitted) ? before.omitted : []), ...omitted] }
      : {}),
  }
  return { ...message, context: { ...context, protocols } }
}
