// Decides for a page of candidates which may be sent again. What may be at the platform already is rehearsed first: a
// mapping that has changed since may have changed what the platform knows the event by.
import {
  arrivalOf,
  decideReplay,
  type RepeatRule,
  type ReplayCandidate,
  type ReplayPermissions,
  type ReplayVerdict,
  repeatIdentity,
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
        ...identitiesOf(candidate.sent, preview, ruleOf(candidate)),
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

function identitiesOf(
  sent: SentRequest | null,
  preview: Preview | null,
  rule: RepeatRule | null,
): Pick<ReplayCandidate, 'identityThen' | 'identityNow' | 'wouldSend'> {
  return {
    identityThen: rule && repeatIdentity(rule, sent?.request ?? null),
    identityNow: rule && repeatIdentity(rule, preview?.request ?? null),
    wouldSend: preview?.kind === 'sent',
  }
}
