// Who took a yes back, and what was not sent because of it.
import type { Revocation, RevocationPage } from '../../api-types.ts'
import { Instant } from '../../parts/words.tsx'
import { pathWith } from '../../store-api.ts'
import type { Viewer } from '../../viewer.ts'
import type { ConsentQuery } from './query.ts'

export function Revocations({
  viewer,
  query: { window, destination, reason, before },
  page,
}: {
  readonly viewer: Viewer
  readonly query: ConsentQuery
  readonly page: RevocationPage
}) {
  const at = (over: ConsentQuery) =>
    `${pathWith('/consent', { window, destination, reason, ...over })}#revocations`
  return (
    <section class="panel" aria-labelledby="revocations">
      <header class="panel-head">
        <h2 id="revocations">Revocations</h2>
        <p class="hint">Who took a yes back, and what was not sent because of it.</p>
      </header>
      {page.revocations.length === 0 ? (
        <p class="hint pad">
          {before ? 'No older one.' : 'Nobody has taken a yes back since this is kept.'}
        </p>
      ) : (
        <ul>
          {page.revocations.map((each) => (
            <RevocationItem viewer={viewer} revocation={each} />
          ))}
        </ul>
      )}
      {before || page.next_cursor ? (
        <nav class="pager pad" aria-label="Pages of revocations">
          {before ? <a href={at({})}>Newest</a> : <span />}
          {page.next_cursor ? (
            <a rel="next" href={at({ before: page.next_cursor })}>
              Older
            </a>
          ) : null}
        </nav>
      ) : null}
    </section>
  )
}

function RevocationItem({
  viewer,
  revocation,
}: {
  readonly viewer: Viewer
  readonly revocation: Revocation
}) {
  const { categories, stated_at, message_id, profile_id, withdrawn, removed } = revocation
  const became = [
    ...Object.entries(withdrawn).map(([name, count]) => `${count} not sent to ${name}`),
    ...Object.entries(removed).map(([name]) => `taken off ${name}`),
  ]
  return (
    <li class="revocation">
      <p>
        <a href={`/profiles/${profile_id}`}>
          {revocation.canonical_user_id ?? `anonymous ${profile_id}`}
        </a>{' '}
        <span class="consent consent-denied">no more {categories.join(', ')}</span>
      </p>
      <p class="hint">
        <Instant at={stated_at} look={viewer.look} />,{' '}
        <a href={`/messages/${encodeURIComponent(message_id)}`}>said by this message</a>
      </p>
      <p>{became.length > 0 ? became.join(', ') : 'Nothing was waiting.'}</p>
    </li>
  )
}
