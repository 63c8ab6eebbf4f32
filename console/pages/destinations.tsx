import type { DestinationList, DestinationOverview, DestinationStory } from '../api-types.ts'
import { Fact, Health, perSecond, States, Switch } from '../parts/destination.tsx'
import { Empty, Frame } from '../parts/layout.tsx'
import { duration, Id, Instant } from '../parts/words.tsx'
import type { Viewer } from '../viewer.ts'

export interface DestinationsProps {
  readonly viewer: Viewer
  readonly destinations: readonly DestinationStory[]
  readonly off: DestinationList['off']
  readonly overviews: readonly DestinationOverview[]
}

export function DestinationsPage({ viewer, destinations, off, overviews }: DestinationsProps) {
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
      <Off off={off} />
    </Frame>
  )
}

interface CardProps {
  readonly viewer: Viewer
  readonly destination: DestinationStory
  readonly overview: DestinationOverview | null
}

function DestinationCard({ viewer, destination, overview }: CardProps) {
  const { name, is_paused, reason, changed_at, deliveries, match_quality } = destination
  const oldest = overview?.oldest_waiting_at
  return (
    <article class="panel card" id={name} aria-labelledby={`name-${name}`}>
      <header class="panel-head">
        <h2 id={`name-${name}`}>
          <a href={`/destinations/${encodeURIComponent(name)}`}>{name}</a>
        </h2>
        <Health destination={destination} />
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
        <Fact name="Delivered now">{deliveries ? perSecond(deliveries) : '–'}</Fact>
        <Fact name="Latency p50 / p95">
          {overview?.latency
            ? `${duration(overview.latency.p50_ms)} / ${duration(overview.latency.p95_ms)}`
            : '–'}
        </Fact>
        <Fact name="Oldest waiting">
          {oldest ? duration(viewer.look.nowMs - Date.parse(oldest)) : 'nothing waits'}
        </Fact>
        <Fact name="Match quality">
          {match_quality ? `${match_quality.average.toFixed(1)} of 10` : '–'}
        </Fact>
      </dl>
      {deliveries ? (
        <States name={name} deliveries={deliveries} />
      ) : (
        <p class="hint pad">Nothing came for it in the last day, and nothing waits.</p>
      )}
    </article>
  )
}

function Off({ off }: Pick<DestinationsProps, 'off'>) {
  if (off.length === 0) return null
  return (
    <section class="panel" aria-labelledby="off">
      <header class="panel-head">
        <h2 id="off">Off here</h2>
        <p class="hint">Set these variables for the store and start it again.</p>
      </header>
      <ul class="off">
        {off.map(({ name, missing }) => (
          <li>
            <b>{name}</b>
            <span>
              {missing.map((variable) => (
                <>
                  <Id>{variable}</Id>{' '}
                </>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
