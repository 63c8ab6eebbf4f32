// A destination that runs an actions-core definition: which events are meant for it, with whose consent, in which form,
// and what became of each. Everything is compiled when the destination is made; nothing is interpreted per event.
import type { DestinationDefinition } from '@segment/actions-core'
import type { CanonicalEvent } from '../core/canonical-event.ts'
import type { Clock } from '../core/clock.ts'
import {
  type ConsentDecision,
  type ConsentPolicy,
  type ConsentSubject,
  decideConsent,
} from '../core/consent.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { type CompiledMapping, compileMapping } from '../core/mapping-kit/compile-mapping.ts'
import { type CompiledTrigger, compileTrigger } from '../core/mapping-kit/compile-trigger.ts'
import { platformConsent } from '../core/platform-consent.ts'
import { redactAnswer } from '../core/redact.ts'
import type { Attempt, ClaimedDelivery } from '../store/deliveries.ts'
import type { DeliveryResult } from './destination.ts'
import type { Exchange } from './host/request-client.ts'
import { type Outcome, type RunOptions, runDefinition } from './host/run-definition.ts'
import { recordedPayload } from './recorded-payload.ts'
import type { Transport } from './transport.ts'

export interface DefinitionOptions {
  readonly name: string
  readonly file: DestinationFile
  readonly settings: Readonly<Record<string, string>>
  readonly definition: DestinationDefinition<never>
  /** Gives a valid access token for a definition that signs in with OAuth 2. */
  readonly auth: (() => Promise<RunOptions['auth']>) | undefined
  readonly transport: Transport
  readonly clock: Clock
  /** Runs the action; a preview brings one that sends nothing. Default runDefinition. */
  readonly run?: typeof runDefinition
}

interface Subscription {
  readonly name: string
  readonly action: string
  readonly matches: CompiledTrigger
  readonly map: CompiledMapping
  readonly batchKeys: readonly string[]
}

type Decision =
  | {
      readonly kind: 'send'
      readonly subscription: Subscription
      readonly payload: JsonObject
      readonly evidence: JsonObject
    }
  | Extract<DeliveryResult, { kind: 'filtered' | 'held' }>

/** Delivers a list of events, by position. Never rejects for what an event or the platform does. */
export function createDefinitionDelivery(
  options: DefinitionOptions,
): (deliveries: readonly ClaimedDelivery[]) => Promise<DeliveryResult[]> {
  const subscriptions = options.file.subscriptions.map((subscription) =>
    compile(options, subscription),
  )
  return async (deliveries) => {
    const decisions = deliveries.map((delivery) => decide(options, subscriptions, delivery))
    const results: DeliveryResult[] = decisions.map((decision) =>
      decision.kind === 'send' ? { kind: 'filtered', reason: 'not_sent' } : decision,
    )
    for (const group of groupsOf(decisions)) {
      const sent = await send(options, group)
      group.places.forEach((place, at) => {
        results[place] = sent[at] as DeliveryResult
      })
    }
    return results
  }
}

function compile(
  { name, file, definition }: DefinitionOptions,
  subscription: DestinationFile['subscriptions'][number],
): Subscription {
  const action = definition.actions[subscription.action]
  if (!action) {
    const known = Object.keys(definition.actions).join(', ')
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `Destination "${name}", subscription "${subscription.name}": no action "${subscription.action}"; want one of ${known}`,
    )
  }
  const { batch_keys: keys } = action.fields as { batch_keys?: { default?: unknown } }
  return {
    name: subscription.name,
    action: subscription.action,
    matches: compileTrigger(subscription.trigger),
    map: compileMapping({ ...file.mapping, ...subscription.mapping }),
    batchKeys: Array.isArray(keys?.default) ? keys.default.map(String) : [],
  }
}

// In this order: what is not meant for the destination needs no consent and is never held for it.
function decide(
  { file, clock }: DefinitionOptions,
  subscriptions: readonly Subscription[],
  delivery: ClaimedDelivery,
): Decision {
  const { canonical } = delivery
  const plain = canonical as unknown as JsonObject
  const subscription = subscriptions.find(({ matches }) => matches(plain))
  if (!subscription) return { kind: 'filtered', reason: 'trigger' }
  const occurredAt = canonical.occurred_at ?? delivery.receivedAt.toISOString()
  if (file.max_age !== undefined && clock.now() - Date.parse(occurredAt) > file.max_age) {
    return { kind: 'filtered', reason: 'too_old' }
  }
  const subject = subjectOf(delivery, occurredAt)
  const consent = decideConsent(policyOf(file), subject)
  const evidence = evidenceOf(consent, canonical, subscription)
  if (consent.verdict === 'deny') return { kind: 'filtered', reason: 'consent_denied', evidence }
  if (consent.verdict === 'hold') return hold(file, delivery, clock, evidence)
  const envelope = {
    ...plain,
    canonical_user_id: delivery.canonicalUserId,
    platform_consent: platformConsent(subject),
  }
  return { kind: 'send', subscription, payload: subscription.map(envelope), evidence }
}

