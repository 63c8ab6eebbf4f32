import type { ProfileStory } from '../api-types.ts'
import { Empty, Frame } from '../parts/layout.tsx'
import { Id, Instant } from '../parts/words.tsx'
import type { Viewer } from '../viewer.ts'

export function ProfileSearchPage({
  viewer,
  unknown,
}: {
  readonly viewer: Viewer
  readonly unknown?: string
}) {
  return (
    <Frame viewer={viewer} title="Profiles" at="/profiles">
      <form class="filters" method="get" action="/profiles">
        <label class="wide">
          <span>User id or profile number</span>
          <input
            type="search"
            name="id"
            value={unknown ?? ''}
            spellcheck={false}
            autocomplete="off"
            required
          />
        </label>
        <button type="submit">Open</button>
      </form>
      {unknown === undefined ? (
        <Empty title="Look somebody up">
          By the user id that Segment knows. By an email, a phone number or an anonymous id,{' '}
          <a href="/events">search the events</a>: each names its person.
        </Empty>
      ) : (
        <Empty title={`Nobody is known by “${unknown}”`}>
          Ids are compared whole and to the letter.{' '}
          <a href={`/events?q=${encodeURIComponent(unknown)}`}>Search the events</a> for an email, a
          phone number or an anonymous id.
        </Empty>
      )}
    </Frame>
  )
}

const RULES: Readonly<Record<string, string>> = {
  first_seen: 'seen first',
  same_message: 'in one message with another id',
  alias: 'said to be one person',
}

export function ProfilePage({
  viewer,
  profile,
}: {
  readonly viewer: Viewer
  readonly profile: ProfileStory
}) {
  const { look } = viewer
  const {
    id,
    canonical_user_id,
    created_at,
    identifiers,
    traits,
    consents,
    audiences,
    merges,
    events,
  } = profile
  return (
    <Frame viewer={viewer} title={canonical_user_id ?? `Anonymous profile ${id}`} at="/profiles">
      <p class="subject">
        <span class="pair">
          profile <Id>{id}</Id>
        </span>
        <span class="pair">
          known since <Instant at={created_at} look={look} />
        </span>
      </p>
      <div class="cards">
        <Panel title="Known by" isEmpty={identifiers.length === 0} empty="No identifier.">
          <ul class="evidence pad">
            {identifiers.map(({ type, value, rule, message_id, linked_at }) => (
              <li>
                <span class="hint">{type}</span> <Id>{value}</Id>{' '}
                <span class="hint">
                  {RULES[rule] ?? rule}, <Evidence id={message_id} />,{' '}
                  <Instant at={linked_at} look={look} />
                </span>
              </li>
            ))}
            {merges.map(({ from_profile_id, rule, message_id, merged_at }) => (
              <li>
                <span class="hint">
                  merged from profile {from_profile_id}: {RULES[rule] ?? rule},{' '}
                  <Evidence id={message_id} />, <Instant at={merged_at} look={look} />
                </span>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel
          title="Consent"
          isEmpty={consents.length === 0}
          empty="Nobody has said anything: each destination’s file decides what unknown means."
        >
          <ul class="evidence pad">
            {consents.map(({ category, granted, stated_at, message_id }) => (
              <li>
                <span class={`consent consent-${granted ? 'granted' : 'denied'}`}>
                  {category} {granted ? 'granted' : 'denied'}
                </span>{' '}
                <span class="hint">
                  <Evidence id={message_id} />, <Instant at={stated_at} look={look} />
                </span>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel
          title="Traits"
          isEmpty={Object.keys(traits).length === 0}
          empty="No identify message has come."
        >
          <dl class="traits">
            {Object.entries(traits).map(([name, value]) => (
              <div>
                <dt>{name}</dt>
                <dd>
                  <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
                </dd>
              </div>
            ))}
          </dl>
        </Panel>
        <Panel title="Audiences" isEmpty={audiences.length === 0} empty="In none, and never was.">
          <ul class="evidence pad">
            {audiences.map((audience) => (
              <li>
                <a href={`/audiences/${encodeURIComponent(audience.id)}`}>
                  {audience.name ?? audience.id}
                </a>{' '}
                <span class="hint">
                  {audience.is_member ? 'member' : (audience.reason ?? 'left')}
                  {audience.since ? (
                    <>
                      {' '}
                      since <Instant at={audience.since} look={look} />
                    </>
                  ) : null}
                  , <Evidence id={audience.message_id} />
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
      <Panel
        title="Latest events"
        isEmpty={events.length === 0}
        empty="Did nothing that the mapping table lists."
      >
        <table class="listing">
          <tbody>
            {events.map(({ name, event_id, message_id, occurred_at }) => (
              <tr>
                <td class="when">{occurred_at ? <Instant at={occurred_at} look={look} /> : ''}</td>
                <td>
                  <a href={`/messages/${encodeURIComponent(message_id)}`}>{name}</a>
                </td>
                <td>
                  <Id>{event_id}</Id>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
    </Frame>
  )
}

interface PanelProps {
  readonly title: string
  readonly isEmpty: boolean
  readonly empty: string
  readonly children?: unknown
}

function Panel({ title, isEmpty, empty, children }: PanelProps) {
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>{title}</h2>
      </header>
      {isEmpty ? <p class="hint pad">{empty}</p> : (children as string)}
    </section>
  )
}

function Evidence({ id }: { readonly id: string }) {
  return <a href={`/messages/${encodeURIComponent(id)}`}>evidence</a>
}
