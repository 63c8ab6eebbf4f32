import type { DestinationOverview, Overview } from '../api-types.ts'
import { Frame } from '../parts/layout.tsx'
import { Bars, type Layer, Legend, Parts, Spark } from '../parts/plots.tsx'
import { Count, duration, instantText, percent, StateMark, whole } from '../parts/words.tsx'
import { pathWith } from '../store-api.ts'
import type { Viewer } from '../viewer.ts'

const WINDOWS = [
  ['15m', '15 min'],
  ['1h', 'Hour'],
  ['24h', 'Day'],
  ['7d', 'Week'],
] as const

export interface OverviewProps {
  readonly viewer: Viewer
  readonly overview: Overview
}

export function OverviewPage({ viewer, overview }: OverviewProps) {
  const { messages, bucket_ms, since } = overview
  const layers: readonly Layer[] = [
    { name: 'accepted', tone: 'accent', values: messages.accepted },
    { name: 'duplicate', tone: 'amber', values: messages.duplicate },
    { name: 'unmapped', tone: 'grey', values: messages.unmapped },
  ]
  const names = messages.accepted.map((_, at) =>
    instantText(new Date(Date.parse(since) + at * bucket_ms).toISOString(), viewer.look).slice(
      0,
      12,
    ),
  )
  return (
    <Frame
      viewer={viewer}
      title="Overview"
      at="/"
      refreshSeconds={10}
      actions={<WindowChoice current={overview.window} />}
    >
      <Alerts overview={overview} />
      <Figures overview={overview} />
      <Accuracy overview={overview} />
      <section class="panel" aria-labelledby="arrivals">
        <header class="panel-head">
          <h2 id="arrivals">Messages from Segment</h2>
          <Legend layers={layers} />
        </header>
        <Bars
          label="Messages over time, by outcome"
          layers={layers}
          names={names}
          tick={overview.window === '7d' ? (name) => name.slice(0, 6) : (name) => name.slice(7, 12)}
        />
      </section>
      <section class="panel" aria-labelledby="by-destination">
        <header class="panel-head">
          <h2 id="by-destination">Destinations</h2>
          <p class="hint">Settled in this window; what waits, waits now.</p>
        </header>
        <DestinationTable overview={overview} />
      </section>
    </Frame>
  )
}

