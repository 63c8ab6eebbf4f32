// The secrets that are refused by now, and which of them can be accepted again.
import type { RetiredSecret } from '../../api-types.ts'
import { Source } from '../../parts/settings-frame.tsx'
import { Id, Instant } from '../../parts/words.tsx'
import { mayAct, type Viewer } from '../../viewer.ts'
import { Change, requests } from './parts.tsx'

interface RetiredProps {
  readonly viewer: Viewer
  readonly retired: readonly RetiredSecret[]
}

export function Retired({ viewer, retired }: RetiredProps) {
  if (retired.length === 0) return null
  return (
    <section class="panel" aria-labelledby="retired">
      <header class="panel-head">
        <h2 id="retired">Retired</h2>
        <p class="hint">
          Refused. One that was made here can be accepted again for 30 days; then its text is
          erased.
        </p>
      </header>
      <table class="stacked">
        <thead>
          <tr>
            <th scope="col">Secret</th>
            <th scope="col">Retired</th>
            <th scope="col">Signed</th>
            {mayAct(viewer, 'admin') ? <td /> : null}
          </tr>
        </thead>
        <tbody>
          {retired.map((secret) => (
            <Row viewer={viewer} secret={secret} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Row({ viewer, secret }: { readonly viewer: Viewer; readonly secret: RetiredSecret }) {
  const { fingerprint, source, retired_at, retired_by } = secret
  return (
    <tr>
      <th scope="row">
        <Id>{fingerprint}</Id>
        <Source source={source} />
      </th>
      <td data-label="retired">
        <Instant at={retired_at} look={viewer.look} />
        {retired_by === null ? null : <span class="hint"> by {retired_by}</span>}
        {source === 'environment' ? (
          <span class="hint">, though it stands in its variable</span>
        ) : null}
      </td>
      <td data-label="signed">{requests(secret.requests)}</td>
      {mayAct(viewer, 'admin') ? (
        <td class="acts">
          {secret.can_be_restored ? (
            <Change viewer={viewer} fingerprint={fingerprint} action="restore">
              Accept again
            </Change>
          ) : (
            <span class="hint">erased</span>
          )}
        </td>
      ) : null}
    </tr>
  )
}
