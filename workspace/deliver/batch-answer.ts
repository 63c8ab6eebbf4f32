// Reads what `onBatch` of a destination function returned: one entry per event, by position (facts 1.5).
import { isJsonObject } from '../../core/json.ts'
import type { HostSwitches } from '../host-switches.ts'
import type { Verdict } from '../runtime/classify.ts'

type BatchSwitches = Pick<HostSwitches, 'tooManyRequests' | 'unreadableBatchAnswer'>

export interface BatchAnswer {
  readonly verdicts: readonly Verdict[]
  /** Set when the answer was not one the host documents. */
  readonly warning: string | null
}

const OK: Verdict = { kind: 'ok' }

/** `returned` is JSON text. Nothing at all means: all succeeded; so does, with a warning, what is no positional answer (a switch). */
export function readBatchAnswer(
  returned: string | undefined,
  count: number,
  { tooManyRequests, unreadableBatchAnswer }: BatchSwitches,
): BatchAnswer {
  const allOk = Array<Verdict>(count).fill(OK)
  const value: unknown = returned === undefined ? null : JSON.parse(returned)
  if (value === null) return { verdicts: allOk, warning: null }
  const fault = faultOf(value, count)
  if (fault && unreadableBatchAnswer === 'delivered') {
    return { verdicts: allOk, warning: `onBatch ${fault}; taken as: all delivered` }
  }
  if (fault) {
    const unread: Verdict = {
      kind: 'discard',
      reported: 'Bad Request',
      message: `onBatch ${fault}`,
    }
    return { verdicts: allOk.map(() => unread), warning: `onBatch ${fault}; taken as: all refused` }
  }
  const verdicts = (value as readonly Entry[]).map((entry) => verdictOf(entry, tooManyRequests))
  return { verdicts, warning: null }
}

interface Entry {
  readonly status: number
  readonly errormessage?: unknown
}

function faultOf(value: unknown, count: number): string | null {
  if (!Array.isArray(value)) return `returned no array but ${typeof value}`
  if (value.length !== count) return `returned ${value.length} results for ${count} events`
  const wrong = value.findIndex((entry) => !isJsonObject(entry) || typeof entry.status !== 'number')
  return wrong === -1 ? null : `returned no status for the event at index ${wrong}`
}

function verdictOf({ status, errormessage }: Entry, tooMany: 'retry' | 'discard'): Verdict {
  if (status < 400) return OK
  const message = `${status} ${typeof errormessage === 'string' ? errormessage : ''}`.trim()
  const isRetried = status >= 500 || ((status === 408 || status === 429) && tooMany === 'retry')
  return isRetried
    ? { kind: 'retry', reported: 'Retry', message }
    : { kind: 'discard', reported: 'Bad Request', message }
}
