// A lane: one destination of one environment with one credential. It claims what is due, sends with bounded concurrency and
// records; what its breaker and its limiter learn concerns no other.
//
// A claim and a record cost a round trip each, whatever they carry. So a fast lane claims ahead of what it sends, as much as
// goes out in a tenth of a second, and a slot is free as soon as the answer is there. What it then may not send, because it
// is asked to stop or the destination went away, it gives back.
import { createCircuitBreaker } from '../core/circuit-breaker.ts'
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { createRateLimiter } from '../core/rate-limiter.ts'
import {
  type ClaimedDelivery,
  claimDeliveries,
  type DeliveryRecord,
  releaseDeliveries,
} from '../store/deliveries.ts'
import { setDestinationState } from '../store/destination-states.ts'
import { activate } from './activation.ts'
import { createBreakerTeller } from './breaker-teller.ts'
import { chunksOf } from './chunks.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import { guardRepeats } from './guarded-repeats.ts'
import { isOutage, recordOf, saysOfDestination } from './outcome.ts'
import { createRecorder } from './recorder.ts'
import type { WorkerOptions } from './worker.ts'

const DEFAULT_POLL_MS = 100
// In one statement: what is claimed first is on its way while the rest is.
const MOST_CLAIMED = 256
// A database that fails is asked again, more and more rarely.
const MAX_TROUBLE_MS = 5_000

/** Claimed together, sent together: up to `batchSize` deliveries. */
interface Batch {
  readonly deliveries: readonly ClaimedDelivery[]
  /** When others may claim them. */
  readonly leaseEndsMs: number
}

