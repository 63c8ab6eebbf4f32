// The delivery worker. Each destination has a lane of its own: claim what is due, send with bounded concurrency, record.
// Lanes share nothing but the database, so one destination that is slow or down never delays another.
//
// A delivery's way: pending → (claimed) → delivered | filtered | dead, or retrying → (claimed) → …
// A worker that dies after sending leaves its claim to expire; the next attempt carries the same event_id.
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { nextDelayMs } from '../core/retry-schedule.ts'
import type { Database } from '../store/database.ts'
import {
  type ClaimedDelivery,
  claimDeliveries,
  type DeliveryRecord,
  recordDeliveries,
} from '../store/deliveries.ts'
import type { DeliveryResult, Destination } from './destination.ts'

export interface WorkerOptions {
  readonly database: Database
  readonly destinations: readonly Destination[]
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
  /** Called after a delivery's outcome is on record. */
  readonly onRecorded?: (destination: Destination, record: DeliveryRecord) => void
  /** How often an idle lane looks for work. Default 100 ms. */
  readonly pollMs?: number
}

/** Runs until `signal` aborts; then finishes and records what is under way. */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(
    options.destinations.map((destination) => runLane(options, destination, signal)),
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
  const pollMs = options.pollMs ?? DEFAULT_POLL_MS
  const recorder = createRecorder(options, destination)
  const underWay = new Set<Promise<void>>()
  let troubleMs = 0
  while (!signal.aborted) {
    const free = destination.concurrency - underWay.size
    const claimed = await claim(free).catch((error: unknown) => {
      troubleMs = Math.min(MAX_TROUBLE_MS, troubleMs * 2 || pollMs)
      log(
        'error',
        `${destination.name}: cannot claim deliveries, trying again in ${troubleMs} ms: ${messageOf(error)}`,
      )
      return null
    })
    if (claimed) troubleMs = 0
    for (const delivery of claimed ?? []) {
      const run = deliverOne(options, destination, delivery)
        .then(recorder.add)
        .finally(() => underWay.delete(run))
      underWay.add(run)
    }
    if (claimed === null) await sleep(database.clock, troubleMs, signal)
    else if (claimed.length < free) await sleep(database.clock, pollMs, signal)
    // Claims cost a round trip: half of the lane is let run empty before the next one.
    while (underWay.size > destination.concurrency / 2) await Promise.race(underWay)
  }
  await Promise.all(underWay)

  function claim(limit: number): Promise<ClaimedDelivery[]> {
    const { name, environment, leaseMs } = destination
    return claimDeliveries(database, { environment, destination: name, limit, leaseMs })
  }
}

async function deliverOne(
  { database, log }: WorkerOptions,
  destination: Destination,
  delivery: ClaimedDelivery,
): Promise<DeliveryRecord> {
  const startedAt = database.clock.now()
  const result = await destination.deliver(delivery).catch((error: unknown): DeliveryResult => {
    const eventId = delivery.canonical.properties.event_id
    log(
      'error',
      `${destination.name}: delivering "${eventId}" failed by a fault of ours: ${stackOf(error)}`,
    )
    const attempt = {
      startedAt: new Date(startedAt),
      durationMs: database.clock.now() - startedAt,
      status: null,
      error: messageOf(error),
      request: {},
      response: null,
    }
    return { kind: 'failed', retryable: true, reason: `internal: ${messageOf(error)}`, attempt }
  })
  return { delivery, ...settle(database, destination, delivery, result) }
}

function settle(
  { clock, random }: Database,
  { schedule }: Destination,
  { attempt: number }: ClaimedDelivery,
  result: DeliveryResult,
): Omit<DeliveryRecord, 'delivery'> {
  switch (result.kind) {
    case 'delivered':
      return { settlement: { state: 'delivered', reason: null }, attempt: result.attempt }
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
    /** Resolves once the outcome is on record, or known to be lost to the log. */
    add: (record: DeliveryRecord): Promise<void> => {
      waiting.push(record)
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
