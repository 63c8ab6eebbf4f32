import type { ApiKeyList, ListedApiKey } from '../api-types.ts'
import { FormToken } from '../parts/layout.tsx'
import { Fault, SettingsFrame, ShownOnce, Source } from '../parts/settings-frame.tsx'
import { Id, Instant } from '../parts/words.tsx'
import type { Viewer } from '../viewer.ts'

export interface ApiKeysProps {
  readonly viewer: Viewer
  /** Null for who may not see them. */
  readonly list: ApiKeyList | null
  /** What the store refused just now. */
  readonly fault: string | null
}

export function ApiKeysPage({ viewer, list, fault }: ApiKeysProps) {
  return (
    <SettingsFrame viewer={viewer} at="/settings/api-keys">
      <Fault message={fault} />
      {list === null ? null : <Make viewer={viewer} />}
      <section class="panel" aria-labelledby="keys">
        <header class="panel-head">
          <h2 id="keys">API keys</h2>
          <p class="hint">The audit log names whoever uses one by these fingerprints.</p>
        </header>
        {list === null ? (
          <p class="hint pad">Only an admin sees and makes them.</p>
        ) : list.api_keys.length === 0 ? (
          <p class="hint pad">None yet: people come in by links and by the reverse proxy.</p>
        ) : (
          <Keys viewer={viewer} keys={list.api_keys} />
        )}
      </section>
      <Roles />
      {list && list.people.length > 0 ? <People people={list.people} /> : null}
    </SettingsFrame>
  )
}

/** Days after which a key ends by itself, as the form offers them. */
export const LIFETIMES = [30, 90, 365] as const

function Make({ viewer }: { readonly viewer: Viewer }) {
  return (
    <section class="panel" aria-labelledby="make">
      <header class="panel-head">
        <h2 id="make">Make a key</h2>
      </header>
      <form method="post" action="/settings/api-keys" class="row pad">
        <FormToken token={viewer.formToken} />
        <label>
          <span>What it is for</span>
          <input
            name="name"
            required
            maxlength={80}
            autocomplete="off"
            placeholder="e.g. reports"
          />
        </label>
        <label>
          <span>Role</span>
          <select name="role">
            <option value="viewer">viewer</option>
            <option value="operator">operator</option>
            <option value="admin">admin</option>
          </select>
        </label>
        <label>
          <span>Ends</span>
          <select name="days">
            {LIFETIMES.map((days) => (
              <option value={String(days)} selected={days === 90}>
                after {days} days
              </option>
            ))}
            <option value="">when it is revoked</option>
          </select>
        </label>
        <button class="primary" type="submit">
          Make it
        </button>
      </form>
    </section>
  )
}

function Keys({
  viewer,
  keys,
}: {
  readonly viewer: Viewer
  readonly keys: readonly ListedApiKey[]
}) {
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Role</th>
          <th scope="col">Made</th>
          <th scope="col">Last used</th>
          <th scope="col">Ends</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <KeyRow viewer={viewer} apiKey={key} />
        ))}
      </tbody>
    </table>
  )
}

function KeyRow({ viewer, apiKey }: { readonly viewer: Viewer; readonly apiKey: ListedApiKey }) {
  const { fingerprint, source, name, role, created_at, created_by, last_used_at } = apiKey
  const { look } = viewer
  return (
    <tr class={isOver(apiKey, look.nowMs) ? 'over' : undefined}>
      <th scope="row">
        {name === null ? null : `${name} `}
        <Id>{fingerprint}</Id>
        <Source source={source} />
      </th>
      <td data-label="role" class="whole">
        {role}
      </td>
      <td data-label="made">
        {created_at === null ? (
          <span class="hint">outside</span>
        ) : (
          <>
            <Instant at={created_at} look={look} />
            <span class="hint"> by {created_by}</span>
          </>
        )}
      </td>
      <td data-label="last used">
        {last_used_at === null ? (
          <span class="hint">never</span>
        ) : (
          <Instant at={last_used_at} look={look} />
        )}
      </td>
      <td data-label="ends">
        <End viewer={viewer} apiKey={apiKey} />
      </td>
      <td class="acts">
        {source === 'store' && apiKey.revoked_at === null ? (
          <Revoke viewer={viewer} apiKey={apiKey} />
        ) : null}
      </td>
    </tr>
  )
}

