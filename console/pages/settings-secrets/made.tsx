// The one page that shows a secret, and does so once: reading it again would make another.
import { SettingsFrame, ShownOnce } from '../../parts/settings-frame.tsx'
import { Id } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'

export function MadeSecretPage({
  viewer,
  fingerprint,
  secret,
}: {
  readonly viewer: Viewer
  readonly fingerprint: string
  readonly secret: string
}) {
  return (
    <SettingsFrame viewer={viewer} at="/settings/secrets">
      <section class="panel" aria-labelledby="made">
        <header class="panel-head">
          <h2 id="made">
            A new secret, <Id>{fingerprint}</Id>
          </h2>
        </header>
        <div class="pad stack">
          <ShownOnce label="Signing secret, shown now and never again" text={secret} />
          <ol class="numbered">
            <li>
              Put it into “Signing secret” of every TrackLayer destination function and Action
              Destination that sends to <b>{viewer.environment}</b>.
            </li>
            <li>
              Where <code>tracklayer deploy</code> writes those settings: put it first into{' '}
              <code>TRACKLAYER_SECRET_{variableOf(viewer.environment)}</code> of the store’s file.
            </li>
            <li>Come back and see the traffic turn; then retire the old one.</li>
          </ol>
          <p class="hint">
            It is accepted already, beside the old one; by other processes of this store within two
            seconds.
          </p>
          <p>
            <a href="/settings/secrets">I have put it away</a>
          </p>
        </div>
      </section>
    </SettingsFrame>
  )
}

function variableOf(environment: string): string {
  return environment.toUpperCase().replaceAll('-', '_')
}
