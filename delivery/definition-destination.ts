// A destination that runs an actions-core definition: which events are meant for it, with whose consent, in which form,
// and what became of each. Everything is compiled when the destination is made; nothing is interpreted per event.
import { AUDIENCE_EXITED, isRemoval, UNCHANGED } from '../core/audience-transition.ts'
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
import { messageOf, TrackLayerError } from '../core/errors.ts'
import { createMatchCoverage } from '../core/identity-fields/match-coverage.ts'
import type { JsonObject } from '../core/json.ts'
import { type CompiledMapping, compileMapping } from '../core/mapping-kit/compile-mapping.ts'
import { type CompiledTrigger, compileTrigger } from '../core/mapping-kit/compile-trigger.ts'
import { createPlatformConsent } from '../core/platform-consent.ts'
import { redactAnswer } from '../core/redact.ts'
import { leavesDoubt, type RepeatRule, recognises, repeatRuleOf } from '../core/replay.ts'
import type { Attempt, ClaimedDelivery } from '../store/deliveries.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import { CONFIRMERS } from './host/confirmers.ts'
import { type HostedAction, type HostedDefinition, hostAction } from './host/hosted-definition.ts'
import { maskOutcome } from './host/mask-secrets.ts'
import { createRequestClient, type Exchange } from './host/request-client.ts'
import { createRequestTurns } from './host/request-turns.ts'
import { runAuthorised } from './host/run-authorised.ts'
import type { Outcome, RunOptions, runDefinition } from './host/run-definition.ts'
import type { TokenSource } from './host/token-source.ts'
import { MATCH_PLATFORMS } from './match-platforms.ts'
import { recordedPayload } from './recorded-payload.ts'
import { removals, withdrawn } from './told.ts'
import type { Transport } from './transport.ts'

export interface DefinitionOptions {
  readonly name: string
  readonly file: DestinationFile
  readonly hosted: HostedDefinition
  /** Of a definition that signs in with OAuth 2. */
  readonly tokens: TokenSource | undefined
  readonly catalogue: ConsentCatalogue
  readonly transport: Transport
  readonly clock: Clock
  /** Runs the action; a preview brings one that sends nothing. Default runDefinition. */
  readonly run?: typeof runDefinition
}

// What a trigger is evaluated with, besides the event.
interface TriggerContext {
  readonly audiences: ReadonlySet<string>
}

const NO_NAMES: ReadonlySet<string> = new Set()

const HOST_FUNCTIONS = {
  in_audience: (context: unknown, name: unknown) =>
    typeof name === 'string' && (context as TriggerContext).audiences.has(name),
}

/** A trigger or a consent condition; it may ask for audiences. */
export function compileCondition(fql: string): CompiledTrigger {
  return compileTrigger(fql, { functions: HOST_FUNCTIONS })
}

/** What a condition is evaluated with, besides the event. */
export function conditionContext({ audiences }: ClaimedDelivery): TriggerContext {
  return { audiences: audiences?.names ?? NO_NAMES }
}

/** True when a file's triggers, consent rule or mappings ask which audiences a person is in. */
export function readsAudiences({ subscriptions, consent, mapping }: DestinationFile): boolean {
  const conditions = [...subscriptions.map(({ trigger }) => trigger), consent?.when ?? '']
  const mappings = [mapping, ...subscriptions.map((subscription) => subscription.mapping)]
  return (
    conditions.some((fql) => fql.includes('in_audience')) ||
    mappings.some((each) => readsPath(each, /\$\.audiences\b/))
  )
}

function readsPath(mapping: JsonObject, path: RegExp): boolean {
  return path.test(JSON.stringify(mapping))
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
      readonly countsTwice: boolean
    }
  | Extract<DeliveryResult, { kind: 'filtered' | 'held' | 'failed' }>