function WindowChoice({ current }: { readonly current: Overview['window'] }) {
  return (
    <nav class="choice" aria-label="Time window">
      {WINDOWS.map(([window, name]) => (
        <a href={`/?window=${window}`} aria-current={window === current ? 'true' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  )
}

function Alerts({ overview: { alerts } }: { readonly overview: Overview }) {
  if (alerts.length === 0) return null
  return (
    <ul class="alerts" aria-label="Open alerts">
      {alerts.map(({ severity, code, destination, audience, message }) => (
        <li class={`alert alert-${severity}`}>
          <b>{severity === 'critical' ? 'Act now' : 'Look'}</b>
          <a
            href={
              audience ? `/audiences/${encodeURIComponent(audience)}` : placeOf(code, destination)
            }
          >
            {message}
          </a>
        </li>
      ))}
    </ul>
  )
}

/** Where each alert is looked into. */
function placeOf(code: string, destination: string | null): string {
  const own = destination === null ? '/destinations' : ownPage(destination)
  switch (code) {
    case 'dead_letters':
    case 'returns_failing':
      return `${own}#errors`
    case 'outcome_unknown':
      return pathWith('/events', { state: 'unknown', destination: destination ?? undefined })
    case 'rejected':
      return '/events'
    case 'ledger_unbalanced':
      return pathWith('/events', { name: 'purchase' })
    case 'violations_new':
      return '/mappings/violations'
    default:
      return own
  }
}

const ownPage = (name: string) => `/destinations/${encodeURIComponent(name)}`

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function Figures({ overview }: { readonly overview: Overview }) {
  const { messages, rejected, destinations, orders } = overview
  const came = sum(messages.accepted) + sum(messages.duplicate) + sum(messages.unmapped) + rejected
  const delivered = sum(destinations.flatMap(({ settled }) => settled.delivered))
  const dead = sum(destinations.flatMap(({ settled }) => settled.dead))
  const waiting = sum(
    destinations.flatMap(({ waiting: { pending, retrying } }) => [pending, retrying]),
  )
  const held = sum(destinations.map(({ waiting: { held: each } }) => each))
  const accuracy = accuracyOf(destinations)
  return (
    <dl class="figures">
      <Figure
        name="Messages"
        value={whole(came)}
        note={`${whole(rejected)} rejected`}
        href="/events"
      />
      <Figure
        name="Orders"
        value={whole(orders)}
        note="distinct, whoever reported them"
        href="/events?name=purchase"
      />
      <Figure
        name="Accuracy"
        value={percent(accuracy.explained, accuracy.all)}
        note={`${whole(accuracy.counted)} counted, ${whole(accuracy.explained - accuracy.counted)} ignored with a reason`}
        href="#accuracy"
      />
      <Figure
        name="Delivered"
        value={whole(delivered)}
        note="at all destinations"
        href="/events?state=delivered"
      />
      <Figure
        name="Waiting"
        value={whole(waiting)}
        note={`and ${whole(held)} held for consent`}
        href="/events?state=held"
      />
      <Figure
        name="Dead"
        value={whole(dead)}
        note="given up, kept whole"
        href="/events?state=dead"
        isBad={dead > 0}
      />
    </dl>
  )
}

// Of what orders owe to destinations: counted there, or left out for a reason that stands in the ledger.
function accuracyOf(destinations: readonly DestinationOverview[]) {
  const of = (state: keyof DestinationOverview['orders']) =>
    sum(destinations.map(({ orders }) => orders[state] ?? 0))
  const counted = of('delivered')
  const explained = counted + of('filtered') + of('held')
  const underWay = of('retrying') + of('pending')
  const lost = of('dead') + of('unknown')
  return { counted, explained, underWay, lost, all: explained + underWay + lost }
}

function Accuracy({ overview: { destinations, orders, has_all_orders } }: OverviewPart) {
  const { counted, explained, underWay, lost, all } = accuracyOf(destinations)
  if (all === 0) return null
  return (
    <details class="panel explained" id="accuracy">
      <summary>
        <b>Accuracy {percent(explained, all)}</b>{' '}
        <span class="hint">how it is counted, and what is missing to 100 %</span>
      </summary>
      <p class="pad">
        {whole(orders)} orders came in this window and owe {whole(all)} deliveries, one for each
        order and destination. {whole(counted)} were delivered. {whole(explained - counted)} were
        left out for a reason that stands in the ledger: no consent, no trigger, too old, or held
        until the person answers. {whole(underWay)} are under way, and {whole(lost)} are dead or in
        doubt: those two are what is missing.
        {has_all_orders ? '' : ' More than 5,000 orders are open; the oldest of them are left out.'}
      </p>
      <ul class="pad evidence">
        {destinations.flatMap(({ name, orders: of }) => {
          const missing = (of.dead ?? 0) + (of.unknown ?? 0)
          const waits = (of.pending ?? 0) + (of.retrying ?? 0)
          return missing + waits === 0
            ? []
            : [
                <li>
                  <a href={`${ownPage(name)}#errors`}>{name}</a>: {whole(missing)} dead or in doubt,{' '}
                  {whole(waits)} under way
                </li>,
              ]
        })}
      </ul>
    </details>
  )
}

interface OverviewPart {
  readonly overview: Overview
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly note: string
  readonly href: string
  readonly isBad?: boolean
}

function Figure({ name, value, note, href, isBad = false }: FigureProps) {
  return (
    <div class={isBad ? 'figure figure-bad' : 'figure'}>
      <dt>{name}</dt>
      <dd>
        <a href={href}>{value}</a>
        <span class="hint">{note}</span>
      </dd>
    </div>
  )
}

function DestinationTable({ overview: { destinations } }: OverviewPart) {
  return (
    <section class="scroll" tabindex={0} aria-labelledby="by-destination">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Destination</th>
            <th scope="col">Over time</th>
            <th scope="col" class="number">
              <StateMark state="delivered" />
            </th>
            <th scope="col" class="number">
              <StateMark state="filtered" />
            </th>
            <th scope="col" class="number">
              <StateMark state="held" />
            </th>
            <th scope="col" class="number">
              <StateMark state="retrying" />
            </th>
            <th scope="col" class="number">
              <StateMark state="dead" />
            </th>
            <th scope="col">Orders</th>
            <th
              scope="col"
              class="number"
              title="From arrival to delivery: half of them, 95 of 100"
            >
              p50 / p95
            </th>
            <th
              scope="col"
              class="number"
              title="How well the platform can match events to people, 0 to 10"
            >
              Match
            </th>
          </tr>
        </thead>
        <tbody>
          {destinations.map((destination) => (
            <DestinationRow destination={destination} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function DestinationRow({ destination }: { readonly destination: DestinationOverview }) {
  const { name, settled, waiting, latency, orders, is_paused, match_quality: match } = destination
  const cell = (state: string, value: number) => (
    <td class="number">
      <a class="plain" href={pathWith('/events', { state, destination: name })}>
        <Count value={value} />
      </a>
    </td>
  )
  const shares = [
    { name: 'counted', tone: 'green', count: orders.delivered ?? 0 },
    {
      name: 'ignored with a reason',
      tone: 'grey',
      count: (orders.filtered ?? 0) + (orders.held ?? 0),
    },
    { name: 'under way', tone: 'amber', count: (orders.pending ?? 0) + (orders.retrying ?? 0) },
    { name: 'dead or unknown', tone: 'red', count: (orders.dead ?? 0) + (orders.unknown ?? 0) },
  ]
  return (
    <tr>
      <th scope="row">
        <a href={ownPage(name)}>{name}</a>
        {is_paused ? <span class="tag tag-paused">paused</span> : null}
        {destination.breakers.length > 0 ? <span class="tag tag-paused">left alone</span> : null}
      </th>
      <td>
        <Spark
          label={`${name}: delivered and dead over time`}
          layers={[
            { tone: 'accent', values: settled.delivered },
            { tone: 'grey', values: settled.filtered },
            { tone: 'red', values: settled.dead },
          ]}
        />
      </td>
      {cell('delivered', sum(settled.delivered))}
      {cell('filtered', sum(settled.filtered))}
      {cell('held', waiting.held)}
      {cell('retrying', waiting.retrying)}
      {cell('dead', sum(settled.dead))}
      <td>
        <Parts
          shares={shares}
          label={shares.map(({ name: part, count }) => `${count} ${part}`).join(', ')}
        />
      </td>
      <td class="number">
        {latency ? (
          `${duration(latency.p50_ms)} / ${duration(latency.p95_ms)}`
        ) : (
          <span class="zero">–</span>
        )}
      </td>
      <td class="number">{match ? match.average.toFixed(1) : <span class="zero">–</span>}</td>
    </tr>
  )
}
