import type { AuditEntry, ListedSession } from '../api-types.ts'
import { AuditTable } from '../parts/audit-table.tsx'
import { FormToken } from '../parts/layout.tsx'
import { SettingsFrame } from '../parts/settings-frame.tsx'
import { Instant } from '../parts/words.tsx'
import type { Viewer } from '../viewer.ts'

export interface SettingsProps {
  readonly viewer: Viewer
  /** Null for who may not see them. */
  readonly sessions: readonly ListedSession[] | null
  /** The latest entries; null for who may not see them. */
  readonly audit: readonly AuditEntry[] | null
}

export function SettingsPage({ viewer, sessions, audit }: SettingsProps) {
  return (
    <SettingsFrame viewer={viewer} at="/settings">
      <Account viewer={viewer} />
      <section class="panel" aria-labelledby="sessions">
        <header class="panel-head">
          <h2 id="sessions">Who is signed in</h2>
          <p class="hint">A session lasts twelve hours, and ends with the key it was made with.</p>
        </header>
        {sessions === null ? (
          <p class="hint pad">Only an admin sees who else is.</p>
        ) : sessions.length === 0 ? (
          <p class="hint pad">Nobody by a session: keys and the reverse proxy need none.</p>
        ) : (
          <Sessions viewer={viewer} sessions={sessions} />
        )}
      </section>
      <section class="panel" aria-labelledby="audit">
        <header class="panel-head">
          <h2 id="audit">Lately</h2>
          <p class="hint">Who signed in, who changed what, who saw personal data.</p>
          <a href="/settings/audit-log">The whole audit log</a>
        </header>
        {audit === null ? (
          <p class="hint pad">Only an admin sees it.</p>
        ) : (
          <AuditTable viewer={viewer} entries={audit} />
        )}
      </section>
    </SettingsFrame>
  )
}

function Account({ viewer }: { readonly viewer: Viewer }) {
  const { account, environment, environments, actor, role, formToken } = viewer
  return (
    <section class="panel" aria-labelledby="session">
      <header class="panel-head">
        <h2 id="session">Account and environment</h2>
        {environments.length > 1 ? (
          <form method="post" action="/settings/environment" class="row">
            <FormToken token={formToken} />
            <label>
              <span class="aloud">Environment to look at</span>
              <select name="environment">
                {environments.map((name) => (
                  <option value={name} selected={name === environment}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <button type="submit">Look at it</button>
          </form>
        ) : null}
      </header>
      <dl class="facts">
        <div>
          <dt>Account</dt>
          <dd>{account}</dd>
        </div>
        <div>
          <dt>Environment</dt>
          <dd>{environment}</dd>
        </div>
        <div>
          <dt>Signed in as</dt>
          <dd>{actor}</dd>
        </div>
        <div>
          <dt>Role</dt>
          <dd>{role}</dd>
        </div>
      </dl>
      <p class="hint pad">
        One store serves one account and any number of environments. Each has secrets, keys,
        destinations and data of its own, and is signed in to by itself; set{' '}
        <code>TRACKLAYER_SECRET_&lt;NAME&gt;</code> and <code>TRACKLAYER_API_KEY_&lt;NAME&gt;</code>{' '}
        for another one, and start the store again.
      </p>
    </section>
  )
}

function Sessions({
  viewer,
  sessions,
}: {
  readonly viewer: Viewer
  readonly sessions: readonly ListedSession[]
}) {
  const { look, formToken } = viewer
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col">By</th>
          <th scope="col">Since</th>
          <th scope="col">Until</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {sessions.map(({ id, actor, role, by, created_at, expires_at, is_own }) => (
          <tr>
            <td>
              {actor} <span class="hint">{role}</span>
              {is_own ? <span class="tag tag-changed beside">this one</span> : null}
            </td>
            <td data-label="by">{by}</td>
            <td data-label="since">
              <Instant at={created_at} look={look} />
            </td>
            <td data-label="until">
              <Instant at={expires_at} look={look} />
            </td>
            <td class="acts">
              {is_own ? null : (
                <form method="post" action={`/settings/sessions/${id}/end`}>
                  <FormToken token={formToken} />
                  <button type="submit" aria-label={`End the session of ${actor}`}>
                    End
                  </button>
                </form>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
