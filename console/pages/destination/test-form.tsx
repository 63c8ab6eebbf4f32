// The form that sends an event which was made up, by the real mapping and connection.
import type { DestinationSetup } from '../../api-types.ts'
import { FormToken } from '../../parts/layout.tsx'
import { pathWith } from '../../store-api.ts'
import { mayAct, type Viewer } from '../../viewer.ts'

export function TestForm({
  viewer,
  name,
  setup,
}: {
  readonly viewer: Viewer
  readonly name: string
  readonly setup: DestinationSetup | null
}) {
  if (!mayAct(viewer, 'operator')) return null
  const mode = setup?.test_mode
  return (
    <section class="panel" aria-labelledby="try">
      <header class="panel-head">
        <h2 id="try">Send a test event</h2>
        <p class="hint">Made up, by the real mapping and the real connection. It is no delivery.</p>
      </header>
      {setup === null ? (
        <p class="hint pad">
          This store runs without its destinations. Where the worker runs:{' '}
          <code>tracklayer destination test {name}</code>
        </p>
      ) : (
        <form
          method="post"
          action={`/destinations/${encodeURIComponent(name)}/test`}
          class="row pad"
        >
          <FormToken token={viewer.formToken} />
          <label>
            <span>Event in Segment</span>
            <input name="event" value="Order Completed" required maxlength={200} />
          </label>
          {mode?.needs_code ? (
            <label>
              <span>Test code of the platform</span>
              <input name="test_code" placeholder="TEST12345" maxlength={100} />
            </label>
          ) : null}
          {mode ? null : (
            <label class="check">
              <input type="checkbox" name="send_real" value="yes" required />
              <span>There is no test mode here: it counts, and I mean it</span>
            </label>
          )}
          <button type="submit">Send</button>
          {mode ? <p class="hint wide">{mode.says}</p> : null}
        </form>
      )}
      <p class="hint pad">
        <a href={pathWith('/events', { destination: name })}>Events for {name}</a> ·{' '}
        <a href="/dead-letters">Dead letters</a>
      </p>
    </section>
  )
}
