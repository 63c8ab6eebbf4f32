// What happened in the last hours, at a glance: how much came in, where it went, how fast, and what needs somebody.
import { type Breaker, listBreakers } from './breakers.ts'
import { type Database, inSnapshot } from './database.ts'
import { type DestinationState, listDestinationStates } from './destination-states.ts'
import { type Latency, readLatencies } from './latencies.ts'
import type { DeliveryState } from './ledger.ts'
import type { OrderCount, SlotCount } from './minute-counts.ts'
import { MINUTE_MS } from './minute-tallies.ts'
import { type Alert, alertsOf } from './overview-alerts.ts'
import { findNewViolations, type NewViolations } from './violations.ts'
import { countWaiting, type WaitingCount, type WaitingState } from './waiting-counts.ts'
import { countWindow, type WindowCounts } from './window-counts.ts'

export const WINDOWS = {
  '15m': { bucketMs: 15_000, buckets: 60 },
  '1h': { bucketMs: 60_000, buckets: 60 },
  '24h': { bucketMs: 30 * 60_000, buckets: 48 },
  '7d': { bucketMs: 3 * 3_600_000, buckets: 56 },
} as const
export type Window = keyof typeof WINDOWS

/** Counts by bucket, the oldest first. */
export type Series = readonly number[]

export interface DestinationOverview {
  readonly name: string
  readonly is_paused: boolean
  readonly paused_reason: string | null
  /** Settled in the window, by state. */
  readonly settled: Readonly<Record<'delivered' | 'filtered' | 'dead' | 'unknown', Series>>
  /** Waiting now, whenever they came. */
  readonly waiting: Readonly<Record<WaitingState, number>>
  /** States of which more wait than are counted (10,000). */
  readonly waiting_is_partial: readonly WaitingState[]
  /** Arrival of the oldest event that is pending or retrying. */
  readonly oldest_waiting_at: string | null
  /** Circuit breakers that keep requests back. */
  readonly breakers: readonly Breaker[]
  /** From arrival to delivery, milliseconds, of the latest 100 delivered in the window. */
  readonly latency: Latency | null
  /** Of purchases that came in the window: how many are in each state. */
  readonly orders: Readonly<Partial<Record<DeliveryState, number>>>
}

export interface Overview {
  readonly environment: string
  readonly window: Window
  readonly since: string
  readonly until: string
  readonly bucket_ms: number
  readonly messages: Readonly<Record<'accepted' | 'duplicate' | 'unmapped', Series>>
  readonly rejected: number
  /** Distinct purchases that came in the window. */
  readonly orders: number
  /** Of them, those whose rows in the ledger are not as many as they are owed. */
  readonly unbalanced_orders: number
  /** Violations of the tracking plan whose kind was seen for the first time in the window. */
  readonly new_violations: NewViolations
  /** False when more than 5000 orders are open: the oldest of them are not in the states of orders. */
  readonly has_all_orders: boolean
  readonly destinations: readonly DestinationOverview[]
  readonly alerts: readonly Alert[]
}

export interface OverviewOptions {
  readonly environment: string
  readonly destinations: readonly string[]
  readonly window: Window
  /** Those of them by which conversions go back to Segment. */
  readonly returning?: ReadonlySet<string>
}

