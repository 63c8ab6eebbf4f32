// Runs an action of a definition for a list of payloads and says what became of each, by position. One request may carry
// many; what the platform refuses as a whole because of one event is halved until that one stands alone.
import type { ActionDefinition, DestinationDefinition, RequestClient } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import type { Transport } from '../transport.ts'
import { type Failure, failureOf, isRetryableStatus } from './failure.ts'
import { createRequestClient, type Exchange } from './request-client.ts'

export interface RunOptions {
  readonly definition: DestinationDefinition<never>
  readonly action: string
  readonly settings: Readonly<Record<string, string>>
  readonly auth: { readonly accessToken: string; readonly refreshToken: string } | undefined
  readonly transport: Transport
  readonly timeoutMs: number
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
  const exchanges: Exchange[] = []
  const last = () => exchanges.at(-1) ?? null
  try {
    const request = requestClient(options, payloads, (exchange) => exchanges.push(exchange))
    const values = await perform(options, request, payloads)
    return values.map((value) => outcomeOf(value, last()))
  } catch (error) {
    const failure = failureOf(error)
    if (!failure.split || payloads.length === 1) {
      return payloads.map(() => ({ kind: 'failed', failure, exchange: last() }))
    }
    const middle = payloads.length >> 1
    const halves = await Promise.all([
      runDefinition(options, payloads.slice(0, middle)),
      runDefinition(options, payloads.slice(middle)),
    ])
    return halves.flat()
  }
}

/** What a payload's node of a MultiStatusResponse says; null for plain success. */
type NodeValue = {
  readonly status: number
  readonly errormessage?: string
  readonly receipt?: string
} | null

async function perform(
  { definition, action: slug, settings, auth }: RunOptions,
  request: RequestClient,
  payloads: readonly JsonObject[],
): Promise<NodeValue[]> {
  const action = definition.actions[slug] as unknown as ActionDefinition<never, never>
  const shared = { settings, auth, rawData: payloads, rawMapping: {}, audienceSettings: {} }
  if (!action.performBatch) {
    const values: NodeValue[] = []
    for (const payload of payloads) {
      await action.perform(request, { ...shared, payload } as unknown as Data as never)
      values.push(null)
    }
    return values
  }
  const answer: unknown = await action.performBatch(request, {
    ...shared,
    payload: payloads,
  } as unknown as Data)
  return nodesOf(answer, payloads.length)
}

interface MultiStatus {
  getAllResponses(): { value(): unknown }[]
}

// By form, not by class: a definition may bring its own copy of actions-core.
function nodesOf(answer: unknown, count: number): NodeValue[] {
  const responses = (answer as Partial<MultiStatus> | null)?.getAllResponses?.()
  if (!responses) return Array.from({ length: count }, () => null)
  return Array.from({ length: count }, (_, at) => {
    const value = responses[at]?.value() as
      | { status?: number; errormessage?: string; body?: { requestId?: unknown } }
      | undefined
    const { requestId } = value?.body ?? {}
    if (typeof value?.status !== 'number')
      return { status: 500, errormessage: 'the definition gave no result' }
    return {
      status: value.status,
      ...(value.errormessage ? { errormessage: value.errormessage } : {}),
      ...(typeof requestId === 'string' && requestId ? { receipt: requestId } : {}),
    }
  })
}

function outcomeOf(value: NodeValue, exchange: Exchange | null): Outcome {
  if (value === null || (value.status >= 200 && value.status < 300))
    return { kind: 'accepted', exchange, ...(value?.receipt ? { receipt: value.receipt } : {}) }
  const failure: Failure = {
    reason: value.errormessage ?? `refused with ${value.status}`,
    status: value.status,
    retryable: isRetryableStatus(value.status),
    retryAfterMs: undefined,
    split: false,
    isCredential: value.status === 401 || value.status === 403,
    isAnswerLost: false,
  }
  return { kind: 'failed', failure, exchange }
}

function requestClient(
  { definition, settings, auth, transport, timeoutMs }: RunOptions,
  payloads: readonly JsonObject[],
  onAnswer: (exchange: Exchange) => void,
): RequestClient {
  const data = { settings, auth, payload: payloads } as never
  const defaults = definition.extendRequest?.(data) ?? {}
  return createRequestClient({ transport, timeoutMs, defaults, onAnswer })
}
