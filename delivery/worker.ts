// The delivery worker. Each destination has a lane of its own: claim what is due, send with bounded concurrency, record.
// Lanes share nothing but the database, so one destination that is slow or down never delays another. A lane is one
// destination of one environment with one credential: what its breaker and its limiter learn concerns no other.
//
// A delivery's way: pending → (claimed) → delivered | filtered | dead | unknown, or retrying → (claimed) → …, or held until
// the person answers or the hold runs out → (claimed) → …
// A worker that dies after sending leaves its claim to expire; the next attempt carries the same event_id.

import { createCircuitBreaker } from '../core/circuit-breaker.ts'
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { createRateLimiter } from '../core/rate-limiter.ts'
import { NOT_SENT } from '../core/replay.ts'
import { nextDelayMs } from '../core/retry-schedule.ts'
import type { Database } from '../store/database.ts'
import {
  type ClaimedDelivery,
  claimDeliveries,
  type DeliveryRecord,
  recordDeliveries,
} from '../store/deliveries.ts'
import { setDestinationState } from '../store/destination-states.ts'
import { activate } from './activation.ts'
import type { AudienceGate } from './audience-gate.ts'
import { createBreakerTeller } from './breaker-teller.ts'
import { FIRST_ASKED_AFTER_MS, runConfirmations } from './confirmations.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import { guardRepeats } from './guarded-repeats.ts'

export interface WorkerOptions {
  readonly database: Database
  readonly destinations: readonly Destination[]
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
  /** Called after a delivery's outcome is on record. */
  readonly onRecorded?: (destination: Destination, record: DeliveryRecord) => void
  /** Asked about every claimed batch before it is decided; without it nothing is known of audiences. */
  readonly audienceGate?: AudienceGate
  /** What people know this process by, where it tells of its circuit breakers. */
  readonly name?: string
  /** How often an idle lane looks for work. Default 100 ms. */
  readonly pollMs?: number
}

/** Runs until `signal` aborts; then finishes and records what is under way. */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(
    options.destinations.flatMap((destination) => [
      runLane(options, destination, signal),
      runConfirmations(options, destination, signal),
    ]),
  )
}

const DEFAULT_POLL_MS = 100
// A database that fails is asked again, more and more rarely.
const MAX_TROUBLE_MS = 5_000

async function runLane(
  options: WorkerOptions,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  const { database, log } = options
  const { clock } = database
  const { name, batchSize } = destination
  const pollMs = options.pollMs ?? DEFAULT_POLL_MS
  const recorder = createRecorder(options, destination)
  const breaker = createCircuitBreaker()
  const limiter = createRateLimiter(destination.ratePerSecond)
  const tellBreaker = createBreakerTeller(options, destination, breaker)
  const underWay = new Set<Promise<void>>()
  let troubleMs = 0
  while (!signal.aborted) {
    const permitted = breaker.permits(destination.concurrency - underWay.size, clock.now())
    const batches = limiter.take(permitted, clock.now())
    const limit = batches * batchSize
    if (limit === 0) {
      await sleep(clock, restMs(), signal)
      continue
    }
    const claimed = await claimGated(options, destination, limit).catch((error: unknown) => {
      troubleMs = Math.min(MAX_TROUBLE_MS, troubleMs * 2 || pollMs)
      log(
        'error',
        `${name}: cannot claim deliveries, trying again in ${troubleMs} ms: ${messageOf(error)}`,
      )
      return null
    })
    if (claimed) troubleMs = 0
    if (claimed && claimed.settled.length > 0) {
      const run = recorder.add(claimed.settled).finally(() => underWay.delete(run))
      underWay.add(run)
    }
    const chunks = chunksOf(claimed?.deliveries ?? [], batchSize)
    limiter.giveBack(batches - chunks.length)
    for (const batch of chunks) {
      const request = breaker.started(clock.now())
      const run = deliverBatch(options, destination, batch)
        .then((results) => {
          const telling = results.filter(saysOfDestination)
          const outages = telling.filter(isOutage).length
          // A batch may be many requests: as of the window, half of them make a failure.
          if (telling.length > 0) request.ended(outages * 2 >= telling.length, clock.now())
          else request.cancelled()
          tellBreaker()
          heed(results)
          const records = batch.map((delivery, at) =>
            recordOf(database, destination, delivery, results[at]),
          )
          return recorder.add(records)
        })
        .finally(() => underWay.delete(run))
      underWay.add(run)
    }
    if (claimed === null) await sleep(clock, troubleMs, signal)
    else if (claimed.count < limit) await sleep(clock, pollMs, signal)
    // Claims cost a round trip: half of the lane is let run empty before the next one.
    while (underWay.size > destination.concurrency / 2) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  await tellBreaker.end()

  function restMs(): number {
    const waitMs = Math.max(breaker.waitMs(clock.now()), limiter.waitMs(clock.now()), pollMs)
    return Math.min(waitMs, MAX_TROUBLE_MS)
  }

  // What the destination says of itself, beyond the events: leave me alone, or this credential is no good.
  function heed(results: readonly DeliveryResult[]): void {
    for (const result of results) {
      if (result.kind !== 'failed') continue
      if (result.isOutage && result.retryAfterMs)
        limiter.pauseUntil(clock.now() + result.retryAfterMs)
      if (result.isCredential) pause(options, destination, result.reason)
    }
  }
}

interface ClaimedBatch {
  /** Taken in all: less than asked for means that nothing else is due. */
  readonly count: number
  readonly deliveries: readonly ClaimedDelivery[]
  /** What the gate decided already. */
  readonly settled: readonly DeliveryRecord[]
}

async function claimGated(
  { database, audienceGate }: WorkerOptions,
  destination: Destination,
  limit: number,
): Promise<ClaimedBatch> {
  const { name, environment, leaseMs } = destination
  const claimed = await claimDeliveries(database, {
    environment,
    destination: name,
    limit,
    leaseMs,
  })
  if (!audienceGate || claimed.length === 0)
    return { count: claimed.length, deliveries: claimed, settled: [] }
  const deliveries: ClaimedDelivery[] = []
  const settled: DeliveryRecord[] = []
  const gated = await audienceGate(destination, claimed)
  claimed.forEach((delivery, at) => {
    const passed = gated[at] ?? delivery
    if ('kind' in passed) settled.push(recordOf(database, destination, delivery, passed))
    else deliveries.push(passed)
  })
  return { count: claimed.length, deliveries, settled }
}

function pause(
  { database, log }: WorkerOptions,
  { name, environment }: Destination,
  reason: string,
): void {
  const change = {
    environment,
    destination: name,
    isPaused: true,
    reason,
    at: new Date(database.clock.now()),
  }
  setDestinationState(database.pool, change).then(
    (changed) => {
      if (changed)
        log(
          'error',
          `${name}: paused, its credential is refused: ${reason}. Mend it, then: tracklayer destination enable ${name}`,
        )
    },
    (error: unknown) => log('error', `${name}: cannot be paused: ${messageOf(error)}`),
  )
}

// Filtered and held events say nothing about the destination, nor do those whose turn to be sent did not come.
function saysOfDestination(result: DeliveryResult): boolean {
  if (result.kind === 'failed') return !result.reason.startsWith(NOT_SENT)
  return result.kind !== 'filtered' && result.kind !== 'held'
}

function isOutage(result: DeliveryResult): boolean {
  if (result.kind === 'unknown') return result.attempt !== null
  return result.kind === 'failed' && result.isOutage === true
}

function chunksOf<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  const chunks: (readonly Item[])[] = []
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size))
  return chunks
}