/** Every number is of one instant. @throws TrackLayerError UNAVAILABLE */
export async function readOverview(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  { environment, destinations, window, returning = new Set() }: OverviewOptions,
): Promise<Overview> {
  const { bucketMs, buckets } = WINDOWS[window]
  const untilMs = clock.now()
  // Buckets lie on whole multiples, so that reading again moves no bar.
  const sinceMs = Math.ceil((untilMs + 1) / bucketMs) * bucketMs - buckets * bucketMs
  const since = new Date(sinceMs)
  const read = await inSnapshot(pool, async (client) => {
    const span = { from: since, to: new Date(untilMs + LATE_MS) }
    const counts = await countWindow(client, { environment, span, slotMs: bucketMs })
    return {
      counts,
      states: await listDestinationStates(client, environment),
      breakers: await listBreakers(client, environment, untilMs),
      waiting: await countWaiting(client, environment, destinations, untilMs),
      latencies: await readLatencies(client, environment, counts.latest),
      newViolations: await findNewViolations(client, environment, since),
    }
  })
  const { counts, newViolations } = read
  const series = (rows: readonly SlotCount[]) => seriesOf(rows, { sinceMs, bucketMs, buckets })
  const messages = (word: string) =>
    series(counts.messages.filter(({ outcome }) => outcome === word))
  const overview = {
    environment,
    window,
    since: since.toISOString(),
    until: new Date(untilMs).toISOString(),
    bucket_ms: bucketMs,
    messages: {
      accepted: messages('accepted'),
      duplicate: messages('duplicate'),
      unmapped: messages('unmapped'),
    },
    rejected: counts.rejected.reduce((sum, { count }) => sum + count, 0),
    orders: counts.purchases.count,
    unbalanced_orders: counts.purchases.unbalanced,
    new_violations: newViolations,
    has_all_orders: counts.hasAllOrders,
    destinations: destinations.map((name) => destinationOverview(name, read, series)),
  }
  return { ...overview, alerts: alertsOf(overview, returning, untilMs) }
}

// Another store's clock may be ahead of this one's.
const LATE_MS = MINUTE_MS

interface ReadRows {
  readonly counts: WindowCounts
  readonly states: readonly DestinationState[]
  readonly breakers: readonly Breaker[]
  readonly waiting: readonly WaitingCount[]
  readonly latencies: ReadonlyMap<string, Latency>
}

function destinationOverview(
  name: string,
  { counts, states, breakers, waiting, latencies }: ReadRows,
  series: (rows: readonly SlotCount[]) => Series,
): DestinationOverview {
  const state = states.find(({ destination }) => destination === name)
  const of = <Row extends { destination: string }>(rows: readonly Row[]) =>
    rows.filter(({ destination }) => destination === name)
  const all = of(counts.settled)
  const settled = (word: DeliveryState) => series(all.filter((row) => row.state === word))
  const waits = of(waiting)
  const count = (word: WaitingState) => waits.find((row) => row.state === word)?.count ?? 0
  return {
    name,
    is_paused: state?.is_paused ?? false,
    paused_reason: state?.is_paused ? state.reason : null,
    settled: {
      delivered: settled('delivered'),
      filtered: settled('filtered'),
      dead: settled('dead'),
      unknown: settled('unknown'),
    },
    waiting: { pending: count('pending'), retrying: count('retrying'), held: count('held') },
    waiting_is_partial: waits.flatMap((row) => (row.is_partial ? [row.state] : [])),
    oldest_waiting_at: oldestOf(waits.filter((row) => row.state !== 'held')),
    breakers: of(breakers),
    latency: latencies.get(name) ?? null,
    orders: sumsOf(of(counts.orderStates)),
  }
}

function sumsOf(rows: readonly OrderCount[]): Partial<Record<DeliveryState, number>> {
  const sums: Partial<Record<DeliveryState, number>> = {}
  for (const { state, count } of rows) sums[state] = (sums[state] ?? 0) + count
  return sums
}

function seriesOf(
  rows: readonly SlotCount[],
  { sinceMs, bucketMs, buckets }: { sinceMs: number; bucketMs: number; buckets: number },
): Series {
  const counts = new Array<number>(buckets).fill(0)
  for (const { begins_at, count } of rows) {
    const bucket = Math.floor((begins_at.getTime() - sinceMs) / bucketMs)
    if (bucket >= 0 && bucket < buckets) counts[bucket] = (counts[bucket] ?? 0) + count
  }
  return counts
}

function oldestOf(rows: readonly WaitingCount[]): string | null {
  const times = rows.map(({ oldest_at }) => oldest_at.getTime())
  return times.length === 0 ? null : new Date(Math.min(...times)).toISOString()
}
