// Whether an event is meant for a destination, young enough, and with whose consent: asked before anything is mapped or sent, of
// every kind of destination alike. Pure but for the clock.
import { AUDIENCE_EXITED } from '../core/audience-transition.ts'
import type { CanonicalEvent } from '../core/canonical-event.ts'
import type { Clock } from '../core/clock.ts'
import {
  type ConsentDecision,
  type ConsentPolicy,
  type ConsentSubject,
  decideConsent,
} from '../core/consent.ts'
import { type ConsentCatalogue, underIds } from '../core/consent-catalogue.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import type { JsonObject } from '../core/json.ts'
import type { CompiledTrigger } from '../core/mapping-kit/compile-trigger.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import { compileCondition, conditionContext } from './conditions.ts'
import type { DeliveryResult } from './destination.ts'

export interface GateOptions<Subscription> {
  readonly file: Pick<DestinationFile, 'consent' | 'max_age'>
  readonly catalogue: ConsentCatalogue
  readonly clock: Clock
  /** The subscription an event is for; undefined when it is not meant for the destination. */
  readonly subscriptionOf: (delivery: ClaimedDelivery) => Subscription | undefined
}

export type Passage<Subscription> =
  | {
      readonly kind: 'passed'
      readonly subscription: Subscription
      readonly subject: ConsentSubject
      readonly evidence: JsonObject
    }
  | Extract<DeliveryResult, { kind: 'filtered' | 'held' }>

export type Gate<Subscription> = (delivery: ClaimedDelivery) => Passage<Subscription>

/** @throws TrackLayerError MAPPING_INVALID for a consent condition that cannot be read */
export function createGate<Subscription extends { readonly name: string }>({
  file,
  catalogue,
  clock,
  subscriptionOf,
}: GateOptions<Subscription>): Gate<Subscription> {
  const needsConsent = consentCondition(file)
  // In this order: what is not meant for the destination needs no consent and is never held for it.
  return (delivery) => {
    const { canonical } = delivery
    const subscription = subscriptionOf(delivery)
    if (!subscription) return { kind: 'filtered', reason: 'trigger' }
    const occurredAt = canonical.occurred_at ?? delivery.receivedAt.toISOString()
    if (file.max_age !== undefined && clock.now() - Date.parse(occurredAt) > file.max_age)
      return { kind: 'filtered', reason: 'too_old' }
    const subject = underIds(catalogue, subjectOf(delivery, occurredAt))
    const isNeeded = needsConsent(canonical as unknown as JsonObject, conditionContext(delivery))
    const consent = decideConsent((isNeeded && file.consent) || NO_POLICY, subject)
    const evidence = evidenceOf(consent, canonical, subscription.name)
    if (consent.verdict === 'deny') return { kind: 'filtered', reason: 'consent_denied', evidence }
    if (consent.verdict === 'hold') return hold(file, delivery, clock, evidence)
    return { kind: 'passed', subscription, subject, evidence }
  }
}

// Removals from audiences never wait for consent; for the rest the file may say when consent is asked for.
function consentCondition({ consent }: GateOptions<unknown>['file']): CompiledTrigger {
  const when = consent?.when === undefined ? () => true : compileCondition(consent.when)
  return (event, context) => event.tracklayer_event !== AUDIENCE_EXITED && when(event, context)
}

function hold(
  { consent }: GateOptions<unknown>['file'],
  { receivedAt }: ClaimedDelivery,
  clock: Clock,
  evidence: JsonObject,
): Passage<never> {
  const until = receivedAt.getTime() + (consent?.hold ?? 0)
  if (until <= clock.now()) return { kind: 'filtered', reason: 'consent_unknown', evidence }
  return { kind: 'held', reason: 'consent_unknown', until: new Date(until), evidence }
}

const NO_POLICY: ConsentPolicy = { categories: [], require: 'all', unknown: 'allow' }

function subjectOf({ canonical, consents }: ClaimedDelivery, occurredAt: string): ConsentSubject {
  return {
    snapshot: canonical.consent,
    occurredAt,
    messageId: canonical.message_id,
    statements: consents,
  }
}

function evidenceOf(
  { state, evidence }: ConsentDecision,
  { mapping_version }: CanonicalEvent,
  subscription: string,
): JsonObject {
  return {
    consent: { state, evidence: evidence as unknown as JsonObject[] },
    subscription,
    mapping_version,
  }
}
