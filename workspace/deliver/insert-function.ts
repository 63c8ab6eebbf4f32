// An insert function on the way of a message: returns the event to go on, drops it, or is tried again. A destination
// insert function that defines `onBatch` gets batches; a source insert function never does.
import type { Clock } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import { handlerFor } from '../handler-names.ts'
import type { HostSwitches } from '../host-switches.ts'
import type { Activity } from '../runtime/activity.ts'
import { classify, reasonOf, type Verdict } from '../runtime/classify.ts'
import type { FunctionInstance } from '../runtime/function-instance.ts'
import { type BatchOptions, createBatchFormer } from './batch-former.ts'
import type { DeliveryEntry } from './delivery-log.ts'
import { type InsertResult, readInsertAnswer, readInsertBatchAnswer } from './insert-answer.ts'
import type { Retrier } from './retrier.ts'

export interface InsertFunctionOptions {
  readonly kind: 'insert' | 'sourceInsert'
  readonly instance: FunctionInstance
  readonly hasBatchHandler: () => boolean
  readonly batch: BatchOptions
  readonly clock: Clock
  readonly activity: Activity
  readonly retrier: Retrier
  readonly switches: HostSwitches
  readonly next: (message: JsonObject, entry: DeliveryEntry) => void
  readonly onWarning: (text: string) => void
}

export interface InsertFunction {
  accept(message: JsonObject, entry: DeliveryEntry): void
  /** Sends the batch that is forming. */
  flush(): void
  readonly formingCount: number
  stop(): void
}

interface Item {
  readonly message: JsonObject
  readonly entry: DeliveryEntry
}

interface Job {
  readonly items: readonly Item[]
  readonly asBatch: boolean
  readonly firstAt: number
  readonly attempts: number
}

export function createInsertFunction(options: InsertFunctionOptions): InsertFunction {
  const { kind, instance, clock, activity, retrier, switches, next } = options
  const former = createBatchFormer<Item>(clock, options.batch, (items) => begin(items, true))

  function begin(items: readonly Item[], asBatch: boolean) {
    attempt({ items, asBatch, firstAt: clock.now(), attempts: 1 })
  }

  function attempt(job: Job) {
    // Of a destination's delivery the attempts are those of its own function.
    if (kind === 'sourceInsert') {
      for (const { entry } of job.items) entry.update({ attempts: job.attempts })
    }
    void activity.during(async () => {
      const results = job.asBatch ? await callBatch(job.items) : await callSingle(job.items)
      settle(job, results)
    })
  }

  async function callSingle(items: readonly Item[]): Promise<InsertResult[]> {
    return Promise.all(
      items.map(async ({ message }) => {
        const handler = handlerFor(message.type, kind, switches) ?? `on ${message.type}`
        const outcome = await instance.invoke({ handler, payload: JSON.stringify(message) })
        if (outcome.kind === 'returned')
          return readInsertAnswer(outcome.returned, message, switches)
        return { kind: 'refuse', verdict: classify(outcome, kind, switches) }
      }),
    )
  }

  async function callBatch(items: readonly Item[]): Promise<readonly InsertResult[]> {
    const inputs = items.map(({ message }) => message)
    const outcome = await instance.invoke({ handler: 'onBatch', payload: JSON.stringify(inputs) })
    if (outcome.kind !== 'returned') {
      // A thrown error speaks for the whole batch.
      const verdict = classify(outcome, kind, switches)
      return items.map(() => ({ kind: 'refuse', verdict }))
    }
    const { results, warning } = readInsertBatchAnswer(outcome.returned, inputs, switches)
    if (warning) options.onWarning(warning)
    return results
  }

  function settle(job: Job, results: readonly InsertResult[]) {
    const again: { item: Item; verdict: Verdict }[] = []
    job.items.forEach((item, index) => {
      const result = results[index] as InsertResult
      if (result.kind === 'pass') next(result.event, item.entry)
      else if (result.verdict.kind === 'retry') again.push({ item, verdict: result.verdict })
      else item.entry.update({ status: 'discarded', reason: reasonOf(result.verdict) })
    })
    if (again.length > 0) retry(job, again)
  }

  function retry(job: Job, again: readonly { item: Item; verdict: Verdict }[]) {
    const { attempts, firstAt } = job
    const state = { attempts, elapsedMs: clock.now() - firstAt }
    const items = again.map(({ item }) => item)
    const isWaiting = retrier.retry(state, () => attempt({ ...job, items, attempts: attempts + 1 }))
    for (const { item, verdict } of again) {
      item.entry.update({ status: isWaiting ? 'retrying' : 'expired', reason: reasonOf(verdict) })
    }
  }

  return {
    accept(message, entry) {
      if (options.hasBatchHandler()) former.add({ message, entry })
      else begin([{ message, entry }], false)
    },
    flush: former.flush,
    get formingCount() {
      return former.size
    },
    stop: former.stop,
  }
}
