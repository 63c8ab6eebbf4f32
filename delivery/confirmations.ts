// Asks a platform what became of the requests it took in. Beside the destination's lane, because an answer takes from
// minutes to hours and sending does not wait for it.
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import {
  type ClaimedConfirmation,
  type ConfirmationOutcome,
  claimConfirmation,
  settleConfirmation,
} from '../store/confirmations.ts'
import type { Confirmation, Destination } from './destination.ts'
import type { WorkerOptions } from './worker.ts'

const MINUTE_MS = 60 * 1000
/** Google's page "Diagnostics": ask after 30 minutes, then more and more rarely. */
export const FIRST_ASKED_AFTER_MS = 30 * MINUTE_MS
const MAX_WAIT_MS = 6 * 60 * MINUTE_MS
const GIVEN_UP_AFTER_MS = 3 * 24 * 60 * MINUTE_MS
const IDLE_MS = MINUTE_MS

/** Runs until `signal` aborts; returns at once for a destination whose answers are final. */
export async function runConfirmations(
  { database, log }: WorkerOptions,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  const { confirm, name, environment, timeoutMs } = destination
  if (!confirm) return
  const { clock } = database
  while (!signal.aborted) {
    const isBusy = await askNext().catch((error: unknown) => {
      log('error', `${name}: cannot ask what became of a request: ${messageOf(error)}`)
      return false
    })
    if (!isBusy) await sleep(clock, IDLE_MS, signal)
  }

  async function askNext(): Promise<boolean> {
    const leaseMs = 2 * timeoutMs + MINUTE_MS
    const claimed = await claimConfirmation(database, { environment, destination: name, leaseMs })
    if (!claimed) return false
    const answer: Confirmation = confirm ? await confirm(claimed.receipt) : { kind: 'open' }
    const outcome = outcomeOf(claimed, answer, clock.now())
    await settleConfirmation(database, claimed, outcome)
    if (outcome.kind === 'corrected') {
      log('warn', `${name}: ${claimed.deliveries} event(s) now ${outcome.state}: ${outcome.reason}`)
    }
    return true
  }
}

function outcomeOf(
  { asked, takenAt, deliveries, receipt }: ClaimedConfirmation,
  answer: Confirmation,
  nowMs: number,
): ConfirmationOutcome {
  switch (answer.kind) {
    case 'counted':
      return { kind: 'counted' }
    case 'failed':
      return { kind: 'corrected', state: 'dead', reason: `not counted: ${answer.reason}` }
    case 'partly': {
      const reason = `of ${deliveries} event(s) of request ${receipt} some are not counted, and which is not said: ${answer.reason}`
      return { kind: 'corrected', state: 'unknown', reason }
    }
    case 'open': {
      if (nowMs - takenAt.getTime() >= GIVEN_UP_AFTER_MS) {
        const reason = `taken in as request ${receipt}, and three days later still not said to count`
        return { kind: 'corrected', state: 'unknown', reason }
      }
      const waitMs = Math.min(MAX_WAIT_MS, FIRST_ASKED_AFTER_MS * 2 ** (asked - 1))
      return { kind: 'open', dueAt: new Date(nowMs + waitMs) }
    }
  }
}
