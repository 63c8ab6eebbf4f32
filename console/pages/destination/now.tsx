// How a destination keeps up: what it delivers, how fast, and what waits.
import type { DestinationDetail, Overview } from '../../api-types.ts'
import { Fact, perSecond } from '../../parts/destination.tsx'
import { duration } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'

interface NowProps {
  readonly viewer: Viewer
  readonly destination: DestinationDetail
  readonly overview: Overview
}

export function Now({ viewer, destination, overview }: NowProps) {
  const { deliveries, setup, match_quality } = destination
  const mine = overview.destinations.find(({ name }) => name === destination.name)
  const { nowMs } = viewer.look
  const due = deliveries?.first_due_at
  return (
    <section class="panel" aria-label="Now">
      <dl class="facts facts-wide">
        <Fact name="Delivered, last minute">{deliveries ? perSecond(deliveries) : '0 / s'}</Fact>
        <Fact name="Limit of each process">
          {setup?.rate_per_second ? `${setup.rate_per_second} requests / s` : 'none'}
        </Fact>
        <Fact name="Latency p50 / p95">
          {mine?.latency
            ? `${duration(mine.latency.p50_ms)} / ${duration(mine.latency.p95_ms)}`
            : '–'}
        </Fact>
        <Fact name="Oldest event waiting">
          {mine?.oldest_waiting_at
            ? duration(nowMs - Date.parse(mine.oldest_waiting_at))
            : 'nothing waits'}
        </Fact>
        <Fact name="Queue is behind by">
          {due && Date.parse(due) < nowMs ? duration(nowMs - Date.parse(due)) : 'nothing'}
        </Fact>
        <Fact name="Match quality">
          {match_quality ? `${match_quality.average.toFixed(1)} of 10` : 'not estimated'}
        </Fact>
      </dl>
    </section>
  )
}
