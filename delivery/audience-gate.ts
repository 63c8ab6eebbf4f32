// What a claimed batch must know of audiences before it is decided (design 3.9): transitions that were overtaken are not
// sent, whoever enters waits for the audience's size and for consent, and who leaves waits for nothing.
import type { AudienceRule, AudienceTable } from '../core/audience-table.ts'
import { isRemoval, isTransition } from '../core/audience-transition.ts'
import { decideConsent } from '../core/consent.ts'
import { type ConsentCatalogue, underIds } from '../core/consent-catalogue.ts'
import type { JsonObject } from '../core/json.ts'
import { type AudienceState, readAudienceStates } from '../store/audience-states.ts'
import type { Database } from '../store/database.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import { BELOW_MINIMUM } from '../store/transitions.ts'
import type { DeliveryResult, Destination } from './destination.ts'

/** By position: the delivery as it may be sent, or what became of it here. */
export type AudienceGate = (
  destination: Pick<Destination, 'name' | 'environment' | 'readsAudiences' | 'returns'>,
  claimed: readonly ClaimedDelivery[],
) => Promise<readonly (ClaimedDelivery | DeliveryResult)[]>

/** Asks the database once for a claimed batch, and not at all when nothing in it is about audiences. */
export function createAudienceGate(
  database: Database,
  table: AudienceTable,
  catalogue: ConsentCatalogue,
): AudienceGate {
  return async ({ name, environment, readsAudiences = false }, claimed) => {
    if (!readsAudiences && !claimed.some(({ canonical }) => isTransition(canonical))) return claimed
    const states = await readAudienceStates(database.pool, {
      environment,
      destination: name,
      at: new Date(database.clock.now()),
      deliveries: claimed,
      wantsPersons: readsAudiences,
      table,
    })
    return claimed.map((delivery, at) =>
      decide(delivery, states[at] as AudienceState, catalogue, database.clock.now()),
    )
  }
}

function decide(
  delivery: ClaimedDelivery,
  { transition, person }: AudienceState,
  catalogue: ConsentCatalogue,
  nowMs: number,
): ClaimedDelivery | DeliveryResult {
  const passed = person ? { ...delivery, audiences: person } : delivery
  if (!transition) return passed
  const { rule, isSuperseded, isEarlierUnderWay, size } = transition
  // Who left an append-only audience stays on its lists: an entry is never overtaken by an exit that nobody is told of.
  if (isSuperseded && rule?.mode !== 'append_only')
    return { kind: 'filtered', reason: 'superseded' }
  // Sent side by side, the older one might arrive last.
  if (isEarlierUnderWay)
    return { kind: 'held', reason: EARLIER_UNDER_WAY, until: new Date(nowMs + ORDER_CHECK_MS) }
  if (!rule || isRemoval(delivery.canonical)) return passed
  return heldBack(delivery, rule, size, catalogue, nowMs) ?? passed
}

/** Why a transition waits: one before it of the same person is being sent. */
export const EARLIER_UNDER_WAY = 'earlier_under_way'
const ORDER_CHECK_MS = 2_000

// Released as soon as the audience is large enough (store/transitions.ts); this is for the one whose release was missed.
const SIZE_CHECK_MS = 10 * 60 * 1000

function heldBack(
  delivery: ClaimedDelivery,
  rule: AudienceRule,
  size: number,
  catalogue: ConsentCatalogue,
  nowMs: number,
): DeliveryResult | null {
  if (size < rule.minimumSize) {
    const evidence = { members: size, minimum_size: rule.minimumSize }
    return { kind: 'held', reason: BELOW_MINIMUM, until: new Date(nowMs + SIZE_CHECK_MS), evidence }
  }
  if (!rule.consent) return null
  const { canonical, consents, receivedAt } = delivery
  const subject = underIds(catalogue, {
    snapshot: canonical.consent,
    occurredAt: canonical.occurred_at ?? receivedAt.toISOString(),
    messageId: canonical.message_id,
    statements: consents,
  })
  const consent = decideConsent(rule.consent, subject)
  const evidence = {
    consent: { state: consent.state, evidence: consent.evidence as unknown as JsonObject[] },
  }
  if (consent.verdict === 'send') return null
  if (consent.verdict === 'deny') return { kind: 'filtered', reason: 'consent_denied', evidence }
  const until = receivedAt.getTime() + rule.consent.holdMs
  return until <= nowMs
    ? { kind: 'filtered', reason: 'consent_unknown', evidence }
    : { kind: 'held', reason: 'consent_unknown', until: new Date(until), evidence }
}
