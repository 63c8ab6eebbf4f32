// Runs an action of a definition for a list of payloads and says what became of each, by position. One request may carry
// many; what the platform refuses as a whole because of one event is halved until that one stands alone.
import type { ActionDefinition, RequestClient } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import { NOT_SENT } from '../../core/replay.ts'
import type { Transport } from '../transport.ts'
import { type Deadline, withDeadline } from './deadline.ts'
import { type Failure, failureOf, failureWith } from './failure.ts'
import type { HostedAction, HostedDefinition } from './hosted-definition.ts'
import { failureByAnswer, refusalIn, sentNothing } from './package-answers.ts'
import { createRequestClient, type Exchange } from './request-client.ts'
import { inHalves, inTurn, type TurnOptions } from './request-turns.ts'

export interface RunOptions extends TurnOptions {
  readonly hosted: HostedDefinition
  readonly action: HostedAction
  readonly auth: { readonly accessToken: string; readonly refreshToken: string } | undefined
  readonly transport: Transport
  /** Of one run of the action, however many requests it makes. */
  readonly timeoutMs: number
  readonly addresses?: Readonly<Record<string, string>>
}

export type Outcome =
  | {
      readonly kind: 'accepted'
      readonly exchange: Exchange | null
      /** The platform's id of a request that it only took in. */
      readonly receipt?: string
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly exchange: Exchange | null }

type Data = Parameters<NonNullable<ActionDefinition<never, never>['performBatch']>>[1]

/** Never rejects: every throw becomes the outcome of the payloads it concerns. */
export async function runDefinition(
  options: RunOptions,
  payloads: readonly JsonObject[],
): Promise<Outcome[]> {
  const outcomes: (Outcome | undefined)[] = []
  const checked = payloads.flatMap((payload, place) => {
    const result = check(options.action, payload)
    if (result.kind === 'ready') return [{ place, payload: result.payload }]
    outcomes[place] = result
    return []
  })
  const rest = await runChecked(
    options,
    checked.map(({ payload }) => payload),
  )
  checked.forEach(({ place }, at) => {
    outcomes[place] = rest[at]
  })
  return outcomes as Outcome[]
}

type Checked = { readonly kind: 'ready'; readonly payload: JsonObject } | Outcome

function check({ check: checkPayload }: HostedAction, payload: JsonObject): Checked {
  try {
    return { kind: 'ready', payload: checkPayload ? checkPayload(payload) : payload }
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error), exchange: null }
  }
}

async function runChecked(
  options: RunOptions,
  payloads: readonly JsonObject[],
): Promise<readonly Outcome[]> {
  if (payloads.length === 0) return []
  const groups = options.action.inBatches ? [payloads] : payloads.map((payload) => [payload])
  const outcomes: Outcome[] = []
  // One after the other: a payload that fails must not have its neighbours sent again.
  for (const group of groups) outcomes.push(...(await runOnce(options, group)))
  return outcomes
}

async function runOnce(
  options: RunOptions,
  payloads: readonly JsonObject[],
  mayResend = options.hosted.rules !== null,
): Promise<readonly Outcome[]> {
  const run = await inTurn(options, () => attempt(options, payloads))
  if (run === null) return payloads.map(() => NOT_BEGUN)
  if (run === 'split') return runInHalves(options, payloads)
  return mayResend ? await resendSpared(options, payloads, run) : run
}

const NOT_BEGUN: Outcome = {
  kind: 'failed',
  failure: failureWith(null, `${NOT_SENT}: its turn did not come in time`),
  exchange: null,
}

/** `split`: refused as a whole because of one of several. */
async function attempt(
  options: RunOptions,
  payloads: readonly JsonObject[],
): Promise<readonly Outcome[] | 'split'> {
  const { rules } = options.hosted
  const exchanges: Exchange[] = []
  const last = () => exchanges.at(-1) ?? null
  const failed = (failure: Failure): Outcome => ({ kind: 'failed', failure, exchange: last() })
  try {
    const values = await withDeadline(options.clock, options.timeoutMs, async (deadline) => {
      const request = requestClient(options, payloads, deadline, (exchange) =>
        exchanges.push(exchange),
      )
      return perform(options, request, payloads)
    })
    const refusal = refusalIn(rules, exchanges) ?? sentNothing(options, exchanges)
    return values.map((value): Outcome => {
      if (!isAccepted(value)) return failed(failureByAnswer(rules, nodeFailure(value), last()))
      if (refusal) return failed(refusal)
      const { receipt } = value ?? {}
      return { kind: 'accepted', exchange: last(), ...(receipt ? { receipt } : {}) }
    })
  } catch (error) {
    const failure = failureByAnswer(rules, afterOthers(failureOf(error), exchanges), last())
    if (failure.split && payloads.length > 1) return 'split'
    return payloads.map(() => failed(failure))
  }
}

// What was not sent was the rest of an action that had made requests before: those may have done their work.
function afterOthers(failure: Failure, exchanges: readonly Exchange[]): Failure {
  if (exchanges.length === 0 || !failure.reason.startsWith(NOT_SENT)) return failure
  const reason = `${failure.reason.slice(NOT_SENT.length + 2)}, after ${exchanges.length} that were answered`
  return { ...failure, reason, isAnswerLost: true }
}

function runInHalves(options: RunOptions, payloads: readonly JsonObject[]) {
  return inHalves(payloads, (half) => runOnce(options, half))
}

