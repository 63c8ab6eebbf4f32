// What goes wrong at a destination, by reason, with the way to a dry run.
import type { DestinationError } from '../../api-types.ts'
import { Count, Id, Instant, StateMark } from '../../parts/words.tsx'
import { mayAct, type Viewer } from '../../viewer.ts'

export function Errors({
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
