// Asked before a secret that is in use is retired: what still has it would be refused.
import type { ListedSecret, SecretList } from '../../api-types.ts'
import { FormToken } from '../../parts/layout.tsx'
import { SettingsFrame } from '../../parts/settings-frame.tsx'
import { Id, Instant } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'
import { requests } from './parts.tsx'

export function ConfirmRetirementPage({
  viewer,
  secret,
  list,
}: {
  readonly viewer: Viewer
  readonly secret: ListedSecret
  readonly list: SecretList
}) {
  const { fingerprint, last_used_at, last_used_by } = secret
  const quietMs = viewer.look.nowMs - Date.parse(last_used_at ?? '')
  return (
    <SettingsFrame viewer={viewer} at="/settings/secrets">
      <section class="panel" aria-labelledby="in-use">
        <header class="panel-head">
          <h2 id="in-use">
            <Id>{fingerprint}</Id> is in use
          </h2>
        </header>
        <div class="pad stack">
          <p class="warning">
            It signed {requests(secret.requests)}
            {last_used_at === null ? null : (
              <>
                , the latest <Instant at={last_used_at} look={viewer.look} />
                {last_used_by === null ? null : ` by ${last_used_by}`}
              </>
            )}
            .{' '}
            {quietMs < list.in_use_ms
              ? 'Wait until nothing was signed with it for an hour.'
              : 'No other secret has signed anything since: give the new one to Segment first.'}
          </p>
          <p>
            Retired now, whatever still signs with it is answered 401. Segment tries those again for
            four hours, so they arrive if the sender gets the new secret by then.
          </p>
          <form method="post" action={`/settings/secrets/${fingerprint}/retire`} class="row">
            <FormToken token={viewer.formToken} />
            <input type="hidden" name="confirm" value="yes" />
            <button type="submit">Retire it all the same</button>
            <a class="beside-button" href="/settings/secrets">
              Leave it
            </a>
          </form>
        </div>
      </section>
    </SettingsFrame>
  )
}
