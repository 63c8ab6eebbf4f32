import type { AuditEntry } from '../api-types.ts'
import { Frame } from '../parts/layout.tsx'
import { Id, Instant } from '../parts/words.tsx'
import type { Viewer } from '../viewer.ts'

export interface SettingsProps {
  readonly viewer: Viewer
  /** Null for who may not see it. */
  readonly audit: { readonly entries: readonly AuditEntry[]; readonly next: string | null } | null
}

const ACTIONS: Readonly<Record<string, string>> = {
  'session.created': 'signed in',
  'session.ended': 'signed out',
  'sign_in_link.created': 'made a sign-in link',
  'personal_data.shown': 'looked at personal data',
  'destination.paused': 'paused',
  'destination.enabled': 'enabled',
  'merge.undone': 'undid a merge',
  'audience.resumed': 'resumed an audience',
  'audience.repaired': 'repaired an audience',
}

export function SettingsPage({ viewer, audit }: SettingsProps) {
  const { account, environment, actor, role } = viewer
  return (
    <Frame viewer={viewer} title="Settings" at="/settings">
      <section class="panel" aria-labelledby="session">
        <header class="panel-head">
          <h2 id="session">This session</h2>
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
      </section>
      <section class="panel" aria-labelledby="audit">
        <header class="panel-head">
          <h2 id="audit">Audit log</h2>
          <p class="hint">Who signed in, who changed what, who saw personal data.</p>
        </header>
        {audit === null ? (
          <p class="hint pad">Only an admin sees it.</p>
        ) : (
          <table class="listing">
            <tbody>
              {audit.entries.map((entry) => (
                <tr>
                  <td class="when">
                    <Instant at={entry.at} look={viewer.look} />
                  </td>
                  <td>
                    {entry.actor} <span class="hint">{entry.role}</span>
                  </td>
                  <td>{ACTIONS[entry.action] ?? entry.action}</td>
                  <td>{entry.target === null ? '' : <Id>{entry.target}</Id>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {audit?.next ? (
          <nav class="pager pad" aria-label="Pages of the audit log">
            <span />
            <a href={`/settings?cursor=${audit.next}`}>Older</a>
          </nav>
        ) : null}
      </section>
    </Frame>
  )
}
