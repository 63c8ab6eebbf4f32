// How long deliveries took from arrival, of the latest of each destination: looked for where some settled, so that a
// quiet destination beside busy ones costs no more than they do.
import type { PoolClient } from 'pg'
import type { SettledCount } from './minute-counts.ts'

export interface Latency {
  readonly p50_ms: number
  readonly p95_ms: number
}

/** Deliveries looked at of each destination: enough for the slowest in twenty. */
const SAMPLE = 200
const MOST_LOOKED_AT = 20_000

export async function readLatencies(
  client: Pick<PoolClient, 'query'>,
  environment: string,
  settled: readonly SettledCount[],
  slotMs: number,
): Promise<ReadonlyMap<string, Latency>> {
  const spans = latestSpans(settled, slotMs)
  const { rows } = await client.query<{ destination: string; p50: number; p95: number }>(LATENCY, [
    environment,
    [...spans.keys()],
    [...spans.values()].map(({ from }) => new Date(from)),
    [...spans.values()].map(({ to }) => new Date(to)),
  ])
  return new Map(
    rows.map(({ destination, p50, p95 }) => [destination, { p50_ms: p50, p95_ms: p95 }]),
  )
}

interface SampleSpan {
  readonly from: number
  readonly to: number
  readonly delivered: number
  /** Settled in it, whatever and wherever: what is read to find those delivered. */
  readonly looked: number
}

// From the latest slot in which the destination delivered back to where there are enough, or too much lies between.
function latestSpans(
  settled: readonly SettledCount[],
  slotMs: number,
): ReadonlyMap<string, SampleSpan> {
  const spans = new Map<string, SampleSpan>()
  for (const [from, rows] of [...bySlot(settled)].sort(([a], [b]) => b - a)) {
    const all = rows.reduce((sum, { count }) => sum + count, 0)
    const delivered = new Map(
      rows.flatMap(({ destination, state, count }) =>
        state === 'delivered' ? [[destination, count] as const] : [],
      ),
    )
    for (const name of new Set([...spans.keys(), ...delivered.keys()])) {
      const span = spans.get(name) ?? { from, to: from + slotMs, delivered: 0, looked: 0 }
      if (span.delivered >= SAMPLE || span.looked >= MOST_LOOKED_AT) continue
      spans.set(name, {
        from,
        to: span.to,
        delivered: span.delivered + (delivered.get(name) ?? 0),
        looked: span.looked + all,
      })
    }
  }
  return spans
}

function bySlot(settled: readonly SettledCount[]): ReadonlyMap<number, readonly SettledCount[]> {
  const slots = new Map<number, SettledCount[]>()
  for (const row of settled) {
    const at = row.begins_at.getTime()
    const slot = slots.get(at)
    if (slot) slot.push(row)
    else slots.set(at, [row])
  }
  return slots
}

const LATENCY = `
  select x.destination, l.p50, l.p95
  from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as x (destination, from_at, to_at)
  cross join lateral (
    select round(percentile_cont(0.5) within group (order by ms))::integer as p50,
           round(percentile_cont(0.95) within group (order by ms))::integer as p95
    from (
      select extract(epoch from d.settled_at - e.received_at) * 1000 as ms
      from (
        select event_id, settled_at from deliveries
        where environment = $1 and settled_at >= x.from_at and settled_at < x.to_at
          and destination = x.destination and state = 'delivered'
        order by settled_at desc limit ${SAMPLE}
      ) d join events e on e.id = d.event_id
    ) latest
  ) l where l.p50 is not null`