function hold(
  { consent }: DestinationFile,
  { receivedAt }: ClaimedDelivery,
  clock: Clock,
  evidence: JsonObject,
): Decision {
  const until = receivedAt.getTime() + (consent?.hold ?? 0)
  if (until <= clock.now()) return { kind: 'filtered', reason: 'consent_unknown', evidence }
  return { kind: 'held', reason: 'consent_unknown', until: new Date(until), evidence }
}

const NO_POLICY: ConsentPolicy = { categories: [], require: 'all', unknown: 'allow' }

function policyOf({ consent }: DestinationFile): ConsentPolicy {
  return consent ?? NO_POLICY
}

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
  { name }: Subscription,
): JsonObject {
  return {
    consent: { state, evidence: evidence as unknown as JsonObject[] },
    subscription: name,
    mapping_version,
  }
}

interface Group {
  readonly subscription: Subscription
  readonly places: number[]
  readonly payloads: JsonObject[]
  readonly evidence: JsonObject[]
}

interface SentGroup extends Group {
  /** By position, as the attempts keep them. */
  readonly recorded: readonly object[]
}

// One request holds one action and one value of each batch key: the package's own rule, kept by the host (destinations.md 0.5).
function groupsOf(decisions: readonly Decision[]): Group[] {
  const groups = new Map<string, Group>()
  decisions.forEach((decision, place) => {
    if (decision.kind !== 'send') return
    const { subscription, payload, evidence } = decision
    const key = JSON.stringify([
      subscription.action,
      ...subscription.batchKeys.map((name) => payload[name] ?? null),
    ])
    const group = groups.get(key) ?? { subscription, places: [], payloads: [], evidence: [] }
    group.places.push(place)
    group.payloads.push(payload)
    group.evidence.push(evidence)
    groups.set(key, group)
  })
  return [...groups.values()]
}

async function send(options: DefinitionOptions, group: Group): Promise<DeliveryResult[]> {
  const { clock, definition, settings, transport, file } = options
  // Before anything is sent: a fault of ours after it would have the events sent again.
  const recorded = group.payloads.map(recordedPayload)
  const startedAt = clock.now()
  const outcomes = await (options.run ?? runDefinition)(
    {
      definition,
      action: group.subscription.action,
      settings,
      auth: await options.auth?.(),
      transport,
      timeoutMs: file.limits.timeout_seconds * 1000,
    },
    group.payloads,
  )
  const durationMs = Math.round(clock.now() - startedAt)
  return outcomes.map((outcome, at) =>
    resultOf(
      outcome,
      file,
      { startedAt: new Date(startedAt), durationMs },
      { ...group, recorded },
      at,
    ),
  )
}

function resultOf(
  outcome: Outcome,
  file: DestinationFile,
  timing: Pick<Attempt, 'startedAt' | 'durationMs'>,
  group: SentGroup,
  at: number,
): DeliveryResult {
  const evidence = group.evidence[at] ?? {}
  const { exchange } = outcome
  if (outcome.kind === 'accepted') {
    return { kind: 'delivered', attempt: attemptOf(timing, exchange, group, at, null), evidence }
  }
  const { failure } = outcome
  const attempt = attemptOf(timing, exchange, group, at, failure.reason)
  if (failure.isAnswerLost && file.when_answer_lost === 'unknown') {
    return { kind: 'unknown', reason: failure.reason, attempt, evidence }
  }
  return {
    kind: 'failed',
    reason: failure.reason,
    retryable: failure.retryable,
    isOutage: failure.retryable && !failure.isCredential,
    isCredential: failure.isCredential,
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    attempt,
    evidence,
  }
}

// A batch's answer speaks of many people: of it only what concerns the status is kept with each attempt.
function attemptOf(
  timing: Pick<Attempt, 'startedAt' | 'durationMs'>,
  exchange: Exchange | null,
  { payloads, recorded, subscription }: SentGroup,
  at: number,
  error: string | null,
): Attempt {
  const { method = null, url = null, bytes = null, status = null } = exchange ?? {}
  const payload = payloads[at]
  const request = {
    method,
    url,
    bytes,
    action: subscription.action,
    events: payloads.length,
    ...recorded[at],
  }
  const response =
    payload && payloads.length === 1 && exchange ? redactAnswer(exchange.response, payload) : null
  return { ...timing, status, error, request, response }
}
