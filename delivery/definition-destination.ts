// A destination that runs an actions-core definition: which events are meant for it, with whose consent, in which form,
// and what became of each. Everything is compiled when the destination is made; nothing is interpreted per event.
import type { CanonicalEvent } from '../core/canonical-event.ts'
import type { Clock } from '../core/clock.ts'
import {
  type ConsentDecision,
  type ConsentPolicy,
  type ConsentSubject,
  decideConsent,
} from '../core/consent.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { type CompiledMapping, compileMapping } from '../core/mapping-kit/compile-mapping.ts'
import { type CompiledTrigger, compileTrigger } from '../core/mapping-kit/compile-trigger.ts'
import { platformConsent } from '../core/platform-consent.ts'
import { redactAnswer } from '../core/redact.ts'
import type { Attempt, ClaimedDelivery } from '../store/deliveries.ts'
import type { DeliveryResult } from './destination.ts'
import { failureOf } from './host/failure.ts'
import { type HostedAction, type HostedDefinition, hostAction } from './host/hosted-definition.ts'
import { maskSecrets } from './host/mask-secrets.ts'
import type { Exchange } from './host/request-client.ts'
import { type Outcome, type RunOptions, runDefinition } from './host/run-definition.ts'
import type { Transport } from './transport.ts'

export interface DefinitionOptions {
  readonly name: string
  readonly file: DestinationFile
  readonly hosted: HostedDefinition
  /** Gives a valid access token for a definition that signs in with OAuth 2. */
  readonly auth: (() => Promise<RunOptions['auth']>) | undefined
  readonly transport: Transport
  readonly clock: Clock
}

interface Subscription {
  readonly name: string
  readonly action: HostedAction
  readonly matches: CompiledTrigger
  readonly map: CompiledMapping
}

type Decision =
  | {
      readonly kind: 'send'
      readonly subscription: Subscription
      readonly payload: JsonObject
      /** Of the person, in the platforms' words: a request of the package's may state the first event's for all. */
      readonly consent: JsonObject
      readonly evidence: JsonObject
    }
  | Extract<DeliveryResult, { kind: 'filtered' | 'held' | 'failed' }>

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
    // Side by side: one after the other they would outlive the lease of the claim.
    const deliverGroup = async (group: Group) => {
      const sent = await send(options, group)
      group.places.forEach((place, at) => {
        results[place] = sent[at] as DeliveryResult
      })
    }
    await Promise.all(groupsOf(decisions, options.hosted.rules !== null).map(deliverGroup))
    return results
  }
}

/** @throws TrackLayerError SETTINGS_INVALID or MAPPING_INVALID naming the subscription and the fix */
function compile(
  { file, hosted }: DefinitionOptions,
  subscription: DestinationFile['subscriptions'][number],
): Subscription {
  try {
    const mapping = { ...file.mapping, ...subscription.mapping }
    const action = hostAction(hosted, subscription, mapping, file.limits.batch_size)
    assertBatchable(file, action)
    const { name, trigger } = subscription
    return { name, action, matches: compileTrigger(trigger), map: compileMapping(mapping) }
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
  const platform = platformConsent(subject)
  const envelope = {
    ...plain,
    canonical_user_id: delivery.canonicalUserId,
    platform_consent: platform,
  }
  try {
    const payload = subscription.map(envelope)
    return { kind: 'send', subscription, payload, consent: platform, evidence }
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

// One request holds one action and one value of each batch key: the package's own rule, kept by the host (destinations.md
// 0.5). Its definitions take the target, and some of them consent, from the first event of a batch.
function groupsOf(decisions: readonly Decision[], isPackage: boolean): Group[] {
  const groups = new Map<string, Group>()
  decisions.forEach((decision, place) => {
    if (decision.kind !== 'send') return
    const { subscription, payload, evidence, consent } = decision
    const { slug, batchKeys, extras } = subscription.action
    const key = JSON.stringify([
      slug,
      extras,
      batchKeys?.map((name) => payload[name] ?? null) ?? place,
      isPackage ? consent : null,
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
  const { clock } = options
  const startedAt = clock.now()
  const { outcomes, secrets } = await outcomesOf(options, group)
  const durationMs = Math.round(clock.now() - startedAt)
  const timing = { startedAt: new Date(startedAt), durationMs }
  return outcomes.map((outcome, at) =>
    resultOf(shown(outcome, secrets), options.file, timing, group, at),
  )
}

async function outcomesOf(
  { hosted, auth: signIn, transport, clock, file }: DefinitionOptions,
  { subscription, payloads }: Group,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly secrets: readonly string[] }> {
  let auth: RunOptions['auth']
  try {
    auth = await signIn?.()
  } catch (error) {
    return { outcomes: payloads.map(() => notSignedIn(error)), secrets: hosted.secrets }
  }
  const run = {
    hosted,
    action: subscription.action,
    auth,
    transport,
    clock,
    timeoutMs: file.limits.timeout_seconds * 1000,
    addresses: file.addresses,
  }
  const tokens = auth ? [auth.accessToken, auth.refreshToken] : []
  return { outcomes: await runDefinition(run, payloads), secrets: [...hosted.secrets, ...tokens] }
}

// A token endpoint refuses with 400 (RFC 6749, 5.2) what is a matter of the credential.
function notSignedIn(error: unknown): Outcome {
  const failure = failureOf(error)
  const isCredential = failure.isCredential || !failure.retryable
  const reason = `no access token: ${failure.reason}`
  // Nothing of the event was sent yet.
  const mended = { ...failure, reason, retryable: true, isAnswerLost: false, isCredential }
  return { kind: 'failed', failure: { ...mended, isOutage: !isCredential }, exchange: null }
}

function shown(outcome: Outcome, secrets: readonly string[]): Outcome {
  const mask = (text: string) => maskSecrets(text, secrets)
  const { exchange } = outcome
  const masked = exchange && {
    ...exchange,
    url: mask(exchange.url),
    response: mask(exchange.response),
  }
  if (outcome.kind === 'accepted') return { ...outcome, exchange: masked }
  const failure = { ...outcome.failure, reason: mask(outcome.failure.reason) }
  return { ...outcome, failure, exchange: masked }
}

function resultOf(
  outcome: Outcome,
  file: DestinationFile,
  timing: Pick<Attempt, 'startedAt' | 'durationMs'>,
  group: Group,
  at: number,
): DeliveryResult {
  const evidence = group.evidence[at] ?? {}
  const { exchange } = outcome
  if (outcome.kind === 'accepted') {
    return { kind: 'delivered', attempt: attemptOf(timing, exchange, group, null), evidence }
  }
  const { failure } = outcome
  const attempt = attemptOf(timing, exchange, group, failure.reason)
  if (failure.isAnswerLost && file.when_answer_lost === 'unknown') {
    return { kind: 'unknown', reason: failure.reason, attempt, evidence }
  }
  return {
    kind: 'failed',
    reason: failure.reason,
    retryable: failure.retryable,
    isOutage: failure.isOutage,
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
  { payloads, subscription }: Group,
  error: string | null,
): Attempt {
  const { method = null, url = null, bytes = null, status = null } = exchange ?? {}
  const request = { method, url, bytes, action: subscription.action.slug, events: payloads.length }
  const [payload] = payloads
  const response =
    payload && payloads.length === 1 && exchange ? redactAnswer(exchange.response, payload) : null
  return { ...timing, status, error, request, response }
}
