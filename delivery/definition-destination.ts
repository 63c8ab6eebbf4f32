// A destination that runs an actions-core definition: what decide.ts lets through goes out in groups, and what became of each is
// told. Everything is compiled when the destination is made; nothing is interpreted per event.

import type { DestinationFile } from '../core/destination-schema.ts'
import { createMatchCoverage } from '../core/identity-fields/match-coverage.ts'
import type { JsonObject } from '../core/json.ts'
import { redactAnswer } from '../core/redact.ts'
import { leavesDoubt } from '../core/replay.ts'
import type { Attempt, ClaimedDelivery } from '../store/deliveries.ts'
import { EVENTS_A_TURN, turn } from '../store/turns.ts'
import { createDecide, type DecideOptions, type Decision, type Subscription } from './decide.ts'
import type { Deliver, DeliveryResult, Destination } from './destination.ts'
import { CONFIRMERS } from './host/confirmers.ts'
import { maskOutcome } from './host/mask-secrets.ts'
import { createRequestClient, type Exchange } from './host/request-client.ts'
import { createRequestTurns } from './host/request-turns.ts'
import { runAuthorised } from './host/run-authorised.ts'
import type { Outcome, RunOptions, runDefinition } from './host/run-definition.ts'
import type { TokenSource } from './host/token-source.ts'
import { MATCH_PLATFORMS } from './match-platforms.ts'
import { recordedPayload } from './recorded-payload.ts'
import type { Transport } from './transport.ts'

export interface DefinitionOptions extends DecideOptions {
  readonly name: string
  /** Of a definition that signs in with OAuth 2. */
  readonly tokens: TokenSource | undefined
  readonly transport: Transport
  /** Runs the action; a preview brings one that sends nothing. Default runDefinition. */
  readonly run?: typeof runDefinition
}

/** Delivers a list of events, by position. Never rejects for what an event or the platform does. */
export function createDefinitionDelivery(options: DefinitionOptions): Deliver {
  const decide = createDecide(options)
  const estimated = createEstimate(options)
  const turns = createRequestTurns(options.file.limits.concurrency, options.clock)
  return async (deliveries) => {
    const beginBy = options.clock.now() + timeoutOf(options)
    const shares: Share[] = []
    for (const [place, delivery] of deliveries.entries()) {
      if (place > 0 && place % EVENTS_A_TURN === 0) await turn()
      for (const decision of decide(delivery))
        shares.push({ place, decision: estimated(decision, delivery) })
    }
    const decisions = shares.map(({ decision }) => decision)
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

interface Share {
  readonly place: number
  readonly decision: Decision
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

// How well the platform can match the event to a person, for platforms that do: kept with the decision.
function createEstimate({ file }: DefinitionOptions) {
  const platform = MATCH_PLATFORMS[file.definition]
  const coverage = platform && createMatchCoverage(platform)
  return (decision: Decision, { canonical, canonicalUserId }: ClaimedDelivery): Decision => {
    if (!coverage || decision.kind !== 'send') return decision
    const { score, missing } = coverage({ ...canonical, canonical_user_id: canonicalUserId })
    const match = { score, missing: [...missing] }
    return { ...decision, evidence: { ...decision.evidence, match } }
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
  run: Pick<RunOptions, 'turns' | 'beginBy'>,
): Promise<DeliveryResult[]> {
  const { clock, hosted, transport, file } = options
  // Before anything is sent: a fault of ours after it would have the events sent again.
  const recorded: object[] = []
  for (const payload of group.payloads) {
    if (recorded.length > 0 && recorded.length % EVENTS_A_TURN === 0) await turn()
    recorded.push(recordedPayload(payload))
  }
  const startedAt = clock.now()
  const outcomes = await runAuthorised(
    options.tokens,
    {
      hosted,
      action: group.subscription.action,
      transport,
      clock,
      timeoutMs: timeoutOf(options),
      ...run,
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
