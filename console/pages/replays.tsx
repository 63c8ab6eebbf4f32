import {
  type DryRunItem,
  type DryRunPage,
  type ReplayStory,
  STATES,
  type State,
} from '../api-types.ts'
import { Empty, FormToken, Frame } from '../parts/layout.tsx'
import { Parts } from '../parts/plots.tsx'
import { Id, Instant, reasonText, StateMark, whole } from '../parts/words.tsx'
import { pathWith } from '../store-api.ts'
import { mayAct, type Viewer } from '../viewer.ts'
import { localOf } from '../zoned-time.ts'

/** What a replay is asked for, as it stands in the address of its dry run. */
export type ReplayQuery = Readonly<
  Partial<
    Record<
      'message_id' | 'destination' | 'reason' | 'event' | 'since' | 'until' | 'confirm_unknown',
      string
    >
  >
>

export interface DryRunProps {
  readonly viewer: Viewer
  readonly query: ReplayQuery
  readonly page: DryRunPage
  /** Makes the form one request, however often it is sent. */
  readonly idempotencyKey: string
}

export function DryRunViewPage({ viewer, query, page, idempotencyKey }: DryRunProps) {
  const goes = page.items.filter(({ replay }) => replay)
  const sent = goes.filter((item) => becomes(item) === 'sent')
  const more = page.next_cursor === null ? '' : ' among the first of them'
  return (
    <Frame viewer={viewer} title="Dry run" at="/dead-letters">
      {query.message_id === undefined ? <Narrow viewer={viewer} query={query} /> : null}
      {page.items.length === 0 ? (
        <Empty title="There is nothing to send again">
          Nothing that was chosen here is given up, or not any more.{' '}
          <a href="/dead-letters">Back to the dead letters</a>.
        </Empty>
      ) : (
        <>
          <section class="panel confirm" aria-label="Replay">
            <p>
              <b>{whole(sent.length)}</b> of {whole(page.items.length)}
              {more} would be sent again
              {query.destination ? (
                <>
                  {' '}
                  to <b>{query.destination}</b>
                </>
              ) : null}
              . Nothing has been sent yet.
            </p>
            {goes.length > 0 ? (
              <form method="post" action="/replays" class="row">
                <FormToken token={viewer.formToken} />
                <input type="hidden" name="idempotency_key" value={idempotencyKey} />
                {Object.entries(query).map(([name, value]) => (
                  <input type="hidden" name={name} value={value} />
                ))}
                <label>
                  <span>Why, for the log</span>
                  <input name="note" maxlength={200} placeholder="e.g. token renewed" />
                </label>
                <button class="primary" type="submit">
                  Replay
                </button>
              </form>
            ) : null}
          </section>
          <ul class="panel dry-run">
            {page.items.map((item) => (
              <Item item={item} isAlone={page.items.length === 1} />
            ))}
          </ul>
          {page.next_cursor === null ? null : (
            <p class="hint">
              Shown are the first {whole(page.items.length)}; a replay takes all that were chosen.
            </p>
          )}
        </>
      )}
    </Frame>
  )
}

// A replay asks consent and triggers anew: what goes again need not be sent.
function becomes({ replay, would }: DryRunItem): string {
  return replay ? (would?.kind ?? 'sent') : 'stays'
}

const BECOMES: Readonly<Record<string, string>> = {
  sent: 'would be sent',
  held: 'would be held',
  filtered: 'would be left out',
  refused: 'would be refused',
}

// What a replay looks at, made smaller: by event, and by when it came in.
function Narrow({ viewer, query }: Pick<DryRunProps, 'viewer' | 'query'>) {
  const { destination, reason, event, since, until } = query
  const { zone } = viewer.look
  return (
    <form
      method="get"
      action="/replays/new"
      class="panel filters narrow"
      aria-label="What to look at"
    >
      <label>
        <span>Destination</span>
        <input name="destination" value={destination ?? ''} />
      </label>
      <label class="wide">
        <span>Reason, or its beginning</span>
        <input name="reason" value={reason ?? ''} />
      </label>
      <label>
        <span>Event</span>
        <input name="event" value={event ?? ''} placeholder="e.g. purchase" />
      </label>
      <label>
        <span>Came from</span>
        <input type="datetime-local" name="since" value={since ? localOf(since, zone) : ''} />
      </label>
      <label>
        <span>until</span>
        <input type="datetime-local" name="until" value={until ? localOf(until, zone) : ''} />
      </label>
      <button type="submit">Dry run</button>
    </form>
  )
}