/** Delivers a list of events, by position. Never rejects for what an event or the platform does. */
export function createDefinitionDelivery(
  options: DefinitionOptions,
): (deliveries: readonly ClaimedDelivery[]) => Promise<DeliveryResult[]> {
  const subscriptions = options.file.subscriptions.map((subscription) =>
    compile(options, subscription),
  )
  const compiled = {
    subscriptions,
    needsConsent: consentCondition(options.file),
    platformConsent: createPlatformConsent(options.catalogue),
    rule: repeatRuleOf(options.file),
  }
  const estimate = createEstimate(options)
  const turns = createRequestTurns(options.file.limits.concurrency, options.clock)
  return async (deliveries) => {
    const beginBy = options.clock.now() + timeoutOf(options)
    const shares = deliveries.flatMap((delivery, place) =>
      decideAll(options, compiled, delivery).map((decision) => ({ place, decision, delivery })),
    )
    const decisions = shares.map(({ decision, delivery }) => {
      if (decision.kind !== 'send') return decision
      return { ...decision, evidence: { ...decision.evidence, ...estimate(delivery) } }
    })
    const results: DeliveryResult[] = decisions.map((decision) =>
      decision.kind === 'send' ? { kind: 'filtered', reason: 'not_sent' } : decision,
    )
    // Side by side, as far as the destination's concurrency goes: one after the other they would outlive the lease.
    const deliverGroup = async (group: Group) => {
      const sent = await send(options, group, { turns, beginBy })
      group.places.forEach((place, at) => {
        results[place] = sent[at] as DeliveryResult
      })
    }
    await Promise.all(groupsOf(decisions, options.hosted.rules !== null).map(deliverGroup))
    return foldShares(
      deliveries.length,
      shares.map(({ place }) => place),
      results,
    )
  }
}

// A removal may go out in several forms of one person, and is done when each that the platform could read is.
function foldShares(
  count: number,
  places: readonly number[],
  results: readonly DeliveryResult[],
): DeliveryResult[] {
  const folded: DeliveryResult[] = []
  results.forEach((result, at) => {
    const place = places[at] as number
    const known = folded[place]
    if (!known || weightOf(result) > weightOf(known)) folded[place] = result
  })
  if (folded.length !== count)
    throw new Error(`${count} deliveries brought ${folded.length} results`)
  return folded
}

function weightOf(result: DeliveryResult): number {
  if (result.kind === 'failed') return result.retryable ? 4 : 1
  return { filtered: 0, delivered: 2, held: 3, unknown: 3 }[result.kind]
}

