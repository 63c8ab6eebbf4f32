// How long deliveries took from arrival, of the latest of each destination: looked for where some settled, so that a
// quiet destination beside busy ones costs no more than they do.
import type { PoolClient } from 'pg'
import type { SettledSlot } from './window-counts.ts'

export interface Latency {
  readonly p50_ms: number
  readonly p95_ms: number
}

/** Deliveries looked at of each destination: enough for the slowest in twenty. */
const SAMPLE = 100
const MOST_LOOKED_AT = 5000

export async function readLatencies(
  client: Pick<PoolClient, 'query'>,
  environment: string,
  latest: readonly SettledSlot[],
): Promise<ReadonlyMap<string, Latency>> {
  const spans = latestSpans(latest)
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
function latestSpans(latest: readonly SettledSlot[]): ReadonlyMap<string, SampleSpan> {
  const spans = new Map<string, SampleSpan>()
  for (const { from, to, settled } of latest) {
    const looked = Object.values(settled).reduce(
      (sum, states) => sum + Object.values(states).reduce((all, count) => all + count, 0),
      0,
    )
    for (const name of Object.keys(settled))
      if (!spans.has(name) && settled[name]?.delivered) {
        spans.set(name, { from, to, delivered: 0, looked: 0 })
      }
    for (const [name, span] of spans) {
      if (span.delivered >= SAMPLE || span.looked >= MOST_LOOKED_AT) continue
      const delivered = span.delivered + (settled[name]?.delivered ?? 0)
      spans.set(name, { from, to: span.to, delivered, looked: span.looked + looked })
    }
  }
  return spans
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
