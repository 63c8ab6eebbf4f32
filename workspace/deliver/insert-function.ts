// An insert function in front of a destination function: returns the event to go on, drops it, or is tried again.
import type { Clock } from '../../core/clock.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Activity } from '../runtime/activity.ts'
import { classify, reasonOf, type Verdict } from '../runtime/classify.ts'
import type { FunctionInstance } from '../runtime/function-instance.ts'
import type { DeliveryEntry } from './delivery-log.ts'
import { handlerFor } from './handlers.ts'
import type { Retrier } from './retrier.ts'

export interface InsertFunctionOptions {
  readonly instance: FunctionInstance
  readonly clock: Clock
  readonly activity: Activity
  readonly retrier: Retrier
  readonly next: (message: JsonObject, entry: DeliveryEntry) => void
}

export interface InsertFunction {
  accept(message: JsonObject, entry: DeliveryEntry): void
}

/** Single handlers only: the host need not call `onBatch` at low volume, and this is where insert functions differ least. */
export function createInsertFunction(options: InsertFunctionOptions): InsertFunction {
  const { instance, clock, activity, retrier, next } = options

  function attempt(message: JsonObject, entry: DeliveryEntry, firstAt: number, attempts: number) {
    void activity.during(async () => {
      const outcome = await instance.invoke({
        handler: handlerFor(message.type) ?? `on ${message.type}`,
        payload: JSON.stringify(message),
      })
      const verdict = classify(outcome, 'insert')
      if (verdict.kind !== 'ok') return refuse(verdict)
      const returned = outcome.kind === 'returned' ? outcome.returned : undefined
      const changed: unknown = JSON.parse(returned ?? 'null')
      // What the host does with a handler that returns no event is UNVERIFIED; its documentation calls it a must.
      if (!isJsonObject(changed)) return refuse(NOTHING_RETURNED)
      next(changed, entry)
    })

    function refuse(verdict: Verdict) {
      const isAgain =
        verdict.kind === 'retry' &&
        retrier.retry({ attempts, elapsedMs: clock.now() - firstAt }, () =>
          attempt(message, entry, firstAt, attempts + 1),
        )
      const ended = verdict.kind === 'retry' ? 'expired' : 'discarded'
      entry.update({ status: isAgain ? 'retrying' : ended, reason: reasonOf(verdict) })
    }
  }

  return { accept: (message, entry) => attempt(message, entry, clock.now(), 1) }
}

const NOTHING_RETURNED: Verdict = {
  kind: 'discard',
  reported: 'Bad Request',
  message: 'the insert function returned no event',
}