async function deliverBatch(
  { database, log }: WorkerOptions,
  destination: Destination,
  batch: readonly ClaimedDelivery[],
): Promise<readonly DeliveryResult[]> {
  const startedAt = database.clock.now()
  try {
    return await guardRepeats(destination, batch, startedAt, (fresh) =>
      activate({ database, log }, destination, fresh, (ready) =>
        destination.deliverBatch
          ? destination.deliverBatch(ready)
          : Promise.all(ready.map((delivery) => destination.deliver(delivery))),
      ),
    )
  } catch (error) {
    const ids = batch.map(({ canonical }) => `"${canonical.properties.event_id}"`).slice(0, 5)
    log(
      'error',
      `${destination.name}: delivering ${ids.join(', ')} failed by a fault of ours: ${stackOf(error)}`,
    )
    const attempt = {
      startedAt: new Date(startedAt),
      durationMs: Math.round(database.clock.now() - startedAt),
      status: null,
      error: messageOf(error),
      request: {},
      response: null,
    }
    const reason = `internal: ${messageOf(error)}`
    return batch.map(() => ({ kind: 'failed', retryable: true, reason, attempt }))
  }
}

function recordOf(
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

// Collects outcomes while one transaction is being written and writes the next with all of them: under load one commit
// serves many deliveries, and alone a delivery waits for nobody.
function createRecorder({ database, log, onRecorded }: WorkerOptions, destination: Destination) {
  let waiting: DeliveryRecord[] = []
  let writing: Promise<void> = Promise.resolve()
  let scheduled: Promise<void> | null = null

  const flush = async () => {
    scheduled = null
    const records = waiting
    waiting = []
    try {
      await recordDeliveries(database, records)
      for (const record of records) onRecorded?.(destination, record)
    } catch (error) {
      // The claims expire and the deliveries are tried again, with the same event_id.
      log(
        'error',
        `${destination.name}: cannot record ${records.length} outcome(s): ${messageOf(error)}`,
      )
    }
  }
  return {
    /** Resolves once the outcomes are on record, or known to be lost to the log. */
    add: (records: readonly DeliveryRecord[]): Promise<void> => {
      waiting.push(...records)
      if (!scheduled) {
        scheduled = writing.then(flush)
        writing = scheduled
      }
      return scheduled
    },
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