function isOver({ revoked_at, expires_at }: ListedApiKey, nowMs: number): boolean {
  return revoked_at !== null || (expires_at !== null && Date.parse(expires_at) <= nowMs)
}

function End({ viewer, apiKey }: { readonly viewer: Viewer; readonly apiKey: ListedApiKey }) {
  const { revoked_at, revoked_by, expires_at, source } = apiKey
  const { look } = viewer
  if (revoked_at !== null)
    return (
      <>
        revoked <Instant at={revoked_at} look={look} />
        <span class="hint"> by {revoked_by}</span>
      </>
    )
  if (expires_at === null)
    return (
      <span class="hint">
        {source === 'store' ? 'when it is revoked' : 'when it is taken out of its variable'}
      </span>
    )
  const hasEnded = isOver(apiKey, look.nowMs)
  return (
    <>
      {hasEnded ? 'ended ' : null}
      <Instant at={expires_at} look={look} />
    </>
  )
}

// Cannot be undone, so it takes two steps; without a script too.
function Revoke({ viewer, apiKey }: { readonly viewer: Viewer; readonly apiKey: ListedApiKey }) {
  const { name, fingerprint } = apiKey
  return (
    <details class="two-steps">
      <summary aria-label={`Revoke ${name}`}>Revoke</summary>
      <form method="post" action={`/settings/api-keys/${encodeURIComponent(fingerprint)}/revoke`}>
        <FormToken token={viewer.formToken} />
        <p class="hint">What uses it is refused at once, and its sessions end.</p>
        <button type="submit">Revoke {name} for good</button>
      </form>
    </details>
  )
}

const ROLES = [
  { role: 'viewer', may: 'reads everything, personal data masked' },
  {
    role: 'operator',
    may: 'also acts on deliveries: pauses and enables destinations, rehearses and starts replays',
  },
  {
    role: 'admin',
    may: 'also sees personal data of a message, which the audit log keeps; signs others in; makes and takes away keys and secrets',
  },
] as const

function Roles() {
  return (
    <section class="panel" aria-labelledby="roles">
      <header class="panel-head">
        <h2 id="roles">Roles</h2>
        <p class="hint">Each may do what the one before it may.</p>
      </header>
      <dl class="traits">
        {ROLES.map(({ role, may }) => (
          <div>
            <dt>{role}</dt>
            <dd>{may}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function People({ people }: { readonly people: ApiKeyList['people'] }) {
  return (
    <section class="panel" aria-labelledby="people">
      <header class="panel-head">
        <h2 id="people">People whom the reverse proxy signs in</h2>
        <p class="hint">The first entry that names a person decides the role.</p>
      </header>
      <dl class="traits">
        {people.map(({ pattern, role }) => (
          <div>
            <dt>{pattern}</dt>
            <dd>{role}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** The one page that shows a key, and does so once. */
export function MadeApiKeyPage({
  viewer,
  made,
}: {
  readonly viewer: Viewer
  readonly made: { readonly name: string; readonly role: string; readonly key: string }
}) {
  return (
    <SettingsFrame viewer={viewer} at="/settings/api-keys">
      <section class="panel" aria-labelledby="made">
        <header class="panel-head">
          <h2 id="made">
            A new {made.role}’s key for {viewer.environment}: {made.name}
          </h2>
        </header>
        <div class="pad stack">
          <ShownOnce label="API key, shown now and never again" text={made.key} />
          <p class="hint">
            It goes into <code>Authorization: Bearer</code>, or into the sign-in page. Other
            processes of this store know it within two seconds.
          </p>
          <p>
            <a href="/settings/api-keys">I have put it away</a>
          </p>
        </div>
      </section>
    </SettingsFrame>
  )
}
