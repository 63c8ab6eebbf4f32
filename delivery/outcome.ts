// What a result of the destination means: to the ledger, and to the lane it was sent on.
import { NOT_SENT } from '../core/replay.ts'
import { nextDelayMs } from '../core/retry-schedule.ts'
import type { Database } from '../store/database.ts'
import type { ClaimedDelivery, DeliveryRecord } from '../store/deliveries.ts'
import { FIRST_ASKED_AFTER_MS } from './confirmations.ts'
import type { DeliveryResult, Destination } from './destination.ts'

/** What goes on record of a delivery. */
export function recordOf(
  database: Database,
  destination: Destination,
  delivery: ClaimedDelivery,
  result: DeliveryResult | undefined,
): DeliveryRecord {
  if (!result) throw new Error(`${destination.name} gave no result for a delivery`)
  return {
    delivery,
    decision: result.evidence ?? null,
    ...settle(database, destination, delivery, result),
  }
}

function settle(
  { clock, random }: Database,
  { schedule }: Destination,
  { attempt, replay }: ClaimedDelivery,
  result: DeliveryResult,
): Omit<DeliveryRecord, 'delivery'> {
  // Sent again on purpose, it has its retries again.
  const number = attempt - (replay?.attemptsBefore ?? 0)
  switch (result.kind) {
    case 'delivered':
      return {
        settlement: { state: 'delivered', reason: null },
        attempt: result.attempt,
        ...(result.receipt
          ? { receipt: { id: result.receipt, askAt: new Date(clock.now() + FIRST_ASKED_AFTER_MS) } }
          : {}),
      }
    case 'held':
      return {
        settlement: { state: 'held', reason: result.reason, dueAt: result.until },
        attempt: result.attempt ?? null,
      }
    case 'unknown':
      return {
        settlement: { state: 'unknown', reason: result.reason },
        attempt: result.attempt,
      }
    case 'filtered':
      return { settlement: { state: 'filtered', reason: result.reason }, attempt: null }
    case 'failed': {
      const { reason, attempt, retryable, retryAfterMs } = result
      const delayMs = retryable ? nextDelayMs(schedule, number, random, retryAfterMs) : null
      if (delayMs === null) return { settlement: { state: 'dead', reason }, attempt }
      return {
        settlement: { state: 'retrying', reason, dueAt: new Date(clock.now() + delayMs) },
        attempt,
      }
    }
  }
}

/** Filtered and held events say nothing about the destination, nor do those whose turn to be sent did not come. */
export function saysOfDestination(result: DeliveryResult): boolean {
  if (result.kind === 'failed') return !result.reason.startsWith(NOT_SENT)
  return result.kind !== 'filtered' && result.kind !== 'held'
}

/** The destination is the reason, not the event. */
export function isOutage(result: DeliveryResult): boolean {
  if (result.kind === 'unknown') return result.attempt !== null
  return result.kind === 'failed' && result.isOutage === true
}
