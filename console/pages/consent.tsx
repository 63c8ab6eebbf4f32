import type {
  ConsentAsked,
  ConsentDecision,
  ConsentStory,
  HeldCount,
  HeldDelivery,
  HeldPage,
  Revocation,
  RevocationPage,
} from '../api-types.ts'
import { Note } from '../parts/delivery-actions.tsx'
import { Empty, FormToken, Frame } from '../parts/layout.tsx'
import { Parts } from '../parts/plots.tsx'
import { Count, duration, Id, Instant, reasonText } from '../parts/words.tsx'
import { pathWith } from '../store-api.ts'
import { mayAct, type Viewer } from '../viewer.ts'

export type ConsentQuery = Readonly<
  Partial<Record<'window' | 'destination' | 'reason' | 'cursor' | 'before', string>>
>

export interface ConsentProps {
  readonly viewer: Viewer
  readonly query: ConsentQuery
  readonly story: ConsentStory
  readonly held: HeldPage
  readonly revocations: RevocationPage
}

const WINDOWS = [
  ['1h', 'Hour'],
  ['24h', 'Day'],
  ['7d', 'Week'],
] as const

export function ConsentPage({ viewer, query, story, held, revocations }: ConsentProps) {
  const asking = story.destinations.filter(
    ({ asks, decisions }) => asks !== null || Object.keys(decisions).length > 0,
  )
  const others = story.destinations.filter((each) => !asking.includes(each))
  return (
    <Frame
      viewer={viewer}
      title="Consent"
      at="/consent"
      actions={<WindowChoice query={query} current={story.window} />}
    >
      {asking.length === 0 ? (
        <Empty title="No destination asks for consent">
          Name the categories it needs under <code>consent:</code> in its file,{' '}
          <code>mappings/destinations/…</code>; <code>mappings/consent.yaml</code> says what there
          is.
        </Empty>
      ) : (
        <section class="cards" aria-label="What each destination asks for, and what it came to">
          {asking.map((each) => (
            <DestinationCard
              {...each}
              held={story.held.filter(
                ({ destination, reason }) =>
                  destination === each.name && reason === 'consent_unknown',
              )}
            />
          ))}
        </section>
      )}
      {others.length > 0 ? (
        <p class="hint">Nobody is asked for: {others.map(({ name }) => name).join(', ')}.</p>
      ) : null}
      <Held viewer={viewer} query={query} groups={story.held} page={held} />
      <Revocations viewer={viewer} query={query} page={revocations} />
    </Frame>
  )
}

