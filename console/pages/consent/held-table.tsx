// Held events one by one: whom each is about, what it waits for, and until when at the most.
import type { HeldDelivery } from '../../api-types.ts'
import { duration, Id, Instant, reasonText } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'

export function HeldTable({
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
