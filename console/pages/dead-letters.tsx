import type { DeadLetterGroup, ReplayStory } from '../api-types.ts'
import { Empty, Frame } from '../parts/layout.tsx'
import { Count, Id, Instant } from '../parts/words.tsx'
import { mayAct, type Viewer } from '../viewer.ts'

export interface DeadLettersProps {
  readonly viewer: Viewer
  readonly groups: readonly DeadLetterGroup[]
  readonly replays: readonly ReplayStory[]
}

export function DeadLettersPage({ viewer, groups, replays }: DeadLettersProps) {
  return (
    <Frame viewer={viewer} title="Dead letters" at="/dead-letters">
      {groups.length === 0 ? (
        <Empty title="Nothing was given up">
          A delivery that a platform refuses for good, or that runs out of attempts, is kept here
          whole, with the way to send it again.{' '}
          <a href="/events?state=retrying">See what is being retried</a>.
        </Empty>
      ) : (
        <section class="panel" aria-labelledby="groups">
          <header class="panel-head">
            <h2 id="groups">By reason</h2>
            <p class="hint">
              Each is kept whole. A dry run shows what a replay would send, and sends nothing.
            </p>
          </header>
          <ul class="groups">
            {groups.map((group) => (
              <Group viewer={viewer} group={group} />
            ))}
          </ul>
        </section>
      )}
      <Replays viewer={viewer} replays={replays} />
    </Frame>
  )
}

function Group({ viewer, group }: { readonly viewer: Viewer; readonly group: DeadLetterGroup }) {
  const { destination, reason, count, first_at, last_at, events, examples } = group
  return (
    <li class="group">
      <b class="group-count number">
        <Count value={count} />
      </b>
      <div class="group-words">
        <h3>
          {destination} <span class="group-reason">{reason ?? 'no reason was kept'}</span>
        </h3>
        <p class="hint">
          {Object.entries(events)
            .map(([name, of]) => `${of} ${name}`)
            .join(', ')}{' '}
          · <Instant at={first_at} look={viewer.look} /> to{' '}
          <Instant at={last_at} look={viewer.look} />
        </p>
        <p class="hint">
          e.g.{' '}
          {examples.map((id) => (
            <a href={`/messages/${encodeURIComponent(id)}`}>
              <Id>{id}</Id>
            </a>
          ))}
        </p>
      </div>
      {mayAct(viewer, 'operator') ? (
        <form method="get" action="/replays/new">
          <input type="hidden" name="destination" value={destination} />
          {reason === null ? null : <input type="hidden" name="reason" value={reason} />}
          <button type="submit">Dry run…</button>
        </form>
      ) : null}
    </li>
  )
}

function Replays({
  viewer,
  replays,
}: {
  readonly viewer: Viewer
  readonly replays: readonly ReplayStory[]
}) {
  if (replays.length === 0) return null
  return (
    <section class="panel" aria-labelledby="replays">
      <header class="panel-head">
        <h2 id="replays">Replays</h2>
      </header>
      <table class="listing">
        <thead>
          <tr>
            <th scope="col">Replay</th>
            <th scope="col">Asked for</th>
            <th scope="col">By</th>
            <th scope="col" class="number">
              Sent again
            </th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {replays.map(({ id, created_at, requested_by, enqueued, state, note }) => (
            <tr>
              <td>
                <a href={`/replays/${id}`}>Replay {id}</a> <span class="hint">{note ?? ''}</span>
              </td>
              <td>
                <Instant at={created_at} look={viewer.look} />
              </td>
              <td>{requested_by}</td>
              <td class="number">
                <Count value={enqueued} />
              </td>
              <td>{state}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
