import { type EventPage, type ListedEvent, STATES } from '../api-types.ts'
import { Empty, Frame } from '../parts/layout.tsx'
import { Id, Instant, money, Outcome, StateRow } from '../parts/words.tsx'
import { pathWith } from '../store-api.ts'
import type { Look, Viewer } from '../viewer.ts'

/** What the page was asked for, as it stands in its address. */
export type EventQuery = Readonly<
  Partial<Record<'q' | 'state' | 'destination' | 'outcome' | 'name' | 'cursor', string>>
>

export interface EventsProps {
  readonly viewer: Viewer
  readonly page: EventPage
  readonly query: EventQuery
  readonly destinations: readonly string[]
}

export function EventsPage({ viewer, page, query, destinations }: EventsProps) {
  const isFiltered = Object.values(query).some((value) => value !== undefined && value !== '')
  return (
    <Frame viewer={viewer} title="Events" at="/events" actions={isFiltered ? null : <Live />}>
      <Filters query={query} destinations={destinations} />
      {page.events.length === 0 ? (
        <Nothing query={query} isFiltered={isFiltered} />
      ) : (
        <EventTable events={page.events} look={viewer.look} isLive={!isFiltered} />
      )}
      <Pager page={page} query={query} />
    </Frame>
  )
}

function Live() {
  return (
    <button class="quiet live" type="button" aria-pressed="true" data-live-toggle hidden>
      <span class="pulse" aria-hidden="true" />
      Live
    </button>
  )
}

function Filters({
  query,
  destinations,
}: {
  readonly query: EventQuery
  readonly destinations: readonly string[]
}) {
  return (
    <form class="filters" method="get" action="/events" data-submit-on-change>
      <label class="wide">
        <span>Order, event id, message id or person</span>
        <input type="search" name="q" value={query.q ?? ''} spellcheck={false} autocomplete="off" />
      </label>
      <label>
        <span>Name</span>
        <input name="name" value={query.name ?? ''} placeholder="purchase" spellcheck={false} />
      </label>
      <Choice name="state" label="State" value={query.state} options={STATES} />
      <Choice
        name="destination"
        label="Destination"
        value={query.destination}
        options={destinations}
      />
      <Choice
        name="outcome"
        label="Outcome"
        value={query.outcome}
        options={['accepted', 'duplicate', 'unmapped']}
      />
      <button type="submit">Search</button>
      {Object.values(query).some(Boolean) ? (
        <a class="clear" href="/events">
          Clear
        </a>
      ) : null}
    </form>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly label: string
  readonly value: string | undefined
  readonly options: readonly string[]
}

function Choice({ name, label, value, options }: ChoiceProps) {
  return (
    <label>
      <span>{label}</span>
      <select name={name}>
        <option value="">any</option>
        {options.map((option) => (
          <option value={option} selected={option === value}>
            {option}
          </option>
        ))}
      </select>
    </label>
  )
}

function Nothing({
  query,
  isFiltered,
}: {
  readonly query: EventQuery
  readonly isFiltered: boolean
}) {
  if (!isFiltered)
    return (
      <Empty title="Nothing has come in yet">
        Deploy the destination function to Segment with this store’s address, or run{' '}
        <code>npm start</code> for a sample shop. What arrives appears here by itself.
      </Empty>
    )
  return (
    <Empty title={query.q ? `Nothing is known by “${query.q}”` : 'Nothing matches'}>
      Ids are compared whole and to the letter. <a href="/events">Show everything</a>, or look for
      the person under <a href="/profiles">Profiles</a>.
    </Empty>
  )
}

export function EventTable({
  events,
  look,
  isLive,
}: {
  readonly events: readonly ListedEvent[]
  readonly look: Look
  readonly isLive: boolean
}) {
  return (
    <table class="events">
      <thead>
        <tr>
          <th scope="col">Received</th>
          <th scope="col">Event</th>
          <th scope="col">Order</th>
          <th scope="col" class="number">
            Value
          </th>
          <th scope="col">Person</th>
          <th scope="col">Destinations</th>
        </tr>
      </thead>
      <tbody data-live={isLive ? '/events/stream' : undefined}>
        {events.map((event) => (
          <EventRow event={event} look={look} />
        ))}
      </tbody>
    </table>
  )
}

export function EventRow({ event, look }: { readonly event: ListedEvent; readonly look: Look }) {
  const { message_id, received_at, name, segment_event, type, order_id, outcome, deliveries } =
    event
  const { profile_id, canonical_user_id } = event
  return (
    <tr data-message={message_id}>
      <td class="when">
        <Instant at={received_at} look={look} />
      </td>
      <td class="what">
        <a class="row-link" href={`/messages/${encodeURIComponent(message_id)}`}>
          {name ?? segment_event ?? type ?? 'message'}
        </a>
        <span class="hint">{name === null ? (segment_event ? type : '') : segment_event}</span>
        {outcome === 'accepted' ? null : <Outcome outcome={outcome} />}
      </td>
      <td class="order">{order_id === null ? '' : <Id>{order_id}</Id>}</td>
      <td class="number value">{money(event.value, event.currency)}</td>
      <td class="who">
        {profile_id === null ? (
          ''
        ) : (
          <a class="plain" href={`/profiles/${profile_id}`}>
            {canonical_user_id ?? `anonymous ${profile_id}`}
          </a>
        )}
      </td>
      <td class="where">
        <StateRow deliveries={deliveries} />
      </td>
    </tr>
  )
}

function Pager({ page, query }: { readonly page: EventPage; readonly query: EventQuery }) {
  const { cursor, ...others } = query
  return (
    <nav class="pager" aria-label="Pages of events">
      {cursor ? <a href={pathWith('/events', others)}>Newest</a> : <span />}
      {page.next ? (
        <a rel="next" href={pathWith('/events', { ...others, cursor: page.next })}>
          Older
        </a>
      ) : null}
    </nav>
  )
}