function Item({ item, isAlone }: { readonly item: DryRunItem; readonly isAlone: boolean }) {
  const { destination, message_id, event, state, reason, replay, refusal, would, difference } = item
  const became = becomes(item)
  const isChanged = difference !== null && difference.length > 0
  return (
    <li>
      <p class="dry-run-head">
        <a href={`/messages/${encodeURIComponent(message_id)}`}>
          {event} <Id>{message_id}</Id>
        </a>
        <span class="hint">
          {destination} <StateMark state={state} />
        </span>
        <span class={became === 'sent' ? 'tag tag-goes' : 'tag'}>{BECOMES[became] ?? became}</span>
        {isAlone || !replay ? null : (
          <a href={pathWith('/replays/new', { message_id, destination })}>Only this one…</a>
        )}
      </p>
      <p class="hint">
        {refusal?.message ??
          (would && would.kind !== 'sent'
            ? `${would.kind}: ${reasonText(would.reason ?? '')}`
            : reason
              ? reasonText(reason)
              : '')}
      </p>
      {isChanged ? (
        <table class="difference">
          <caption class="aloud">What would be sent otherwise than before</caption>
          <tbody>
            {difference.map(({ path, before, after }) => (
              <tr>
                <th scope="row">
                  <code>{path}</code>
                </th>
                <td>{before === undefined ? '' : <del>{JSON.stringify(before)}</del>}</td>
                <td>{after === undefined ? '' : <ins>{JSON.stringify(after)}</ins>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p class="hint">
          {difference === null
            ? 'What was sent before is not on record.'
            : item.masked_difference
              ? 'Differs only in what is masked here.'
              : 'The same payload as before.'}
        </p>
      )}
    </li>
  )
}

const TONES: Readonly<Record<string, string>> = {
  delivered: 'green',
  filtered: 'grey',
  held: 'violet',
  waiting: 'amber',
  retrying: 'amber',
  dead: 'red',
  unknown: 'red',
}

export function ReplayPage({
  viewer,
  replay,
}: {
  readonly viewer: Viewer
  readonly replay: ReplayStory
}) {
  const { id, state, requested_by, created_at, note, considered, enqueued, refused, outcomes } =
    replay
  const waiting = outcomes.waiting ?? 0
  const isUnderWay = state === 'running' || waiting > 0
  const shares = Object.entries(outcomes).map(([name, count]) => ({
    name,
    tone: TONES[name] ?? 'grey',
    count,
  }))
  return (
    <Frame
      viewer={viewer}
      title={`Replay ${id}`}
      at="/dead-letters"
      {...(isUnderWay ? { refreshSeconds: 1 } : {})}
    >
      <section class="panel progress" aria-labelledby="progress">
        <header class="panel-head">
          <h2 id="progress">{isUnderWay ? 'Under way' : 'Done'}</h2>
          <p class="hint">
            asked for by {requested_by}, <Instant at={created_at} look={viewer.look} />
            {note ? `: “${note}”` : ''}
          </p>
        </header>
        <p class="pad" role="status">
          <b>{whole(enqueued - waiting)}</b> of {whole(enqueued)} settled
          {state === 'running' ? ', and more are being looked at' : ''}.
        </p>
        <Parts
          shares={shares}
          label={shares.map(({ name, count }) => `${count} ${name}`).join(', ')}
        />
        <dl class="facts">
          <div>
            <dt>Looked at</dt>
            <dd>{whole(considered)}</dd>
          </div>
          <div>
            <dt>Sent again</dt>
            <dd>{whole(enqueued)}</dd>
          </div>
          {shares.map(({ name, count }) => (
            <div>
              <dt>{name}</dt>
              <dd>{whole(count)}</dd>
            </div>
          ))}
          {Object.entries(refused).map(([code, count]) => (
            <div>
              <dt>not sent: {code}</dt>
              <dd>{whole(count)}</dd>
            </div>
          ))}
        </dl>
        {state === 'running' && mayAct(viewer, 'operator') ? (
          <form method="post" action={`/replays/${id}/continue`} class="pad" data-submit-at-once="">
            <FormToken token={viewer.formToken} />
            <button type="submit">Go on</button>
          </form>
        ) : null}
      </section>
      <Sent replay={replay} />
      <p>
        <a href="/dead-letters">Back to the dead letters</a>
      </p>
    </Frame>
  )
}

// The first of them, each with the way to its story.
function Sent({ replay: { deliveries = [], considered } }: { readonly replay: ReplayStory }) {
  if (deliveries.length === 0) return null
  return (
    <section class="panel" aria-labelledby="sent">
      <header class="panel-head">
        <h2 id="sent">What was looked at</h2>
        {considered > deliveries.length ? <p class="hint">the first {deliveries.length}</p> : null}
      </header>
      <table class="listing">
        <tbody>
          {deliveries.map(({ message_id, event, destination, refusal, outcome, reason }) => (
            <tr>
              <td>
                <a href={`/messages/${encodeURIComponent(message_id)}#to-${destination}`}>
                  {event} <Id>{message_id}</Id>
                </a>
              </td>
              <td>{destination}</td>
              <td>
                {refusal ? (
                  `not sent: ${refusal}`
                ) : isState(outcome) ? (
                  <StateMark state={outcome} />
                ) : (
                  'under way'
                )}{' '}
                <span class="hint">{reason ? reasonText(reason) : ''}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function isState(word: string | null): word is State {
  return word !== null && (STATES as readonly string[]).includes(word)
}