function WindowChoice({
  query: { destination, reason },
  current,
}: {
  readonly query: ConsentQuery
  readonly current: ConsentStory['window']
}) {
  return (
    <nav class="choice" aria-label="Time window">
      {WINDOWS.map(([window, name]) => (
        <a
          href={pathWith('/consent', { window, destination, reason })}
          aria-current={window === current ? 'true' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  )
}

const DECISIONS: readonly {
  readonly key: ConsentDecision | 'held'
  readonly name: string
  readonly tone: string
}[] = [
  { key: 'granted', name: 'said yes', tone: 'green' },
  { key: 'denied', name: 'said no', tone: 'red' },
  { key: 'allowed_unknown', name: 'no answer: sent', tone: 'accent' },
  { key: 'denied_unknown', name: 'no answer: left out', tone: 'grey' },
  { key: 'expired', name: 'no answer in time', tone: 'amber' },
  { key: 'held', name: 'held now', tone: 'violet' },
]

function DestinationCard({
  name,
  asks,
  decisions,
  held,
}: ConsentStory['destinations'][number] & { readonly held: readonly HeldCount[] }) {
  const waiting = held.reduce((sum, { count }) => sum + count, 0)
  const shares = DECISIONS.map(({ key, ...words }) => ({
    ...words,
    count: key === 'held' ? waiting : (decisions[key] ?? 0),
  })).filter(({ count }) => count > 0)
  return (
    <article class="panel card" id={`asks-${name}`} aria-labelledby={`name-${name}`}>
      <header class="panel-head">
        <h2 id={`name-${name}`}>{name}</h2>
      </header>
      <Asks asks={asks} />
      <Parts
        shares={shares}
        label={shares.map((each) => `${each.count} ${each.name}`).join(', ') || 'no decision yet'}
      />
      {shares.length === 0 ? (
        <p class="hint pad">Nothing was decided in this window.</p>
      ) : (
        <dl class="facts decisions">
          {shares.map((each) => (
            <div>
              <dt>
                <Dot tone={each.tone} /> {each.name}
              </dt>
              <dd>
                <Count value={each.count} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  )
}

function Dot({ tone }: { readonly tone: string }) {
  return (
    <svg class={`tone-${tone}`} viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
      <circle cx="4" cy="4" r="4" />
    </svg>
  )
}

function Asks({ asks }: { readonly asks: ConsentAsked | null }) {
  if (!asks) return <p class="hint asks">It asks for nothing by now, or is off.</p>
  const { categories, require, when } = asks
  return (
    <p class="asks">
      {categories.length === 1 ? 'Needs' : require === 'all' ? 'Needs each of' : 'Needs one of'}{' '}
      {categories.map((category, at) => (
        <>
          {at > 0 ? (require === 'all' ? ' and ' : ' or ') : ''}
          <b>{category}</b>
        </>
      ))}
      .{' '}
      <span class="hint">
        {unansweredText(asks)}
        {when === null ? null : (
          <>
            {' '}
            Asked for only where <code>{when}</code>.
          </>
        )}
      </span>
    </p>
  )
}

function unansweredText({ unknown, hold_ms }: ConsentAsked): string {
  if (unknown === 'hold')
    return `Without an answer an event is held, for ${duration(hold_ms)} at the most.`
  return unknown === 'deny'
    ? 'Without an answer an event is left out.'
    : 'Without an answer an event is sent.'
}

interface HeldProps {
  readonly viewer: Viewer
  readonly query: ConsentQuery
  readonly groups: readonly HeldCount[]
  readonly page: HeldPage
}

function Held({ viewer, query, groups, page }: HeldProps) {
  const { destination, reason, window } = query
  const isFiltered = destination !== undefined || reason !== undefined
  if (groups.length === 0)
    return (
      <section aria-labelledby="held" id="held-events">
        <h2 id="held" class="aloud">
          Held
        </h2>
        <Empty title="Nothing is held">
          An event waits here while its person has not answered, or its audience is too small yet,
          and goes on by itself.
        </Empty>
      </section>
    )
  return (
    <section class="panel" aria-labelledby="held" id="held-events">
      <header class="panel-head">
        <h2 id="held">Held</h2>
        <p class="hint">An answer sends or ends what waits for it, by itself.</p>
      </header>
      <ul>
        {groups.map((group) => (
          <HeldGroup viewer={viewer} group={group} window={window} />
        ))}
      </ul>
      {isFiltered ? (
        <p class="pad hint">
          Only {[destination, reason && reasonText(reason)].filter(Boolean).join(', ')}.{' '}
          <a href={pathWith('/consent', { window })}>Show all that is held</a>
        </p>
      ) : null}
      <HeldTable viewer={viewer} held={page.held} />
      <nav class="pager pad" aria-label="Pages of what is held">
        {query.cursor ? (
          <a href={`${pathWith('/consent', { window, destination, reason })}#held-events`}>
            Those that run out first
          </a>
        ) : (
          <span />
        )}
        {page.next_cursor ? (
          <a
            rel="next"
            href={`${pathWith('/consent', { window, destination, reason, cursor: page.next_cursor })}#held-events`}
          >
            More
          </a>
        ) : null}
      </nav>
    </section>
  )
}

function HeldGroup({
  viewer,
  group: { destination, reason, count, first_due_at },
  window,
}: {
  readonly viewer: Viewer
  readonly group: HeldCount
  readonly window: string | undefined
}) {
  const act = { viewer, destination, reason: reason ?? '' }
  return (
    <li class="group held-group">
      <b class="group-count number">
        <Count value={count} />
      </b>
      <div class="group-words">
        <h3>
          <a
            href={`${pathWith('/consent', { window, destination, reason: reason ?? undefined })}#held-events`}
          >
            {destination}
          </a>{' '}
          <span class="group-reason">{reason === null ? '' : reasonText(reason)}</span>
        </h3>
        <p class="hint">
          The first is decided by <Instant at={first_due_at} look={viewer.look} />
        </p>
        {mayAct(viewer, 'operator') ? (
          <details class="act">
            <summary>
              Decide about all of them<span class="aloud"> at {destination}</span>…
            </summary>
            <GroupForm {...act} name="release">
              <p class="hint">
                What holds them is asked again now. Only what nothing holds any more is sent.
              </p>
              <button type="submit">Release all</button>
            </GroupForm>
            <GroupForm {...act} name="withdraw">
              <p class="hint">None of them will be sent to {destination}.</p>
              <Note />
              <button type="submit">Withdraw all</button>
            </GroupForm>
          </details>
        ) : null}
      </div>
    </li>
  )
}

function GroupForm({
  viewer,
  destination,
  reason,
  name,
  children,
}: {
  readonly viewer: Viewer
  readonly destination: string
  readonly reason: string
  readonly name: 'release' | 'withdraw'
  readonly children?: unknown
}) {
  return (
    <form class="row" method="post" action={`/consent/held/${name}`}>
      <FormToken token={viewer.formToken} />
      <input type="hidden" name="destination" value={destination} />
      <input type="hidden" name="reason" value={reason} />
      {children as string}
    </form>
  )
}

function HeldTable({
  viewer,
  held,
}: {
  readonly viewer: Viewer
  readonly held: readonly HeldDelivery[]
}) {
  if (held.length === 0) return <p class="hint pad">None of them is here any more.</p>
  return (
    <table class="events in-panel">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Destination</th>
          <th scope="col">Waits for</th>
          <th scope="col">Person</th>
          <th scope="col">At the most until</th>
        </tr>
      </thead>
      <tbody>
        {held.map((each) => (
          <HeldRow viewer={viewer} held={each} />
        ))}
      </tbody>
    </table>
  )
}

function HeldRow({ viewer, held }: { readonly viewer: Viewer; readonly held: HeldDelivery }) {
  const { event, message_id, destination, reason, waits_for, profile_id, due_at } = held
  const leftMs = Date.parse(due_at) - viewer.look.nowMs
  const story = `/messages/${encodeURIComponent(message_id)}#to-${encodeURIComponent(destination)}`
  return (
    <tr>
      <td class="what">
        <a class="row-link" href={story}>
          {event}
        </a>{' '}
        <Id>{message_id}</Id>
      </td>
      <td class="value">{destination}</td>
      <td class="order">
        {waits_for.length > 0 ? `an answer: ${waits_for.join(', ')}` : reasonText(reason ?? '')}
      </td>
      <td class="who">
        {profile_id === null ? (
          'nobody is known'
        ) : (
          <a class="plain" href={`/profiles/${profile_id}`}>
            {held.canonical_user_id ?? `anonymous ${profile_id}`}
          </a>
        )}
      </td>
      <td class="where">
        <Instant at={due_at} look={viewer.look} />{' '}
        <span class="hint">{leftMs > 0 ? `in ${duration(leftMs)}` : 'its turn has come'}</span>
      </td>
    </tr>
  )
}

function Revocations({
  viewer,
  query: { window, destination, reason, before },
  page,
}: {
  readonly viewer: Viewer
  readonly query: ConsentQuery
  readonly page: RevocationPage
}) {
  const at = (over: Readonly<Record<string, string | undefined>>) =>
    `${pathWith('/consent', { window, destination, reason, ...over })}#revocations`
  return (
    <section class="panel" aria-labelledby="revocations">
      <header class="panel-head">
        <h2 id="revocations">Revocations</h2>
        <p class="hint">Who took a yes back, and what was not sent because of it.</p>
      </header>
      {page.revocations.length === 0 ? (
        <p class="hint pad">
          {before ? 'No older one.' : 'Nobody has taken a yes back since this is kept.'}
        </p>
      ) : (
        <ul>
          {page.revocations.map((each) => (
            <RevocationItem viewer={viewer} revocation={each} />
          ))}
        </ul>
      )}
      {before || page.next_cursor ? (
        <nav class="pager pad" aria-label="Pages of revocations">
          {before ? <a href={at({})}>Newest</a> : <span />}
          {page.next_cursor ? (
            <a rel="next" href={at({ before: page.next_cursor })}>
              Older
            </a>
          ) : null}
        </nav>
      ) : null}
    </section>
  )
}

function RevocationItem({
  viewer,
  revocation,
}: {
  readonly viewer: Viewer
  readonly revocation: Revocation
}) {
  const { categories, stated_at, message_id, profile_id, withdrawn, removed } = revocation
  const became = [
    ...Object.entries(withdrawn).map(([name, count]) => `${count} not sent to ${name}`),
    ...Object.entries(removed).map(([name]) => `taken off ${name}`),
  ]
  return (
    <li class="revocation">
      <p>
        <a href={`/profiles/${profile_id}`}>
          {revocation.canonical_user_id ?? `anonymous ${profile_id}`}
        </a>{' '}
        <span class="consent consent-denied">no more {categories.join(', ')}</span>
      </p>
      <p class="hint">
        <Instant at={stated_at} look={viewer.look} />,{' '}
        <a href={`/messages/${encodeURIComponent(message_id)}`}>said by this message</a>
      </p>
      <p>{became.length > 0 ? became.join(', ') : 'Nothing was waiting.'}</p>
    </li>
  )
}
