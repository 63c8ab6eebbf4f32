// What is to be done with an event at a destination that runs a definition: whether it is meant for it, with whose consent, and
// in which form it is sent. Pure but for the clock.
import { isRemoval, UNCHANGED } from '../core/audience-transition.ts'
import type { Clock } from '../core/clock.ts'
import type { ConsentCatalogue } from '../core/consent-catalogue.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { type CompiledMapping, compileMapping } from '../core/mapping-kit/compile-mapping.ts'
import type { CompiledTrigger } from '../core/mapping-kit/compile-trigger.ts'
import { createPlatformConsent } from '../core/platform-consent.ts'
import { type RepeatRule, recognises, repeatRuleOf } from '../core/replay.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import { compileCondition, firstMatch } from './conditions.ts'
import type { DeliveryResult } from './destination.ts'
import { createGate, type Gate } from './gate.ts'
import { type HostedAction, type HostedDefinition, hostAction } from './host/hosted-definition.ts'
import { removals, withdrawn } from './told.ts'

export interface DecideOptions {
  readonly file: DestinationFile
  readonly hosted: HostedDefinition
  readonly catalogue: ConsentCatalogue
  readonly clock: Clock
}

export interface Subscription {
  readonly name: string
  readonly action: HostedAction
  readonly matches: CompiledTrigger
  readonly map: CompiledMapping
}

export type Decision =
  | {
      readonly kind: 'send'
      readonly subscription: Subscription
      readonly payload: JsonObject
      /** Of the person, in the platforms' words: a request of the package's may state the first event's for all. */
      readonly consent: JsonObject
      readonly evidence: JsonObject
      readonly countsTwice: boolean
    }
  | Extract<DeliveryResult, { kind: 'filtered' | 'held' | 'failed' }>

/**
 * Decides on one delivery; a removal from an audience may go out in several forms of one person.
 * @throws TrackLayerError SETTINGS_INVALID or MAPPING_INVALID naming the subscription and the fix, when it is made
 */
export function createDecide(options: DecideOptions): (delivery: ClaimedDelivery) => Decision[] {
  const subscriptions = options.file.subscriptions.map((each) => compile(options, each))
  const compiled: Compiled = {
    gate: createGate({
      ...options,
      subscriptionOf: (delivery) => firstMatch(subscriptions, delivery),
    }),
    platformConsent: createPlatformConsent(options.catalogue),
    rule: repeatRuleOf(options.file),
  }
  return (delivery) => decideAll(options, compiled, delivery)
}

function decideAll(
  options: DecideOptions,
  compiled: Compiled,
  delivery: ClaimedDelivery,
): Decision[] {
  if (isRemoval(delivery.canonical))
    return removals(delivery).map((each) => decide(options, compiled, each))
  const decision = decide(options, compiled, delivery)
  const isDenied = decision.kind === 'filtered' && decision.reason === 'consent_denied'
  const removal = isDenied ? withdrawn(delivery) : null
  if (!removal) return [decision]
  const denied = decision.kind === 'filtered' ? decision.evidence : {}
  return decideAll(options, compiled, removal).map((each) => ({
    ...each,
    evidence: { ...each.evidence, ...denied, sent_as: 'exited' },
  }))
}

function compile(
  { file, hosted }: DecideOptions,
  subscription: DestinationFile['subscriptions'][number],
): Subscription {
  try {
    const mapping = { ...file.mapping, ...subscription.mapping }
    const action = hostAction(hosted, subscription, mapping, file.limits.batch_size)
    assertBatchable(file, action)
    const { name, trigger } = subscription
    return { name, action, matches: compileCondition(trigger), map: compileMapping(mapping) }
  } catch (error) {
    if (!(error instanceof TrackLayerError)) throw error
    const message = `subscription "${subscription.name}": ${error.message}`
    throw new TrackLayerError(error.code, message, { cause: error })
  }
}

function assertBatchable({ limits }: DestinationFile, { slug, batchKeys }: HostedAction): void {
  if (batchKeys !== null || limits.batch_size === 1) return
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `action "${slug}" is not known to be safe in batches; set limits.batch_size: 1, or, if it can batch, name under batch_keys the payload fields that must be equal within one request`,
  )
}

interface Compiled {
  readonly gate: Gate<Subscription>
  readonly platformConsent: ReturnType<typeof createPlatformConsent>
  readonly rule: RepeatRule | null
}

function decide(
  { file, clock }: DecideOptions,
  { gate, platformConsent, rule }: Compiled,
  delivery: ClaimedDelivery,
): Decision {
  const { canonical } = delivery
  const passage = gate(delivery)
  if (passage.kind !== 'passed') return passage
  const { subscription, subject, evidence } = passage
  if (delivery.membership?.isUnchanged && !isRemoval(canonical))
    return { kind: 'filtered', reason: UNCHANGED, evidence }
  const platform = platformConsent(subject)
  const envelope = {
    ...(canonical as unknown as JsonObject),
    canonical_user_id: delivery.canonicalUserId,
    platform_consent: platform,
    ...(delivery.audiences ? { audiences: delivery.audiences.ids } : {}),
  }
  try {
    const payload = subscription.map(envelope)
    const countsTwice =
      file.when_answer_lost === 'unknown' && !recognises(rule, canonical.tracklayer_event)
    return { kind: 'send', subscription, payload, consent: platform, evidence, countsTwice }
  } catch (error) {
    return unmappable(error, subscription, clock, evidence)
  }
}

// One event that the mapping stumbles over must not cost its neighbours in the batch.
function unmappable(
  error: unknown,
  { action }: Subscription,
  clock: Clock,
  evidence: JsonObject,
): Decision {
  if (!(error instanceof TrackLayerError)) throw error
  const reason = messageOf(error)
  const attempt = {
    startedAt: new Date(clock.now()),
    durationMs: 0,
    status: null,
    error: reason,
    request: { action: action.slug },
    response: null,
  }
  return { kind: 'failed', reason, retryable: false, attempt, evidence }
}
