// What one destination holds for one reason, and what people may decide about all of it.
import type { PropsWithChildren } from 'hono/jsx'
import type { HeldCount } from '../../api-types.ts'
import { Note } from '../../parts/delivery-actions.tsx'
import { FormToken } from '../../parts/layout.tsx'
import { Count, Instant, reasonText } from '../../parts/words.tsx'
import { pathWith } from '../../store-api.ts'
import { mayAct, type Viewer } from '../../viewer.ts'

export function HeldGroup({
  viewer,
  group: { destination, reason, count, first_due_at },
  window,
}: {
  readonly viewer: Viewer
  readonly group: HeldCount
  readonly window: string | undefined
}) {
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
        <DecideAll viewer={viewer} destination={destination} reason={reason ?? ''} />
      </div>
    </li>
  )
}

interface DecideProps {
  readonly viewer: Viewer
  readonly destination: string
  readonly reason: string
}

function DecideAll(group: DecideProps) {
  const { viewer, destination } = group
  if (!mayAct(viewer, 'operator')) return null
  return (
    <details class="act">
      <summary>
        Decide about all of them<span class="aloud"> at {destination}</span>…
      </summary>
      <GroupForm {...group} name="release">
        <p class="hint">
          What holds them is asked again now. Only what nothing holds any more is sent.
        </p>
        <button type="submit">Release all</button>
      </GroupForm>
      <GroupForm {...group} name="withdraw">
        <p class="hint">None of them will be sent to {destination}.</p>
        <Note />
        <button type="submit">Withdraw all</button>
      </GroupForm>
    </details>
  )
}

function GroupForm({
  viewer,
  destination,
  reason,
  name,
  children,
}: PropsWithChildren<DecideProps & { readonly name: 'release' | 'withdraw' }>) {
  return (
    <form class="row" method="post" action={`/consent/held/${name}`}>
      <FormToken token={viewer.formToken} />
      <input type="hidden" name="destination" value={destination} />
      <input type="hidden" name="reason" value={reason} />
      {children}
    </form>
  )
}
