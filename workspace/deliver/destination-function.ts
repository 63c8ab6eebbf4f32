// One destination function connected to its sources: single messages or batches, one verdict for each, retries.
// A delivery goes pending → delivered | discarded | retrying; retrying → the same again, or expired after four hours.
import type { Clock } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import { handlerFor } from '../handler-names.ts'
import type { HostSwitches } from '../host-switches.ts'
import type { Activity } from '../runtime/activity.ts'
import { classify, reasonOf, type Verdict } from '../runtime/classify.ts'
import type { FunctionInstance } from '../runtime/function-instance.ts'
import { readBatchAnswer } from './batch-answer.ts'
import { type BatchOptions, createBatchFormer } from './batch-former.ts'
import type { DeliveryEntry } from './delivery-log.ts'
import type { FaultInjector } from './faults.ts'
import type { Retrier } from './retrier.ts'

export interface DestinationFunctionOptions {
  readonly instance: FunctionInstance
  readonly hasBatchHandler: () => boolean
  readonly clock: Clock
  readonly activity: Activity
  readonly faults: FaultInjector
  readonly retrier: Retrier
  readonly batch: BatchOptions
  readonly switches: HostSwitches
  readonly onWarning: (text: string) => void
}

export interface DestinationFunction {
  accept(message: JsonObject, entry: DeliveryEntry): void
  /** Sends the batch that is forming. */
  flush(): void
  readonly formingCount: number
  /** Cancels the timer of the forming batch; its messages stay as they are recorded. */
  stop(): void
}

interface Item {
  readonly message: JsonObject
  readonly entry: DeliveryEntry
}

interface Job {
  readonly items: readonly Item[]
  readonly asBatch: boolean
  readonly firstAttemptAt: number
  readonly attempts: number
}

// A thrown error speaks for the whole input; a positional answer for each entry.
type CallResult =
  | { readonly kind: 'whole'; readonly verdict: Verdict }
  | { readonly kind: 'positional'; readonly verdicts: readonly Verdict[] }

const OK: Verdict = { kind: 'ok' }

export function createDestinationFunction(
  options: DestinationFunctionOptions,
): DestinationFunction {
  const { clock, activity, faults, instance, retrier, switches } = options
  const former = createBatchFormer<Item>(clock, options.batch, (items) => begin(items, true))

  function begin(items: readonly Item[], asBatch: boolean) {
    attempt({ items, asBatch, firstAttemptAt: clock.now(), attempts: 1 })
  }

  function attempt(job: Job) {
    // The promise cannot reject: invoke answers with what was thrown.
    void activity.during(async () => {
      let result = await call(job)
      if (faults.isAnswerLost()) result = await call(job)
      settle(job, result)
    })
  }

  async function call({ items, asBatch }: Job): Promise<CallResult> {
    for (const { entry } of items) countAttempt(entry)
    const [first] = items
    if (!asBatch && first) return { kind: 'whole', verdict: await callSingle(first.message) }
    const payload = JSON.stringify(items.map(({ message }) => message))
    const outcome = await instance.invoke({ handler: 'onBatch', payload })
    if (outcome.kind !== 'returned') {
      return { kind: 'whole', verdict: classify(outcome, 'destination', switches) }
    }
    const { verdicts, warning } = readBatchAnswer(outcome.returned, items.length, switches)
    if (warning) options.onWarning(warning)
    return { kind: 'positional', verdicts }
  }

  async function callSingle(message: JsonObject): Promise<Verdict> {
    const handler = handlerFor(message.type, 'destination', switches)
    // The shim's dispatch returns undefined, without an error, for a type it does not know.
    if (!handler) return OK
    const payload = JSON.stringify(message)
    return classify(await instance.invoke({ handler, payload }), 'destination', switches)
  }

  function settle(job: Job, result: CallResult) {
    const again: Item[] = []
    job.items.forEach((item, index) => {
      const verdict = result.kind === 'whole' ? result.verdict : (result.verdicts[index] ?? OK)
      if (verdict.kind === 'retry') again.push(item)
      item.entry.update({ status: STATUS[verdict.kind], reason: reasonOf(verdict) })
    })
    const isTogether = result.kind === 'whole' || switches.partialRetry === 'together'
    for (const items of isTogether ? [again] : again.map((item) => [item])) retry({ ...job, items })
  }

  function retry(job: Job) {
    const { items, attempts } = job
    if (items.length === 0) return
    const state = { attempts, elapsedMs: clock.now() - job.firstAttemptAt }
    const isWaiting = retrier.retry(state, () => attempt({ ...job, attempts: attempts + 1 }))
    if (!isWaiting) for (const { entry } of items) entry.update({ status: 'expired' })
  }

  return {
    accept(message, entry) {
      faults.hold(() => {
        if (options.hasBatchHandler()) former.add({ message, entry })
        else begin([{ message, entry }], false)
      })
    },
    flush: () => former.flush(),
    get formingCount() {
      return former.size
    },
    stop: () => former.stop(),
  }
}

const STATUS = { ok: 'delivered', discard: 'discarded', retry: 'retrying' } as const

function countAttempt(entry: DeliveryEntry) {
  entry.update({ attempts: entry.record.attempts + 1 })
}
