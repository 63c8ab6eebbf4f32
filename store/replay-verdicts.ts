// Decides for a page of candidates which may be sent again. What may be at the platform already is rehearsed first: a
// mapping that has changed since may have changed what the platform knows the event by.
import { isJsonObject, type Json } from '../core/json.ts'
import {
  arrivalOf,
  decideReplay,
  type RepeatRule,
  type ReplayPermissions,
  type ReplayVerdict,
} from '../core/replay.ts'
import type { DeliverySide, Preview } from './delivery-side.ts'
import type { Candidate, SentRequest } from './replay-candidates.ts'

export interface Considered {
  readonly candidate: Candidate
  readonly verdict: ReplayVerdict
  /** Null when nobody asked for it and the decision did not need it, or the destination is not on. */
  readonly preview: Preview | null
}

export interface VerdictOptions {
  readonly side: DeliverySide
  readonly environment: string
  readonly permissions: ReplayPermissions
  readonly nowMs: number
  /** Rehearse every candidate, not only where the decision needs it. */
  readonly previewAll: boolean
}

export async function considerCandidates(
  candidates: readonly Candidate[],
  options: VerdictOptions,
): Promise<Considered[]> {
  const needed = candidates.filter(
    (candidate) =>
      options.previewAll || (arrival(candidate) !== 'no' && ruleOf(candidate) !== null),
  )
  const previews = await previewsOf(needed, options)
  return candidates.map((candidate) => {
    const preview = previews.get(candidate) ?? null
    if (!options.side.isOn(options.environment, candidate.destination))
      return { candidate, verdict: OFF, preview }
    const verdict = decideReplay(
      {
        state: candidate.state,
        event: candidate.eventName,
        arrival: arrival(candidate),
        firstSentAtMs: firstSentAt(candidate),
        isSameIdentity: isSameIdentity(candidate.sent, preview, ruleOf(candidate)),
      },
      ruleOf(candidate),
      options.permissions,
      options.nowMs,
    )
    return { candidate, verdict, preview }
  })

  function ruleOf({ destination }: Candidate): RepeatRule | null {
    return options.side.repeatRule(options.environment, destination)
  }
}

// Nobody would ever take it up.
const OFF: ReplayVerdict = {
  kind: 'refused',
  code: 'destination_off',
  message: 'its destination is not on in this environment',
}

function arrival({ state, delivery, attempts }: Candidate) {
  return arrivalOf(state, delivery.attempt, attempts)
}

// An attempt that ended without a record may have been the first: it cannot have begun before the event arrived.
function firstSentAt({ delivery, attempts }: Candidate): number {
  const isComplete = attempts.length >= delivery.attempt && attempts[0]
  return isComplete ? Date.parse(isComplete.startedAt) : delivery.receivedAt.getTime()
}

async function previewsOf(
  candidates: readonly Candidate[],
  { side, environment }: VerdictOptions,
): Promise<Map<Candidate, Preview>> {
  const found = new Map<Candidate, Preview>()
  for (const name of new Set(candidates.map(({ destination }) => destination))) {
    const own = candidates.filter(({ destination }) => destination === name)
    const previews = await side.preview(
      environment,
      name,
      own.map(({ delivery }) => delivery),
    )
    previews?.forEach((preview, at) => {
      found.set(own[at] as Candidate, preview)
    })
  }
  return found
}

// The action counts as well: some definitions take the event's name at the platform from it. A field that is on neither
// side identifies nothing; without any, nothing does.
function isSameIdentity(
  sent: SentRequest | null,
  preview: Preview | null,
  rule: RepeatRule | null,
): boolean | null {
  if (!rule || !sent || !preview) return null
  if (sent.request.payload === undefined) return null
  // Nothing would be sent: nothing can be counted twice.
  if (!preview.request) return true
  const now = preview.request as { readonly [key: string]: Json }
  const before = rule.by.map((path) => valueAt(sent.request.payload, path))
  const after = rule.by.map((path) => valueAt(now.payload, path))
  const isSame = JSON.stringify(before) === JSON.stringify(after)
  return isSame && after.some((value) => value != null) && sent.request.action === now.action
}

function valueAt(value: Json | undefined, path: string): Json | undefined {
  let at = value
  for (const key of path.split('.')) at = isJsonObject(at) ? at[key] : undefined
  return at
}