// The platform refused the whole request for some of its events, and the definition calls the others retryable: they go
// again at once, without the culprits. Waiting would let them meet again, and a 429 of nobody's would halt the destination.
async function resendSpared(
  options: RunOptions,
  payloads: readonly JsonObject[],
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const isSpared = (outcome: Outcome) =>
    outcome.kind === 'failed' &&
    outcome.failure.retryable &&
    outcome.exchange !== null &&
    isRefusedForGood(outcome.exchange.status)
  const spared = payloads.flatMap((_, at) => (isSpared(outcomes[at] as Outcome) ? [at] : []))
  if (spared.length === 0) return outcomes
  if (spared.length === payloads.length) {
    // Nobody was named: halved until the culprit stands alone, which the answer then speaks of.
    if (payloads.length > 1) return runInHalves(options, payloads)
    return outcomes.map(byAnswer)
  }
  const sparedPayloads = spared.map((at) => payloads[at] as JsonObject)
  const again = await runOnce(options, sparedPayloads, false)
  return outcomes.map((outcome, at) => again[spared.indexOf(at)] ?? outcome)
}

function isRefusedForGood(status: number): boolean {
  return status >= 300 && !failureWith(status, '').retryable
}

function byAnswer(outcome: Outcome): Outcome {
  const { exchange } = outcome
  if (outcome.kind === 'accepted' || !exchange) return outcome
  const failure = failureWith(exchange.status, `the platform answered ${exchange.status}`)
  return { ...outcome, failure }
}

/** What a payload's node of a MultiStatusResponse says; null for plain success. */
type NodeValue = {
  readonly status: number
  readonly errormessage?: string
  readonly errortype?: string
  readonly receipt?: string
  /** The fault of the network that a definition met with this payload's request, when a batch is several. */
  readonly cause?: Error
  readonly retryAfterMs?: number
} | null

function actionOf({ hosted, action }: RunOptions): ActionDefinition<never, never> {
  return hosted.definition.actions[action.slug] as unknown as ActionDefinition<never, never>
}

async function perform(
  options: RunOptions,
  request: RequestClient,
  payloads: readonly JsonObject[],
): Promise<NodeValue[]> {
  const { perform: performOne, performBatch } = actionOf(options)
  // Definitions change what they are given; a second run starts from the same.
  const given = options.hosted.rules ? structuredClone(payloads) : payloads
  const shared = sharedData(options, given)
  const isBatch = options.action.inBatches
  const data = { ...shared, payload: isBatch ? given : given[0] }
  const run = (isBatch ? performBatch : performOne) as (
    request: RequestClient,
    data: Data,
  ) => unknown
  const answer: unknown = await run(request, data as unknown as Data)
  if (answer instanceof Error) throw answer
  return nodesOf(answer, payloads.length)
}

function sharedData({ hosted, auth, action }: RunOptions, payloads: readonly JsonObject[]) {
  const { __segment_internal_sync_mode: syncMode, __segment_internal_matching_key: matchingKey } =
    action.extras
  const { onMappingSave, retlOnMappingSave } = action.extras
  return {
    settings: hosted.settings,
    auth,
    rawData: payloads,
    rawMapping: action.extras,
    audienceSettings: {},
    features: {},
    syncMode,
    matchingKey,
    hookOutputs: { onMappingSave, retlOnMappingSave },
  }
}

interface MultiStatus {
  getAllResponses(): { value(): unknown }[]
}

// By form, not by class: a definition may bring its own copy of actions-core. A single `perform` gives one as well, where
// actions-core takes it for success.
function nodesOf(answer: unknown, count: number): NodeValue[] {
  const responses = (answer as Partial<MultiStatus> | null)?.getAllResponses?.()
  if (!responses) return Array.from({ length: count }, () => null)
  return Array.from({ length: count }, (_, at) => {
    const value = responses[at]?.value() as
      | {
          status?: unknown
          errormessage?: string
          errortype?: string
          body?: { requestId?: unknown; cause?: unknown; retryAfterMs?: unknown }
        }
      | undefined
    const status = Number(value?.status ?? Number.NaN)
    const { requestId, cause, retryAfterMs } = value?.body ?? {}
    if (!value || !Number.isInteger(status))
      return { status: 500, errormessage: 'the definition gave no result' }
    return {
      status,
      ...(value.errormessage ? { errormessage: value.errormessage } : {}),
      ...(value.errortype ? { errortype: value.errortype } : {}),
      ...(typeof requestId === 'string' && requestId ? { receipt: requestId } : {}),
      ...(cause instanceof Error ? { cause } : {}),
      ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    }
  })
}

function isAccepted(value: NodeValue): boolean {
  return value === null || (value.status >= 200 && value.status < 300)
}

function nodeFailure(value: NodeValue): Failure {
  const node: NonNullable<NodeValue> = value ?? { status: 500 }
  const { status, errormessage = `refused with ${status}`, errortype, cause, retryAfterMs } = node
  return cause
    ? failureOf(cause)
    : { ...failureWith(status, errormessage, errortype), retryAfterMs }
}

function requestClient(
  options: RunOptions,
  payloads: readonly JsonObject[],
  deadline: Deadline,
  onAnswer: (exchange: Exchange) => void,
): RequestClient {
  const { hosted, auth, transport, timeoutMs, addresses, clock } = options
  const payload = options.action.inBatches ? payloads : payloads[0]
  const data = { settings: hosted.settings, auth, payload } as never
  const defaults = hosted.definition.extendRequest?.(data) ?? {}
  return createRequestClient({
    transport,
    timeoutMs,
    defaults,
    onAnswer,
    deadline,
    now: () => clock.now(),
    ...(addresses ? { addresses } : {}),
  })
}
