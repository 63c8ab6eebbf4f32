import type { DestinationOverview, DestinationStory } from '../api-types.ts'
import { Empty, FormToken, Frame } from '../parts/layout.tsx'
import { Parts } from '../parts/plots.tsx'
import { Count, duration, Instant, percent, reasonText, StateMark } from '../parts/words.tsx'
import { pathWith } from '../store-api.ts'
import { mayAct, type Viewer } from '../viewer.ts'

export interface DestinationsProps {
  readonly viewer: Viewer
  readonly destinations: readonly DestinationStory[]
  readonly overviews: readonly DestinationOverview[]
}

export function DestinationsPage({ viewer, destinations, overviews }: DestinationsProps) {
  return (
    <Frame viewer={viewer} title="Destinations" at="/destinations">
      {destinations.length === 0 ? (
        <Empty title="No destination is on">
          Give one its settings in the store’s environment; <code>tracklayer store serve</code>{' '}
          prints which are off and what each is missing.
        </Empty>
      ) : (
        <div class="cards">
          {destinations.map((destination) => (
            <DestinationCard
              viewer={viewer}
              destination={destination}
              overview={overviews.find(({ name }) => name === destination.name) ?? null}
            />
          ))}
        </div>
      )}
    </Frame>
  )
}

interface CardProps {
  readonly viewer: Viewer
  readonly destination: DestinationStory
  readonly overview: DestinationOverview | null
}

function DestinationCard({ viewer, destination, overview }: CardProps) {
  const { name, is_paused, reason, changed_at, deliveries } = destination
  const oldest = overview?.oldest_waiting_at
  return (
    <article class="panel card" id={name} aria-labelledby={`name-${name}`}>
      <header class="panel-head">
        <h2 id={`name-${name}`}>{name}</h2>
        <span class={is_paused ? 'health health-paused' : 'health health-on'}>
          {is_paused ? 'Paused' : 'Delivering'}
        </span>
        <Switch viewer={viewer} name={name} isPaused={is_paused} />
      </header>
      {is_paused ? (
        <p class="warning pad">
          {reason ?? 'No reason was given'}
          {changed_at ? (
            <>
              , since <Instant at={changed_at} look={viewer.look} />
            </>
          ) : null}
          . Events wait and nothing is lost; enable it once the cause is gone.
        </p>
      ) : null}
      <dl class="facts">
        <Fact name="Latency p50 / p95">
          {overview?.latency
            ? `${duration(overview.latency.p50_ms)} / ${duration(overview.latency.p95_ms)}`
            : '–'}
        </Fact>
        <Fact name="Oldest waiting">
          {oldest ? duration(viewer.look.nowMs - Date.parse(oldest)) : 'nothing waits'}
        </Fact>
        <Fact name="Delivered of all">
          {deliveries ? percent(deliveries.delivered, deliveries.total) : '–'}
        </Fact>
        <Fact name="Match quality">
          {destination.match_quality
            ? `${destination.match_quality.average.toFixed(1)} of 10`
            : '–'}
        </Fact>
      </dl>
      {deliveries ? <States name={name} deliveries={deliveries} /> : null}
      <Missing destination={destination} />
    </article>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children?: unknown }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children as string}</dd>
    </div>
  )
}

function Switch({
  viewer,
  name,
  isPaused,
}: {
  readonly viewer: Viewer
  readonly name: string
  readonly isPaused: boolean
}) {
  if (!mayAct(viewer, 'operator')) return null
  const action = isPaused ? 'enable' : 'pause'
  return (
    <form method="post" action={`/destinations/${encodeURIComponent(name)}/${action}`}>
      <FormToken token={viewer.formToken} />
      <button type="submit" aria-label={`${isPaused ? 'Enable' : 'Pause'} ${name}`}>
        {isPaused ? 'Enable' : 'Pause'}
      </button>
    </form>
  )
}

const SHOWN = ['delivered', 'filtered', 'held', 'pending', 'retrying', 'dead', 'unknown'] as const

const TONES: Readonly<Record<(typeof SHOWN)[number], string>> = {
  delivered: 'green',
  filtered: 'grey',
  held: 'violet',
  pending: 'amber',
  retrying: 'amber',
  dead: 'red',
  unknown: 'red',
}

function States({
  name,
  deliveries,
}: {
  readonly name: string
  readonly deliveries: NonNullable<DestinationStory['deliveries']>
}) {
  const present = SHOWN.filter((state) => deliveries[state] > 0)
  return (
    <>
      <Parts
        label={present.map((state) => `${deliveries[state]} ${state}`).join(', ')}
        shares={present.map((state) => ({
          name: state,
          tone: TONES[state],
          count: deliveries[state],
        }))}
      />
      <ul class="reasons">
        {present.map((state) => (
          <li>
            <a class="plain" href={pathWith('/events', { state, destination: name })}>
              <StateMark state={state} />
              <b class="number">
                <Count value={deliveries[state]} />
              </b>
            </a>
            <Reasons reasons={deliveries.reasons[state] ?? {}} />
          </li>
        ))}
      </ul>
    </>
  )
}

const MOST = 4

function Reasons({ reasons }: { readonly reasons: Readonly<Record<string, number>> }) {
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b - a)
  if (sorted.length === 0) return null
  return (
    <ul>
      {sorted.slice(0, MOST).map(([reason, count]) => (
        <li>
          <span class="hint">{reasonText(reason)}</span>
          <span class="number">
            <Count value={count} />
          </span>
        </li>
      ))}
      {sorted.length > MOST ? <li class="hint">and {sorted.length - MOST} other reasons</li> : null}
    </ul>
  )
}

function Missing({ destination: { match_quality } }: { readonly destination: DestinationStory }) {
  if (!match_quality || match_quality.missing.length === 0) return null
  return (
    <div class="missing">
      <h3>What would help to match people</h3>
      <ul>
        {match_quality.missing.map(({ identifier, share }) => (
          <li>
            <code>{identifier}</code>
            <span class="hint">missing in {Math.round(share * 100)} %</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
