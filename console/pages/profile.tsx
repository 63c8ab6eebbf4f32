import type { ProfileMerge, ProfileStory } from '../api-types.ts'
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
  const { id, canonical_user_id, created_at, identifiers, traits, consents, audiences, events } =
    profile
  const inside = audiences.filter(({ is_member }) => is_member)
  const past = audiences.filter(({ is_member }) => !is_member)
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
          </ul>
        </Panel>
        <Merges viewer={viewer} profile={profile} />
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
          <AudienceList viewer={viewer} title="Inside" audiences={inside} />
          <AudienceList viewer={viewer} title="Not any more" audiences={past} />
        </Panel>
      </div>
      <ConsentHistory viewer={viewer} profile={profile} />
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

function AudienceList({
  viewer,
  title,
  audiences,
}: {
  readonly viewer: Viewer
  readonly title: string
  readonly audiences: ProfileStory['audiences']
}) {
  if (audiences.length === 0) return null
  return (
    <div class="pad">
      <h3 class="part">{title}</h3>
      <ul class="evidence">
        {audiences.map(({ id, name, since, computed_at, reason, message_id }) => (
          <li>
            <a href={`/audiences/${encodeURIComponent(id)}`}>{name ?? id}</a>{' '}
            <span class="hint">
              {since ? (
                <>
                  since <Instant at={since} look={viewer.look} />
                </>
              ) : reason === 'separated' ? (
                'a merge was undone'
              ) : (
                <>
                  {reason ?? 'left'} <Instant at={computed_at} look={viewer.look} />
                </>
              )}
              , <Evidence id={message_id} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Merges({
  viewer,
  profile: { id, merges },
}: {
  readonly viewer: Viewer
  readonly profile: ProfileStory
}) {
  return (
    <Panel
      title="Merges"
      isEmpty={merges.length === 0}
      empty="Nobody was merged into this profile."
    >
      <ul class="evidence pad">
        {merges.map((merge) => (
          <li>
            profile {merge.from_profile_id} into {merge.into_profile_id}{' '}
            <span class="hint">
              {RULES[merge.rule] ?? merge.rule}, <Evidence id={merge.message_id} />,{' '}
              <Instant at={merge.merged_at} look={viewer.look} />
            </span>
            <MergeEnd viewer={viewer} id={id} merge={merge} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function MergeEnd({
  viewer,
  id,
  merge,
}: {
  readonly viewer: Viewer
  readonly id: string
  readonly merge: ProfileMerge
}) {
  const { undone_at, undone_by, is_separable, from_profile_id, into_profile_id } = merge
  if (undone_at !== null) {
    const other = from_profile_id === id ? into_profile_id : from_profile_id
    return (
      <p class="hint">
        Undone by {undone_by}, <Instant at={undone_at} look={viewer.look} />: kept apart from{' '}
        <a href={`/profiles/${other}`}>profile {other}</a>.
      </p>
    )
  }
  if (!is_separable)
    return (
      <p class="hint">
        Cannot be undone: when it happened, it was not kept yet which of the two each later message
        named.
      </p>
    )
  return (
    <p>
      <a href={`/profiles/${id}/merges/${merge.id}`}>See what undoing it separates</a>
    </p>
  )
}

function ConsentHistory({
  viewer,
  profile: { consent_history: steps },
}: {
  readonly viewer: Viewer
  readonly profile: ProfileStory
}) {
  if (steps.length === 0) return null
  const shown = steps.slice(0, MOST_STEPS)
  return (
    <Panel title="Consent, every statement" isEmpty={false} empty="">
      <table class="listing">
        <thead>
          <tr>
            <th scope="col">Stated for</th>
            <th scope="col">Category</th>
            <th scope="col">Said</th>
            <th scope="col">Changed</th>
            <th scope="col">Message</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ category, granted, before, held, stated_at, message_id }) => (
            <tr>
              <td class="when">
                <Instant at={stated_at} look={viewer.look} />
              </td>
              <td>{category}</td>
              <td>
                <span class={`consent consent-${granted ? 'granted' : 'denied'}`}>
                  {granted ? 'granted' : 'denied'}
                </span>
              </td>
              <td class="hint">{changeOf(before, granted, held)}</td>
              <td>
                <a href={`/messages/${encodeURIComponent(message_id)}`}>
                  <Id>{message_id}</Id>
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < steps.length ? (
        <p class="hint pad">
          {steps.length - shown.length} older statements are in the person’s messages.
        </p>
      ) : null}
    </Panel>
  )
}

const MOST_STEPS = 100

function changeOf(before: boolean | null, granted: boolean, held: boolean): string {
  if (!held) return 'nothing: a later statement had arrived before it'
  if (before === null) return `unknown to ${granted ? 'granted' : 'denied'}`
  if (before === granted) return 'nothing: it was so before'
  return granted ? 'denied to granted' : 'granted to denied'
}

interface PanelProps {
  readonly title: string
  readonly isEmpty: boolean
  readonly empty: string
  readonly children?: unknown
}

export function Panel({ title, isEmpty, empty, children }: PanelProps) {
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>{title}</h2>
      </header>
      {isEmpty ? <p class="hint pad">{empty}</p> : (children as string)}
    </section>
  )
}

export function Evidence({ id }: { readonly id: string }) {
  return <a href={`/messages/${encodeURIComponent(id)}`}>evidence</a>
}
