// The numbers of the live view: asked of the store as often as they move.

import type { Reconciliation } from '../../store/ledger.ts'
import type { Overview } from '../../store/overview.ts'
import { realClock } from '../clock.ts'
import { askStage } from './audience-report.ts'
import type { LiveState } from './live-frame.ts'
import type { Stage } from './stage.ts'

const ASK_MS = 1_000
/** Where nothing has moved since the last answer. */
const ASK_AT_REST_MS = 3_000
const RATES = 24

export type LiveNumbers = Pick<LiveState, 'ledger' | 'rates' | 'counted' | 'oldestWaitingMs'>

export const NO_NUMBERS: LiveNumbers = {
  ledger: null,
  rates: Array.from({ length: RATES }, () => 0),
  counted: {},
  oldestWaitingMs: null,
}

interface Answer {
  readonly accepted: number
  readonly at: number
  readonly text: string
}

/**
 * Asks when it is time to; call it as often as you like. One question at a time: a slow answer is waited for.
 * @param onFailure the store is going down, or busy: what is known stays known
 */
export function createNumberReader(
  onNumbers: (numbers: LiveNumbers) => void,
  onFailure: (error: unknown) => void,
): (stage: Stage) => void {
  let isAsking = false
  let askAgainAt = 0
  let before: Answer | null = null
  let { rates } = NO_NUMBERS
  const read = async (stage: Stage) => {
    const ledger = await askStage<Reconciliation>(stage, '/v1/reconcile')
    const overview = await askStage<Overview>(stage, '/v1/overview?window=15m')
    const answer = {
      accepted: ledger.messages.accepted,
      at: realClock.now(),
      text: JSON.stringify(ledger),
    }
    askAgainAt = answer.at + (answer.text === before?.text ? ASK_AT_REST_MS : ASK_MS)
    rates = [...rates, ...ratesBetween(before, answer)].slice(-RATES)
    before = answer
    onNumbers({
      ledger,
      rates,
      counted: countedBy(stage),
      oldestWaitingMs: oldestWaitingMs(overview, answer.at),
    })
  }
  return (stage) => {
    if (isAsking || realClock.now() < askAgainAt) return
    isAsking = true
    read(stage)
      .catch((error: unknown) => {
        askAgainAt = realClock.now() + ASK_MS
        onFailure(error)
      })
      .finally(() => {
        isAsking = false
      })
  }
}

// One number for each second, however long the answer took.
function ratesBetween(before: Answer | null, { accepted, at }: Answer): number[] {
  const seconds = before ? (at - before.at) / 1000 : 1
  const rate = (accepted - (before?.accepted ?? 0)) / seconds
  return Array.from({ length: Math.max(1, Math.round(seconds)) }, () => rate)
}

function oldestWaitingMs({ destinations }: Overview, now: number): number | null {
  const times = destinations.flatMap(({ oldest_waiting_at: at }) => (at ? [Date.parse(at)] : []))
  return times.length === 0 ? null : now - Math.min(...times)
}

function countedBy({ platforms, receiver, returned }: Stage): Record<string, number> {
  const summaries = Object.entries(platforms.summaries())
  return {
    ...Object.fromEntries(summaries.map(([name, { counted }]) => [name, counted])),
    webhook: receiver.counted.size,
    segment: new Set(returned.map(({ messageId }) => messageId)).size,
  }
}
