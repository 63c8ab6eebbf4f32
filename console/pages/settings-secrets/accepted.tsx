// The secrets that are accepted now: how old each is, and whether anything still signs with it.
import type { ListedSecret } from '../../api-types.ts'
import { Source } from '../../parts/settings-frame.tsx'
import { duration, Id, Instant } from '../../parts/words.tsx'
import { mayAct, type Viewer } from '../../viewer.ts'
import { Change, requests } from './parts.tsx'

interface AcceptedProps {
  readonly viewer: Viewer
  readonly secrets: readonly ListedSecret[]
}

export function Accepted({ viewer, secrets }: AcceptedProps) {
  const mayRetire = mayAct(viewer, 'admin') && secrets.length > 1
  return (
    <section class="panel" aria-labelledby="live">
      <header class="panel-head">
        <h2 id="live">Accepted now</h2>
        <p class="hint">
          What signs with one of these is taken in. A fingerprint names a secret and gives nothing
          of it away.
        </p>
      </header>
      <table class="stacked">
        <thead>
          <tr>
            <th scope="col">Secret</th>
            <th scope="col">Age</th>
            <th scope="col">Signed</th>
            <th scope="col">Last used</th>
            {mayRetire ? <td /> : null}
          </tr>
        </thead>
        <tbody>
          {secrets.map((secret) => (
            <Row viewer={viewer} secret={secret} mayRetire={mayRetire} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface SecretProps {
  readonly viewer: Viewer
  readonly secret: ListedSecret
}

function Row({ viewer, secret, mayRetire }: SecretProps & { readonly mayRetire: boolean }) {
  const { fingerprint, source } = secret
  return (
    <tr id={fingerprint}>
      <th scope="row">
        <Id>{fingerprint}</Id>
        <Source source={source} />
      </th>
      <td data-label="age">
        <Age secret={secret} viewer={viewer} />
      </td>
      <td data-label="signed" class="whole">
        {requests(secret.requests)}
      </td>
      <td data-label="last used">
        <LastUsed secret={secret} viewer={viewer} />
      </td>
      {mayRetire ? (
        <td class="acts">
          <Change viewer={viewer} fingerprint={fingerprint} action="retire">
            Retire
          </Change>
        </td>
      ) : null}
    </tr>
  )
}

function Age({ secret, viewer }: SecretProps) {
  const { created_at, created_by, source } = secret
  const age = duration(Math.max(0, viewer.look.nowMs - Date.parse(created_at)))
  return (
    <>
      {age}{' '}
      <span class="hint">
        {source === 'store' ? 'made' : 'first seen'} <Instant at={created_at} look={viewer.look} />
        {created_by === null ? null : ` by ${created_by}`}
      </span>
    </>
  )
}

function LastUsed({ secret, viewer }: SecretProps) {
  const { last_used_at, last_used_by } = secret
  if (last_used_at === null) return <span class="hint">never</span>
  return (
    <>
      <Instant at={last_used_at} look={viewer.look} />
      {last_used_by === null ? null : <span class="hint"> by {last_used_by}</span>}
    </>
  )
}