/** Runs until `signal` aborts; then gives back what waits, and finishes and records what is under way. */
export async function runLane(
  options: WorkerOptions,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  const { database, log } = options
  const { clock } = database
  const { name, batchSize, concurrency } = destination
  const pollMs = options.pollMs ?? DEFAULT_POLL_MS
  const recorder = createRecorder(options, destination)
  const breaker = createCircuitBreaker()
  const limiter = createRateLimiter(destination.ratePerSecond)
  const tellBreaker = createBreakerTeller(options, destination, breaker)
  const lookahead = createLookahead(destination)
  const mostClaimed = Math.ceil(MOST_CLAIMED / batchSize)
  // All that is claimed and not on record; of it, what waits for a slot, and how many slots are taken.
  const held = new Set<Batch>()
  const ready: Batch[] = []
  let sending = 0
  let troubleMs = 0
  const faults: unknown[] = []
  let wake = () => {}
  signal.addEventListener('abort', startReady, { once: true })
  while (!signal.aborted && faults.length === 0) {
    const capacity = concurrency + lookahead.batches()
    const wanted = Math.min(capacity - held.size, mostClaimed)
    const permitted = breaker.permits(wanted, clock.now())
    const batches = limiter.take(permitted, clock.now())
    const limit = batches * batchSize
    if (limit === 0) {
      await sleep(clock, restMs(), signal)
      continue
    }
    const leaseEndsMs = clock.now() + destination.leaseMs
    const claimed = await claimGated(options, destination, { limit, except: overdue() }).catch(
      (error: unknown) => {
        troubleMs = Math.min(MAX_TROUBLE_MS, troubleMs * 2 || pollMs)
        log(
          'error',
          `${name}: cannot claim deliveries, trying again in ${troubleMs} ms: ${messageOf(error)}`,
        )
        return null
      },
    )
    if (claimed) troubleMs = 0
    if (claimed && claimed.settled.length > 0) {
      const deliveries = claimed.settled.map(({ delivery }) => delivery)
      hold({ deliveries, leaseEndsMs }, () => recorder.add(claimed.settled))
    }
    const taken = chunksOf(claimed?.deliveries ?? [], batchSize)
    limiter.giveBack(batches - taken.length)
    for (const deliveries of taken) {
      const batch = { deliveries, leaseEndsMs }
      held.add(batch)
      ready.push(batch)
    }
    startReady()
    if (claimed === null) await sleep(clock, troubleMs, signal)
    else if (claimed.count < limit) await sleep(clock, pollMs, signal)
    // The next claim is worth its round trip once half of the lane is empty, or it would be a whole one.
    while (faults.length === 0 && held.size > mostHeldToClaim()) await oneLess()
  }
  while (held.size > 0) await oneLess()
  await tellBreaker.end()
  if (faults.length > 0) throw faults[0]

  function mostHeldToClaim(): number {
    const capacity = concurrency + lookahead.batches()
    return Math.max(capacity / 2, capacity - mostClaimed)
  }

  function restMs(): number {
    const waitMs = Math.max(breaker.waitMs(clock.now()), limiter.waitMs(clock.now()), pollMs)
    return Math.min(waitMs, MAX_TROUBLE_MS)
  }

  // Its lease is over and it is still here: the worker that holds it lives.
  function overdue(): string[] {
    const late = [...held].filter(({ leaseEndsMs }) => leaseEndsMs <= clock.now())
    return late.flatMap(({ deliveries }) => deliveries.map(({ id }) => id))
  }

  function oneLess(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }

  function hold(batch: Batch, run: () => Promise<void>): void {
    held.add(batch)
    run()
      .catch((error: unknown) => faults.push(error))
      .finally(() => {
        held.delete(batch)
        wake()
      })
  }

  function startReady(): void {
    while (ready.length > 0) {
      const now = clock.now()
      const mayGo = !signal.aborted && breaker.permits(1, now) > 0 && !limiter.isPaused(now)
      if (mayGo && sending === concurrency) return
      const batch = mayGo ? ready.shift() : undefined
      if (!batch) giveBack(ready.splice(0))
      else if (batch.leaseEndsMs - destination.timeoutMs < now) giveBack([batch])
      else hold(batch, () => send(batch))
    }
  }

  async function send({ deliveries }: Batch): Promise<void> {
    const request = breaker.started(clock.now())
    const startedAt = clock.now()
    sending++
    const results = await deliverBatch(options, destination, deliveries)
    sending--
    lookahead.took(clock.now() - startedAt)
    const telling = results.filter(saysOfDestination)
    const outages = telling.filter(isOutage).length
    // A batch may be many requests: as of the window, half of them make a failure.
    if (telling.length > 0) request.ended(outages * 2 >= telling.length, clock.now())
    else request.cancelled()
    tellBreaker()
    heed(results)
    startReady()
    await recorder.add(
      deliveries.map((delivery, at) => recordOf(database, destination, delivery, results[at])),
    )
  }

  // What the destination says of itself, beyond the events: leave me alone, or this credential is no good.
  function heed(results: readonly DeliveryResult[]): void {
    for (const result of results) {
      if (result.kind !== 'failed') continue
      if (result.isOutage && result.retryAfterMs)
        limiter.pauseUntil(clock.now() + result.retryAfterMs)
      if (!result.isCredential) continue
      if (ready.length > 0) giveBack(ready.splice(0))
      pause(options, destination, result.reason)
    }
  }

  // Unsent: due again, and their attempt was none.
  function giveBack(batches: readonly Batch[]): void {
    limiter.giveBack(batches.length)
    for (const batch of batches) held.delete(batch)
    const deliveries = batches.flatMap((batch) => batch.deliveries)
    const leaseEndsMs = Math.max(...batches.map((batch) => batch.leaseEndsMs))
    hold({ deliveries, leaseEndsMs }, () =>
      releaseDeliveries(database, deliveries).catch((error: unknown) => {
        log('error', `${name}: cannot give back ${deliveries.length} claimed: ${messageOf(error)}`)
      }),
    )
  }
}

const AHEAD_MS = 100
const MOST_AHEAD = 256

/** How much to claim ahead: what goes out in a tenth of a second at the lane's own pace, at most 256 deliveries. */
function createLookahead({ concurrency, batchSize, whenAnswerLost }: Destination) {
  // Of a claim that died unsent nobody knows that it was not sent: where that is left to people, there is none ahead.
  const most = whenAnswerLost === 'unknown' ? 0 : Math.ceil(MOST_AHEAD / batchSize)
  let meanMs = Number.POSITIVE_INFINITY
  return {
    took(durationMs: number): void {
      meanMs = meanMs === Number.POSITIVE_INFINITY ? durationMs : 0.9 * meanMs + 0.1 * durationMs
    },
    batches: (): number =>
      Math.min(most, Math.floor((concurrency * AHEAD_MS) / Math.max(1, meanMs))),
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
  claim: { readonly limit: number; readonly except: readonly string[] },
): Promise<ClaimedBatch> {
  const { name, environment, leaseMs } = destination
  const claimed = await claimDeliveries(database, {
    environment,
    destination: name,
    leaseMs,
    ...claim,
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

async function deliverBatch(
  { database, log }: WorkerOptions,
  destination: Destination,
  batch: readonly ClaimedDelivery[],
): Promise<readonly DeliveryResult[]> {
  const startedAt = database.clock.now()
  try {
    return await guardRepeats(destination, batch, startedAt, (fresh) =>
      activate({ database, log }, destination, fresh, destination.deliver),
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

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
