import type { DryRunItem, DryRunPage, ReplayStory } from '../api-types.ts'
import { Empty, FormToken, Frame } from '../parts/layout.tsx'
import { Parts } from '../parts/plots.tsx'
import { Id, Instant, reasonText, StateMark, whole } from '../parts/words.tsx'
import type { Viewer } from '../viewer.ts'

/** What a replay is asked for, as it stands in the address of its dry run. */
export type ReplayQuery = Readonly<
  Partial<Record<'message_id' | 'destination' | 'reason' | 'confirm_unknown', string>>
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
      {page.items.length === 0 ? (
        <Empty title="There is nothing to send again">
          Nothing was given up for this any more.{' '}
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
              <Item item={item} />
            ))}
          </ul>
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

function Item({ item }: { readonly item: DryRunItem }) {
  const { destination, message_id, event, state, reason, refusal, would, difference } = item
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
  const isUnderWay = state === 'running' || (outcomes.waiting ?? 0) > 0
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
        {state === 'running' ? (
          <form method="post" action={`/replays/${id}/continue`} class="pad">
            <FormToken token={viewer.formToken} />
            <button type="submit">Go on</button>
          </form>
        ) : null}
      </section>
      <p>
        <a href="/dead-letters">Back to the dead letters</a>
      </p>
    </Frame>
  )
}
