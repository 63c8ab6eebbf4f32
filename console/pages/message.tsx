import type { JsonObject } from '../../core/json.ts'
import type { DeliveryStory, MessageStory } from '../api-types.ts'
import { FormToken, Frame } from '../parts/layout.tsx'
import { MappingTable } from '../parts/mapping-table.tsx'
import { DeliveryStep, Step } from '../parts/timeline.tsx'
import { Id, Instant, JsonView, money, Outcome, reasonText, StateMark } from '../parts/words.tsx'
import { isObject } from '../property-origins.ts'
import { mayAct, type Viewer } from '../viewer.ts'

export interface MessageProps {
  readonly viewer: Viewer
  readonly story: MessageStory
  /** Personal data is shown, and that it was is written down. */
  readonly isRevealed: boolean
}

export function MessagePage({ viewer, story, isRevealed }: MessageProps) {
  const { event, raw, message_id, outcome } = story
  const title = event?.name ?? String(raw.event ?? raw.name ?? raw.type ?? 'Message')
  return (
    <Frame
      viewer={viewer}
      title={title}
      at="/events"
      actions={<Reveal viewer={viewer} messageId={message_id} isRevealed={isRevealed} />}
    >
      <p class="subject">
        <Outcome outcome={outcome} />
        <Order canonical={event?.canonical ?? null} />
        <span class="pair">
          message <Id>{message_id}</Id>
        </span>
        {event ? (
          <span class="pair">
            event id <Id>{event.event_id}</Id>
          </span>
        ) : null}
      </p>
      <Summary deliveries={story.deliveries} />
      <section class="panel" aria-labelledby="story">
        <header class="panel-head">
          <h2 id="story">What happened</h2>
        </header>
        <ol class="timeline">
          <Received story={story} viewer={viewer} />
          <Mapped story={story} />
          <Counted story={story} viewer={viewer} />
          <Person story={story} viewer={viewer} />
          {story.deliveries.map((delivery) => (
            <DeliveryStep delivery={delivery} messageId={message_id} viewer={viewer} />
          ))}
          {story.transitions.flatMap(({ audience, direction, deliveries }) =>
            deliveries.map((delivery) => (
              <DeliveryStep
                delivery={delivery}
                messageId={message_id}
                viewer={viewer}
                about={`${direction} ${audience}`}
              />
            )),
          )}
        </ol>
      </section>
      {event ? <MappingTable raw={raw} canonical={event.canonical} /> : null}
      <section class="sides" aria-label="Raw and canonical">
        <div class="panel">
          <header class="panel-head">
            <h2>As Segment sent it</h2>
          </header>
          <JsonView value={raw} label="The raw message" />
        </div>
        <div class="panel">
          <header class="panel-head">
            <h2>Canonical</h2>
          </header>
          {event ? (
            <JsonView value={event.canonical} label="The canonical event" />
          ) : (
            <p class="hint pad">A {story.kind} message becomes no event.</p>
          )}
        </div>
      </section>
    </Frame>
  )
}

function Order({ canonical }: { readonly canonical: JsonObject | null }) {
  const properties = isObject(canonical?.properties) ? canonical.properties : {}
  const { order_id, value, currency } = properties
  if (typeof order_id !== 'string') return null
  const amount = money(
    typeof value === 'number' ? value : null,
    typeof currency === 'string' ? currency : null,
  )
  return (
    <span class="pair">
      order{' '}
      <a href={`/events?q=${encodeURIComponent(order_id)}`}>
        <Id>{order_id}</Id>
      </a>{' '}
      {amount}
    </span>
  )
}

function Reveal({
  viewer,
  messageId,
  isRevealed,
}: {
  readonly viewer: Viewer
  readonly messageId: string
  readonly isRevealed: boolean
}) {
  if (isRevealed)
    return <span class="tag tag-paused">Personal data shown · noted in the audit log</span>
  if (!mayAct(viewer, 'admin')) return null
  return (
    <form method="post" action={`/messages/${encodeURIComponent(messageId)}/reveal`}>
      <FormToken token={viewer.formToken} />
      <button type="submit" title="Shows what is masked; the audit log keeps that you looked">
        Show personal data
      </button>
    </form>
  )
}

