// What a destination was told of a person's membership before, and what it may therefore hold. An attempt without a good
// answer may have been taken all the same, so "may" and "surely" are two questions.
import { asRemoval, isRemoval, isTransition } from '../core/audience-transition.ts'
import type { CanonicalUser } from '../core/canonical-event.ts'
import type { ClaimedDelivery, ClaimedMembership, ToldEarlier } from '../store/deliveries.ts'

type Told = Pick<ClaimedMembership, 'told'>

/** What was sent since the last removal that the destination answered well. */
function sinceRemoval({ told }: Told): readonly ToldEarlier[] {
  const removed = told.findIndex(({ as, state }) => as === 'exited' && state === 'delivered')
  return removed === -1 ? told : told.slice(0, removed)
}

/** True when the destination may have the person, so that a refusal of consent has to take them off. */
export function mayBeInside(membership: Told | undefined): boolean {
  return membership !== undefined && sinceRemoval(membership).some(({ as }) => as === 'entered')
}

/** True when the last thing the remote audience was told, and answered well, is that the person is in it. */
export function isSurelyInside({ told: [last] }: Told, remote: string | null): boolean {
  return last?.as === 'entered' && last.state === 'delivered' && last.remote === remote
}

/**
 * A removal once for each form in which the person was added: under another address, or as somebody who has been merged
 * into this person since. The first is the delivery itself.
 */
export function removals(delivery: ClaimedDelivery): ClaimedDelivery[] {
  const { canonical, membership } = delivery
  if (!membership || !isRemoval(canonical)) return [delivery]
  const forms = new Map([[keyOf(canonical.user), delivery]])
  for (const { as, state, user } of sinceRemoval(membership)) {
    // What was refused for good is not there; it would be refused again.
    if (as !== 'entered' || state === 'dead' || forms.has(keyOf(user))) continue
    forms.set(keyOf(user), { ...delivery, canonical: { ...canonical, user } })
  }
  return [...forms.values()]
}

function keyOf(user: CanonicalUser): string {
  return JSON.stringify(Object.entries(user).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The delivery as the removal that a refusal makes of it; null when the destination cannot have the person. */
export function withdrawn(delivery: ClaimedDelivery): ClaimedDelivery | null {
  const { canonical, membership } = delivery
  if (!isTransition(canonical) || isRemoval(canonical) || !mayBeInside(membership)) return null
  return { ...delivery, canonical: asRemoval(canonical) }
}
