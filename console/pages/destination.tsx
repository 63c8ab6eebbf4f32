// One destination: how it is, what goes wrong, how well people are matched, how it is set up, and an event to try it with.
import type {
  DestinationDetail,
  DestinationError,
  DestinationSetup,
  IdentifierGain,
  Overview,
  TestAnswer,
} from '../api-types.ts'
import { Fact, Health, perSecond, States, Switch } from '../parts/destination.tsx'
import { FormToken, Frame } from '../parts/layout.tsx'
import { Bars, type Layer, Legend, Parts } from '../parts/plots.tsx'
import { TestResult } from '../parts/test-result.tsx'
import { Count, duration, Id, Instant, instantText, StateMark } from '../parts/words.tsx'
import { pathWith } from '../store-api.ts'
import { mayAct, type Viewer } from '../viewer.ts'

export interface DestinationProps {
  readonly viewer: Viewer
  readonly destination: DestinationDetail
  readonly overview: Overview
  /** What became of the test event that was just sent. */
  readonly tried: TestAnswer | null
}

export function DestinationPage({ viewer, destination, overview, tried }: DestinationProps) {
  const { name, is_paused, errors, identifiers, setup } = destination
  return (
    <Frame
      viewer={viewer}
      title={name}
      at="/destinations"
      actions={
        <>
          <Health destination={destination} />
          <Switch viewer={viewer} name={name} isPaused={is_paused} isOwnPage />
        </>
      }
    >
      {tried ? <TestResult tried={tried} /> : null}
      <Troubles viewer={viewer} destination={destination} />
      <Now viewer={viewer} destination={destination} overview={overview} />
      <Errors viewer={viewer} name={name} errors={errors} />
      <Day viewer={viewer} destination={destination} overview={overview} />
      <Matching destination={destination} identifiers={identifiers} />
      {setup ? <Setup setup={setup} /> : null}
      <TestForm viewer={viewer} name={name} setup={setup} />
    </Frame>
  )
}

type Shown = Pick<DestinationProps, 'viewer' | 'destination'>

function Troubles({ viewer, destination }: Shown) {
  const { is_paused, reason, changed_at, breakers, setup } = destination
  if (!is_paused && breakers.length === 0 && !setup?.fault) return null
  return (
    <ul class="alerts" aria-label="What keeps it from delivering">
      {is_paused ? (
        <li class="alert alert-warning">
          <b>Paused</b>
          <span>
            {reason ?? 'No reason was given'}
            {changed_at ? (
              <>
                , since <Instant at={changed_at} look={viewer.look} />
              </>
            ) : null}
            . Events wait and nothing is lost; enable it once the cause is gone.
          </span>
        </li>
      ) : null}
      {breakers.map(({ worker, state, since, rest_until }) => (
        <li class="alert alert-critical">
          <b>Breaker</b>
          <span>
            Half of the requests of {worker} failed. It leaves the platform alone since{' '}
            <Instant at={since} look={viewer.look} />;{' '}
            {state === 'open' ? (
              <>
                one request tries again at <Instant at={rest_until} look={viewer.look} />
              </>
            ) : (
              'the next request tries again'
            )}
            .
          </span>
        </li>
      ))}
      {setup?.fault ? (
        <li class="alert alert-critical">
          <b>File</b>
          <span>{setup.fault}</span>
        </li>
      ) : null}
    </ul>
  )
}