function Summary({ deliveries }: { readonly deliveries: readonly DeliveryStory[] }) {
  if (deliveries.length === 0) return null
  return (
    <ul class="summary" aria-label="Where it stands">
      {deliveries.map(({ destination, state, reason }) => (
        <li>
          <a href={`#to-${destination}`}>
            <b>{destination}</b>
            <StateMark state={state} />
            <span class="hint">{reason ? reasonText(reason) : ''}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

type Told = { readonly story: MessageStory }

function Received({ story, viewer }: Told & { readonly viewer: Viewer }) {
  const { received_at, receipts, warnings, raw } = story
  return (
    <Step title="Received from Segment" mark="done" at={received_at} look={viewer.look}>
      {receipts > 1 ? <p>Segment delivered it {receipts} times; repeats change nothing.</p> : null}
      {typeof raw.timestamp === 'string' ? (
        <p class="hint">
          It happened at <Instant at={new Date(raw.timestamp).toISOString()} look={viewer.look} />
        </p>
      ) : null}
      {warnings.map((warning) => (
        <p class="warning">{warning}</p>
      ))}
    </Step>
  )
}

function Mapped({ story: { event, kind, raw } }: Told) {
  const name = typeof raw.event === 'string' ? raw.event : kind
  if (kind === 'unmapped')
    return (
      <Step title={`No row of the mapping table is named “${name}”`} mark="open">
        <p>
          It is stored and sent nowhere. If it reports a business action, add a row to{' '}
          <code>mappings/events.yaml</code>; <a href="/mappings/names">names without a row</a>{' '}
          proposes one.
        </p>
      </Step>
    )
  if (!event)
    return (
      <Step title="About a person, not an event" mark="done">
        <p class="hint">Messages of type {kind} change profiles and audiences.</p>
      </Step>
    )
  return (
    <Step title={`${String(event.canonical.segment_event)} → ${event.name}`} mark="done">
      <p class="hint">Mapping table {String(event.canonical.mapping_version)}</p>
    </Step>
  )
}

function Counted({ story: { dedup, event }, viewer }: Told & { readonly viewer: Viewer }) {
  if (!dedup || !event) return null
  const by = dedup.by === 'dedup_key' ? `key “${event.dedup_key}”` : 'event id'
  if (dedup.verdict === 'duplicate') {
    const { message_id, received_at } = dedup.winner
    return (
      <Step title="A duplicate: not counted again" mark="open">
        <p>
          By its {by} this is what{' '}
          <a href={`/messages/${encodeURIComponent(message_id)}`}>
            <Id>{message_id}</Id>
          </a>{' '}
          reported already
          {received_at ? (
            <>
              {' '}
              at <Instant at={received_at} look={viewer.look} />
            </>
          ) : null}
          . What follows is that event’s story.
        </p>
      </Step>
    )
  }
  return (
    <Step title="Counts: the first message for this fact" mark="done">
      <p class="hint">Known by its {by}.</p>
      {dedup.duplicates.map(({ message_id, received_at }) => (
        <p class="hint">
          Reported again by{' '}
          <a href={`/messages/${encodeURIComponent(message_id)}`}>
            <Id>{message_id}</Id>
          </a>
          , <Instant at={received_at} look={viewer.look} />: not counted.
        </p>
      ))}
    </Step>
  )
}

const RULES: Readonly<Record<string, string>> = {
  first_seen: 'seen first',
  same_message: 'in one message with another id',
  alias: 'said to be one person',
}

function Person({ story, viewer }: Told & { readonly viewer: Viewer }) {
  const { profile, identity, message_id } = story
  if (!profile)
    return (
      <Step title="Nobody’s" mark="open">
        <p>It carries no identifier, so no profile and no audience knows of it.</p>
      </Step>
    )
  return (
    <Step
      title={
        <>
          Belongs to{' '}
          <a href={`/profiles/${profile.id}`}>
            {profile.canonical_user_id ?? `anonymous profile ${profile.id}`}
          </a>
        </>
      }
      mark="done"
    >
      <ul class="evidence">
        {(identity?.links ?? []).map(({ type, value, rule, message_id: by, linked_at }) => (
          <li>
            <span class="hint">{type}</span> <Id>{value}</Id>{' '}
            <span class="hint">
              {RULES[rule] ?? rule},{' '}
              {by === message_id ? (
                'by this message'
              ) : (
                <a href={`/messages/${encodeURIComponent(by)}`}>evidence</a>
              )}
              , <Instant at={linked_at} look={viewer.look} />
            </span>
          </li>
        ))}
        {(identity?.merges ?? []).map(({ from_profile_id, rule, message_id: by, merged_at }) => (
          <li>
            <span class="hint">
              merged from profile {from_profile_id}: {RULES[rule] ?? rule},{' '}
              <a href={`/messages/${encodeURIComponent(by)}`}>evidence</a>,{' '}
              <Instant at={merged_at} look={viewer.look} />
            </span>
          </li>
        ))}
      </ul>
    </Step>
  )
}
