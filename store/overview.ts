// What happened in the last hours, at a glance: how much came in, where it went, how fast, and what needs somebody.
import type { PoolClient } from 'pg'
import { type Database, inSnapshot } from './database.ts'
import { listDestinationStates } from './destination-states.ts'
import type { DeliveryState } from './ledger.ts'
import { type Alert, alertsOf } from './overview-alerts.ts'

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
  readonly waiting: Readonly<Record<'pending' | 'retrying' | 'held', number>>
  /** Arrival of the oldest event that is pending or retrying. */
  readonly oldest_waiting_at: string | null
  /** From arrival to delivery, milliseconds, of the latest 2000 delivered in the window. */
  readonly latency: { readonly p50_ms: number; readonly p95_ms: number } | null
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
  readonly destinations: readonly DestinationOverview[]
  readonly alerts: readonly Alert[]
}

export interface OverviewOptions {
  readonly environment: string
  readonly destinations: readonly string[]
  readonly window: Window
}

/** Every number is of one instant. @throws TrackLayerError UNAVAILABLE */
export async function readOverview(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  { environment, destinations, window }: OverviewOptions,
): Promise<Overview> {
  const { bucketMs, buckets } = WINDOWS[window]
  const untilMs = clock.now()
  // Buckets lie on whole multiples, so that reading again moves no bar.
  const sinceMs = Math.ceil((untilMs + 1) / bucketMs) * bucketMs - buckets * bucketMs
  const states = await listDestinationStates(pool, environment)
  const read = await inSnapshot(pool, (client) =>
    readRows(client, { environment, destinations, since: new Date(sinceMs), bucketMs }),
  )
  const series = (rows: readonly CountRow[]) => seriesOf(rows, { sinceMs, bucketMs, buckets })
  const overviews = destinations.map((name): DestinationOverview => {
    const state = states.find(({ destination }) => destination === name)
    const of = <Row extends { destination: string }>(rows: readonly Row[]) =>
      rows.filter(({ destination }) => destination === name)
    const settled = (word: DeliveryState) =>
      series(of(read.settled).filter((row) => row.state === word))
    const waiting = (word: DeliveryState) =>
      of(read.waiting).find((row) => row.state === word)?.count ?? 0
    const [latency] = of(read.latencies)
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
      waiting: {
        pending: waiting('pending'),
        retrying: waiting('retrying'),
        held: waiting('held'),
      },
      oldest_waiting_at: oldestOf(of(read.waiting)),
      latency: latency?.p50 == null ? null : { p50_ms: latency.p50, p95_ms: latency.p95 ?? 0 },
      orders: Object.fromEntries(of(read.orders).map((row) => [row.state, row.count])),
    }
  })
  const overview = {
    environment,
    window,
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    bucket_ms: bucketMs,
    messages: {
      accepted: series(read.messages.filter(({ outcome }) => outcome === 'accepted')),
      duplicate: series(read.messages.filter(({ outcome }) => outcome === 'duplicate')),
      unmapped: series(read.messages.filter(({ outcome }) => outcome === 'unmapped')),
    },
    rejected: read.rejected,
    orders: read.orderCount,
    destinations: overviews,
  }
  return { ...overview, alerts: alertsOf(overview, untilMs) }
}

interface CountRow {
  readonly begins_at: Date
  readonly count: number
}

function seriesOf(
  rows: readonly CountRow[],
  { sinceMs, bucketMs, buckets }: { sinceMs: number; bucketMs: number; buckets: number },
): Series {
  const counts = new Array<number>(buckets).fill(0)
  for (const { begins_at, count } of rows) {
    const bucket = (begins_at.getTime() - sinceMs) / bucketMs
    if (bucket >= 0 && bucket < buckets) counts[bucket] = (counts[bucket] ?? 0) + count
  }
  return counts
}

function oldestOf(rows: readonly WaitingRow[]): string | null {
  const times = rows.flatMap(({ oldest_at }) => (oldest_at ? [oldest_at.getTime()] : []))
  return times.length === 0 ? null : new Date(Math.min(...times)).toISOString()
}

interface WaitingRow {
  readonly destination: string
  readonly state: DeliveryState
  readonly count: number
  readonly oldest_at: Date | null
}

interface ReadOptions {
  readonly environment: string
  readonly destinations: readonly string[]
  readonly since: Date
  readonly bucketMs: number
}

async function readRows(
  client: PoolClient,
  { environment, destinations, since, bucketMs }: ReadOptions,
) {
  const ask = async <Row extends object>(text: string, values: readonly unknown[]) =>
    (await client.query<Row>(text, [...values])).rows
  const inWindow = [environment, since, `${bucketMs} milliseconds`]
  const messages = await ask<CountRow & { outcome: string }>(
    `select ${BUCKET('received_at')}, outcome, count(*)::integer as count from messages
     where environment = $1 and received_at >= $2 group by 1, 2`,
    inWindow,
  )
  const settled = await ask<CountRow & { destination: string; state: DeliveryState }>(
    `select ${BUCKET('settled_at')}, destination, state, count(*)::integer as count from deliveries
     where environment = $1 and settled_at is not null and settled_at >= $2 group by 1, 2, 3`,
    inWindow,
  )
  const waiting = await ask<WaitingRow>(WAITING, [environment])
  const latencies = await ask<{ destination: string; p50: number | null; p95: number | null }>(
    LATENCY,
    [environment, destinations, since],
  )
  const orders = await ask<{ destination: string; state: DeliveryState; count: number }>(
    `select d.destination, d.state, count(*)::integer as count
     from events e join deliveries d on d.event_id = e.id
     where e.environment = $1 and e.name = 'purchase' and e.received_at >= $2 group by 1, 2`,
    [environment, since],
  )
  const [sums] = await ask<{ rejected: number; orders: number }>(
    `select (select count(*)::integer from rejections where environment = $1 and received_at >= $2) as rejected,
            (select count(*)::integer from events
             where environment = $1 and name = 'purchase' and received_at >= $2) as orders`,
    [environment, since],
  )
  return {
    messages,
    settled,
    waiting,
    latencies,
    orders,
    rejected: sums?.rejected ?? 0,
    orderCount: sums?.orders ?? 0,
  }
}

// date_bin counts in whole microseconds; epochs are of type numeric, which took six seconds for a million rows.
const BUCKET = (column: string) => `date_bin($3::interval, ${column}, $2) as begins_at`

// An event's number grows with its arrival: the least stands for the oldest.
const WAITING = `
  select w.destination, w.state, w.count, e.received_at as oldest_at
  from (
    select destination, state, count(*)::integer as count,
           min(event_id) filter (where state in ('pending', 'retrying')) as oldest
    from deliveries where environment = $1 and state in ('pending', 'retrying', 'held')
    group by destination, state
  ) w left join events e on e.id = w.oldest`

const LATENCY = `
  select x.destination, l.p50, l.p95
  from unnest($2::text[]) as x (destination)
  cross join lateral (
    select round(percentile_cont(0.5) within group (order by ms))::integer as p50,
           round(percentile_cont(0.95) within group (order by ms))::integer as p95
    from (
      select extract(epoch from d.settled_at - e.received_at) * 1000 as ms
      from (
        select event_id, settled_at from deliveries
        where environment = $1 and destination = x.destination and state = 'delivered' and settled_at >= $3
        order by id desc limit 2000
      ) d join events e on e.id = d.event_id
    ) latest
  ) l`