function Now({ viewer, destination, overview }: Omit<DestinationProps, 'tried'>) {
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

function Errors({
  viewer,
  name,
  errors,
}: {
  readonly viewer: Viewer
  readonly name: string
  readonly errors: readonly DestinationError[]
}) {
  return (
    <section class="panel" aria-labelledby="errors">
      <header class="panel-head">
        <h2 id="errors">What goes wrong</h2>
        <p class="hint">Given up, in doubt, or being retried, by reason.</p>
      </header>
      {errors.length === 0 ? (
        <p class="hint pad">Nothing: no delivery was given up, is in doubt or waits for a retry.</p>
      ) : (
        <ul class="groups">
          {errors.map((error) => (
            <ErrorGroup viewer={viewer} name={name} error={error} />
          ))}
        </ul>
      )}
    </section>
  )
}

function ErrorGroup({
  viewer,
  name,
  error: { state, reason, count, last_at, example },
}: {
  readonly viewer: Viewer
  readonly name: string
  readonly error: DestinationError
}) {
  return (
    <li class="group">
      <b class="group-count number">
        <Count value={count} />
      </b>
      <div class="group-words">
        <h3>
          <StateMark state={state} />{' '}
          <span class="group-reason">{reason ?? 'no reason was kept'}</span>
        </h3>
        <p class="hint">
          {last_at ? (
            <>
              last <Instant at={last_at} look={viewer.look} />,{' '}
            </>
          ) : null}
          e.g.{' '}
          <a href={`/messages/${encodeURIComponent(example)}#to-${name}`}>
            <Id>{example}</Id>
          </a>
        </p>
      </div>
      {state !== 'retrying' && mayAct(viewer, 'operator') ? (
        <form method="get" action="/replays/new">
          <input type="hidden" name="destination" value={name} />
          {reason === null ? null : <input type="hidden" name="reason" value={reason} />}
          <button type="submit" aria-label={`Dry run of ${count} to ${name}: ${reason ?? ''}`}>
            Dry run…
          </button>
        </form>
      ) : null}
    </li>
  )
}

function Day({
  viewer,
  destination: { name, deliveries },
  overview,
}: Omit<DestinationProps, 'tried'>) {
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

function Matching({
  destination: { match_quality },
  identifiers,
}: {
  readonly destination: Pick<DestinationDetail, 'match_quality'>
  readonly identifiers: readonly IdentifierGain[] | null
}) {
  if (!identifiers || !match_quality) return null
  return (
    <section class="panel" aria-labelledby="matching">
      <header class="panel-head">
        <h2 id="matching">Match quality: {match_quality.average.toFixed(1)} of 10</h2>
        <p class="hint">
          Our estimate from what the last {match_quality.events} events carry, not the platform’s
          own score.
        </p>
      </header>
      <section class="scroll" tabindex={0} aria-labelledby="matching">
        <table class="matching">
          <thead>
            <tr>
              <th scope="col">Identifier</th>
              <th scope="col">Carried by</th>
              <th scope="col" class="number">
                Would bring
              </th>
              <th scope="col">How</th>
            </tr>
          </thead>
          <tbody>
            {identifiers.map(({ identifier, share, gain, hint }) => (
              <tr>
                <th scope="row">
                  <code>{identifier}</code>
                </th>
                <td>
                  <span class="share">
                    <Parts
                      label={`${Math.round(share * 100)} % of events`}
                      shares={[
                        { name: 'with it', tone: 'green', count: share },
                        { name: 'without', tone: 'none', count: 1 - share },
                      ]}
                    />
                    {Math.round(share * 100)} %
                  </span>
                </td>
                <td class="number">
                  {gain > 0 ? `+${gain.toFixed(1)}` : <span class="zero">–</span>}
                </td>
                <td class="hint">{share < 1 ? hint : 'every event carries it'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}

const UNKNOWN = {
  hold: 'waits for an answer',
  deny: 'is not sent',
  allow: 'is sent',
} as const

function Setup({ setup }: { readonly setup: DestinationSetup }) {
  const { definition, receives, concurrency, batch_size, max_age_ms, consent } = setup
  return (
    <section class="panel" aria-labelledby="setup">
      <header class="panel-head">
        <h2 id="setup">How it is set up</h2>
        <p class="hint">
          <code>mappings/destinations/</code>
        </p>
      </header>
      <dl class="facts facts-wide">
        <Fact name="Definition">{definition}</Fact>
        <Fact name="Gets">{receives === 'audiences' ? 'audience changes' : 'events'}</Fact>
        <Fact name="Requests at once">{concurrency}</Fact>
        <Fact name="Events in a request">{batch_size === 1 ? '1' : `up to ${batch_size}`}</Fact>
        <Fact name="Oldest event taken">{max_age_ms === null ? 'any' : duration(max_age_ms)}</Fact>
        <Fact name="Consent">
          {consent === null ? 'not asked for' : consent.categories.join(', ')}
        </Fact>
        {consent ? <Fact name="Without an answer">an event {UNKNOWN[consent.unknown]}</Fact> : null}
      </dl>
    </section>
  )
}

function TestForm({
  viewer,
  name,
  setup,
}: {
  readonly viewer: Viewer
  readonly name: string
  readonly setup: DestinationSetup | null
}) {
  if (!mayAct(viewer, 'operator')) return null
  const mode = setup?.test_mode
  return (
    <section class="panel" aria-labelledby="try">
      <header class="panel-head">
        <h2 id="try">Send a test event</h2>
        <p class="hint">Made up, by the real mapping and the real connection. It is no delivery.</p>
      </header>
      {setup === null ? (
        <p class="hint pad">
          This store runs without its destinations. Where the worker runs:{' '}
          <code>tracklayer destination test {name}</code>
        </p>
      ) : (
        <form
          method="post"
          action={`/destinations/${encodeURIComponent(name)}/test`}
          class="row pad"
        >
          <FormToken token={viewer.formToken} />
          <label>
            <span>Event in Segment</span>
            <input name="event" value="Order Completed" required maxlength={200} />
          </label>
          {mode?.needs_code ? (
            <label>
              <span>Test code of the platform</span>
              <input name="test_code" placeholder="TEST12345" maxlength={100} />
            </label>
          ) : null}
          {mode ? null : (
            <label class="check">
              <input type="checkbox" name="send_real" value="yes" required />
              <span>There is no test mode here: it counts, and I mean it</span>
            </label>
          )}
          <button type="submit">Send</button>
          {mode ? <p class="hint wide">{mode.says}</p> : null}
        </form>
      )}
      <p class="hint pad">
        <a href={pathWith('/events', { destination: name })}>Events for {name}</a> ·{' '}
        <a href="/dead-letters">Dead letters</a>
      </p>
    </section>
  )
}
