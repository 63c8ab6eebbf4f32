// What a destination's deliveries came to over the last day, as it went and in sum.
import type { DestinationDetail, Overview } from '../../api-types.ts'
import { States } from '../../parts/destination.tsx'
import { Bars, type Layer, Legend } from '../../parts/plots.tsx'
import { instantText } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'

interface DayProps {
  readonly viewer: Viewer
  readonly destination: DestinationDetail
  readonly overview: Overview
}

export function Day({ viewer, destination: { name, deliveries }, overview }: DayProps) {
  const mine = overview.destinations.find((each) => each.name === name)
  if (!mine || !deliveries) return null
  const layers: readonly Layer[] = [
    { name: 'delivered', tone: 'green', values: mine.settled.delivered },
    { name: 'filtered', tone: 'grey', values: mine.settled.filtered },
    { name: 'unknown', tone: 'amber', values: mine.settled.unknown },
    { name: 'dead', tone: 'red', values: mine.settled.dead },
  ]
  const names = mine.settled.delivered.map((_, at) =>
    instantText(
      new Date(Date.parse(overview.since) + at * overview.bucket_ms).toISOString(),
      viewer.look,
    ).slice(0, 12),
  )
  return (
    <section class="panel" aria-labelledby="day">
      <header class="panel-head">
        <h2 id="day">Last 24 hours</h2>
        <Legend layers={layers} />
      </header>
      <Bars
        label="Settled deliveries over the last day"
        layers={layers}
        names={names}
        tick={(text) => text.slice(7, 12)}
      />
      <div class="card">
        <States name={name} deliveries={deliveries} withReasons />
        <p class="hint pad">
          Settled in the last 24 hours, and what waits now.
          {deliveries.has_all_reasons ? '' : ' Reasons are shares of the latest 5,000.'}{' '}
          <code>tracklayer reconcile</code> adds up the whole ledger.
        </p>
      </div>
    </section>
  )
}