function decideAll(
  options: DefinitionOptions,
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

// How well the platform can match the event to a person, for platforms that do: kept with the decision.
function createEstimate({ file }: DefinitionOptions): (delivery: ClaimedDelivery) => JsonObject {
  const platform = MATCH_PLATFORMS[file.definition]
  if (!platform) return () => ({})
  const coverage = createMatchCoverage(platform)
  return ({ canonical, canonicalUserId }) => {
    const { score, missing } = coverage({ ...canonical, canonical_user_id: canonicalUserId })
    return { match: { score, missing: [...missing] } }
  }
}

function timeoutOf({ file }: Pick<DefinitionOptions, 'file'>): number {
  return file.limits.timeout_seconds * 1000
}

/** Asks what became of a request; undefined for a platform whose answers are final. */
export function createConfirm({
  file,
  hosted,
  tokens,
  transport,
}: DefinitionOptions): Destination['confirm'] {
  const confirmer = CONFIRMERS[file.definition]
  if (!confirmer) return undefined
  const timeoutMs = timeoutOf({ file })
  const request = createRequestClient({ transport, timeoutMs, defaults: {}, onAnswer: () => {} })
  return async (receipt) => {
    const accessToken = (await tokens?.current())?.accessToken
    return confirmer(request, hosted.settings, accessToken, receipt)
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
  readonly subscriptions: readonly Subscription[]
  readonly needsConsent: CompiledTrigger
  readonly platformConsent: ReturnType<typeof createPlatformConsent>
  readonly rule: RepeatRule | null
}

// Removals from audiences never wait for consent; for the rest the file may say when consent is asked for.
function consentCondition({ consent }: DestinationFile): CompiledTrigger {
  const when = consent?.when === undefined ? () => true : compileCondition(consent.when)
  return (event, context) => event.tracklayer_event !== AUDIENCE_EXITED && when(event, context)
}

// In this order: what is not meant for the destination needs no consent and is never held for it.
function decide(
  { file, clock, catalogue }: DefinitionOptions,
  { subscriptions, needsConsent, platformConsent, rule }: Compiled,
  delivery: ClaimedDelivery,
): Decision {
  const { canonical } = delivery
  const plain = canonical as unknown as JsonObject
  const context = conditionContext(delivery)
  const subscription = subscriptions.find(({ matches }) => matches(plain, context))
  if (!subscription) return { kind: 'filtered', reason: 'trigger' }
  const occurredAt = canonical.occurred_at ?? delivery.receivedAt.toISOString()
  if (file.max_age !== undefined && clock.now() - Date.parse(occurredAt) > file.max_age) {
    return { kind: 'filtered', reason: 'too_old' }
  }
  const subject = underIds(catalogue, subjectOf(delivery, occurredAt))
  const policy = needsConsent(plain, context) ? policyOf(file) : NO_POLICY
  const consent = decideConsent(policy, subject)
  const evidence = evidenceOf(consent, canonical, subscription)
  if (consent.verdict === 'deny') return { kind: 'filtered', reason: 'consent_denied', evidence }
  if (consent.verdict === 'hold') return hold(file, delivery, clock, evidence)
  if (delivery.membership?.isUnchanged && !isRemoval(canonical))
    return { kind: 'filtered', reason: UNCHANGED, evidence }
  const platform = platformConsent(subject)
  const envelope = {
    ...plain,
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
  /** By position: whether what may have arrived must not be sent again. */
  readonly countsTwice: boolean[]
}

const EMPTY = () => ({ places: [], payloads: [], evidence: [], countsTwice: [] })

interface SentGroup extends Group {
  /** By position, as the attempts keep them. */
  readonly recorded: readonly object[]
}

// One request holds one action and one value of each batch key: the package's own rule, kept by the host (destinations.md
// 0.5). Its definitions take the target, and some of them consent, from the first event of a batch.
function groupsOf(decisions: readonly Decision[], isPackage: boolean): Group[] {
  const groups = new Map<string, Group>()
  decisions.forEach((decision, place) => {
    if (decision.kind !== 'send') return
    const { subscription, payload, evidence, consent, countsTwice } = decision
    const { slug, batchKeys, extras } = subscription.action
    const key = JSON.stringify([
      slug,
      extras,
      batchKeys?.map((name) => payload[name] ?? null) ?? place,
      isPackage ? consent : null,
    ])
    const group = groups.get(key) ?? { subscription, ...EMPTY() }
    group.places.push(place)
    group.payloads.push(payload)
    group.evidence.push(evidence)
    group.countsTwice.push(countsTwice)
    groups.set(key, group)
  })
  return [...groups.values()]
}

async function send(
  options: DefinitionOptions,
  group: Group,
  turn: Pick<RunOptions, 'turns' | 'beginBy'>,
): Promise<DeliveryResult[]> {
  const { clock, hosted, transport, file } = options
  // Before anything is sent: a fault of ours after it would have the events sent again.
  const recorded = group.payloads.map((payload) => recordedPayload(payload))
  const startedAt = clock.now()
  const outcomes = await runAuthorised(
    options.tokens,
    {
      hosted,
      action: group.subscription.action,
      transport,
      clock,
      timeoutMs: timeoutOf(options),
      ...turn,
      ...(file.addresses ? { addresses: file.addresses } : {}),
    },
    group.payloads,
    options.run,
  )
  const durationMs = Math.round(clock.now() - startedAt)
  const timing = { startedAt: new Date(startedAt), durationMs }
  return outcomes.map((outcome, at) =>
    resultOf(maskOutcome(outcome, hosted.secrets), file, timing, { ...group, recorded }, at),
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
    const attempt = attemptOf(timing, exchange, group, at, null)
    const { receipt } = outcome
    if (!receipt || !CONFIRMERS[file.definition]) return { kind: 'delivered', attempt, evidence }
    const confirmation = { state: 'taken_in', receipt }
    return { kind: 'delivered', attempt, receipt, evidence: { ...evidence, confirmation } }
  }
  const { failure } = outcome
  const attempt = attemptOf(timing, exchange, group, at, failure.reason)
  if (group.countsTwice[at] && mayHaveArrived(outcome)) {
    return { kind: 'unknown', reason: failure.reason, attempt, evidence }
  }
  return {
    kind: 'failed',
    reason: failure.reason,
    retryable: failure.retryable,
    isOutage: failure.isOutage,
    isCredential: failure.isCredential,
    ...(failure.isAudience ? { isAudience: true } : {}),
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    attempt,
    evidence,
  }
}

// A gateway's 504 may stand before a platform that has counted the event.
function mayHaveArrived({ failure, exchange }: Extract<Outcome, { kind: 'failed' }>): boolean {
  const { status, isAnswerLost } = failure
  return isAnswerLost || (exchange !== null && status !== null && leavesDoubt(status))
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
    action: subscription.action.slug,
    events: payloads.length,
    ...recorded[at],
  }
  const response =
    payload && payloads.length === 1 && exchange ? redactAnswer(exchange.response, payload) : null
  return { ...timing, status, error, request, response }
}
