// One source function behind its webhook: runs `onRequest`, hands what it emitted to its own source, retries what the
// host would (RetryError and timeouts, six attempts).
import type { JsonObject } from '../../core/json.ts'
import type { HostSwitches } from '../host-switches.ts'
import type { WebhookRequest } from '../realm/realm-protocol.ts'
import type { Activity } from '../runtime/activity.ts'
import { classify, reasonOf } from '../runtime/classify.ts'
import type { FunctionInstance } from '../runtime/function-instance.ts'
import type { Retrier } from './retrier.ts'

/** Facts 1.2: each message a source function emits goes through the Tracking API. */
export const MESSAGE_LIMIT_BYTES = 32 * 1024
export const TOO_LARGE =
  'failed calling Tracking API: the message is too large and over the maximum 32KB limit'

export type RequestStatus = 'pending' | 'succeeded' | 'discarded' | 'retrying' | 'expired'

export interface RequestRecord {
  /** `<function>#<number>`, the same for every attempt. */
  readonly requestId: string
  readonly functionName: string
  readonly status: RequestStatus
  readonly attempts: number
  readonly reason: string | null
  /** Messages handed on so far. */
  readonly emitted: number
}

export interface SourceFunctionOptions {
  readonly name: string
  readonly instance: FunctionInstance
  readonly activity: Activity
  readonly retrier: Retrier
  readonly switches: HostSwitches
  readonly emit: (message: JsonObject) => void
  readonly onRequest: (record: RequestRecord) => void
}

export interface SourceFunction {
  /** Resolves with the record as it stands after the first attempt. */
  receive(request: WebhookRequest): Promise<RequestRecord>
}

export function createSourceFunction(options: SourceFunctionOptions): SourceFunction {
  const { activity, instance } = options
  let received = 0

  function attempt(request: WebhookRequest, before: RequestRecord): Promise<RequestRecord> {
    return activity.during(async () => {
      const after = await run(request, { ...before, attempts: before.attempts + 1 })
      const record = after.status === 'retrying' ? retry(request, after) : after
      options.onRequest(record)
      return record
    })
  }

  async function run(request: WebhookRequest, record: RequestRecord): Promise<RequestRecord> {
    const outcome = await instance.invoke({ handler: 'onRequest', request })
    if (outcome.kind === 'returned') return emitAll(outcome.messages, record)
    const verdict = classify(outcome, 'source', options.switches)
    const status = verdict.kind === 'retry' ? 'retrying' : 'discarded'
    return { ...record, status, reason: reasonOf(verdict) }
  }

  // What is too large is lost, and the run is reported as failed; the other messages go their way.
  function emitAll(messages: readonly string[], record: RequestRecord): RequestRecord {
    const fitting = messages.filter((text) => Buffer.byteLength(text) <= MESSAGE_LIMIT_BYTES)
    for (const text of fitting) options.emit(JSON.parse(text))
    const emitted = record.emitted + fitting.length
    return fitting.length === messages.length
      ? { ...record, emitted, status: 'succeeded', reason: null }
      : { ...record, emitted, status: 'discarded', reason: `Bad Request: ${TOO_LARGE}` }
  }

  function retry(request: WebhookRequest, record: RequestRecord): RequestRecord {
    // The schedule of source functions counts attempts, not time.
    const state = { attempts: record.attempts, elapsedMs: 0 }
    const isWaiting = options.retrier.retry(state, () => void attempt(request, record))
    return isWaiting ? record : { ...record, status: 'expired' }
  }

  return {
    receive(request) {
      received += 1
      return attempt(request, {
        requestId: `${options.name}#${received}`,
        functionName: options.name,
        status: 'pending',
        attempts: 0,
        reason: null,
        emitted: 0,
      })
    },
  }
}
