// What is kept for how long, and the audit log.
import type { AuditEntry, KeptThing } from '../api-types.ts'
import { ACTIONS, AuditTable } from '../parts/audit-table.tsx'
import { Empty } from '../parts/layout.tsx'
import { SettingsFrame } from '../parts/settings-frame.tsx'
import { duration, Instant, whole } from '../parts/words.tsx'
import { pathWith } from '../store-api.ts'
import type { Viewer } from '../viewer.ts'

export interface RetentionProps {
  readonly viewer: Viewer
  readonly kept: readonly KeptThing[]
}

export function RetentionPage({ viewer, kept }: RetentionProps) {
  return (
    <SettingsFrame viewer={viewer} at="/settings/retention">
      <section class="panel" aria-labelledby="kept">
        <header class="panel-head">
          <h2 id="kept">What is kept, and how long</h2>
          <p class="hint">Whoever delivers looks every minute for what is due.</p>
        </header>
        <table class="stacked">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Kept</th>
              <th scope="col">Last looked at</th>
              <th scope="col">Last removed</th>
              <th scope="col">In all</th>
            </tr>
          </thead>
          <tbody>
            {kept.map((thing) => (
              <KeptRow viewer={viewer} thing={thing} />
            ))}
          </tbody>
        </table>
      </section>
      <p class="hint">
        Members are kept as <code>retention_days</code> of <code>mappings/audiences.yaml</code>{' '}
        says, the audit log for <code>TRACKLAYER_AUDIT_LOG_DAYS</code>.
      </p>
    </SettingsFrame>
  )
}

function KeptRow({ viewer, thing }: { readonly viewer: Viewer; readonly thing: KeptThing }) {
  const { kept_ms, last_run } = thing
  const { look } = viewer
  const none = <span class="hint">{kept_ms === null ? '–' : 'not yet'}</span>
  return (
    <tr>
      <th scope="row">{wordsOf(thing)}</th>
      <td data-label="kept">{kept_ms === null ? 'for good' : duration(kept_ms)}</td>
      <td data-label="last looked at">
        {last_run ? <Instant at={last_run.ran_at} look={look} /> : none}
      </td>
      <td data-label="last removed">
        {last_run?.removed_at ? (
          <>
            {whole(last_run.removed)} <Instant at={last_run.removed_at} look={look} />
          </>
        ) : (
          <span class="hint">{kept_ms === null ? '–' : 'nothing so far'}</span>
        )}
      </td>
      <td data-label="in all">{last_run ? whole(last_run.removed_in_all) : none}</td>
    </tr>
  )
}

function wordsOf({ subject, name }: KeptThing): string {
  if (subject === 'memberships') return `Members of ${name}, since they were last stated`
  if (subject === 'sessions') return name === 'link' ? 'Sign-in links' : 'Sessions'
  return SUBJECTS[subject] ?? subject
}

const SUBJECTS: Readonly<Record<string, string>> = {
  messages: 'Messages, events, profiles and the ledger',
  audit_log: 'Audit log',
  retired_secrets: 'Texts of retired secrets',
}

export interface AuditFilter {
  readonly action: string | undefined
  readonly actor: string | undefined
}

export interface AuditLogProps {
  readonly viewer: Viewer
  readonly filter: AuditFilter
  /** Null for who may not see it. */
  readonly page: { readonly entries: readonly AuditEntry[]; readonly next: string | null } | null
}

export function AuditLogPage({ viewer, filter, page }: AuditLogProps) {
  return (
    <SettingsFrame viewer={viewer} at="/settings/audit-log">
      {page === null ? (
        <Empty title="Only an admin sees it">Sign in with a key or a link of that role.</Empty>
      ) : (
        <>
          <Filters filter={filter} />
          {page.entries.length === 0 ? (
            <Empty title="Nothing like that was done">
              <a href="/settings/audit-log">See everything</a>.
            </Empty>
          ) : (
            <section class="panel" aria-label="Audit log">
              <AuditTable viewer={viewer} entries={page.entries} />
            </section>
          )}
          {page.next ? (
            <nav class="pager" aria-label="Pages of the audit log">
              <span />
              <a href={pathWith('/settings/audit-log', { ...filter, cursor: page.next })}>Older</a>
            </nav>
          ) : null}
        </>
      )}
    </SettingsFrame>
  )
}

function Filters({ filter: { action, actor } }: { readonly filter: AuditFilter }) {
  return (
    <form class="filters" method="get" action="/settings/audit-log" data-submit-on-change>
      <label>
        <span>What was done</span>
        <select name="action">
          <option value="">anything</option>
          {Object.entries(ACTIONS).map(([name, words]) => (
            <option value={name} selected={name === action}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label class="wide">
        <span>Who, as written here</span>
        <input name="actor" value={actor} autocomplete="off" placeholder="e.g. ada@shop.example" />
      </label>
      <button type="submit">Filter</button>
      {action || actor ? (
        <a class="clear" href="/settings/audit-log">
          Clear
        </a>
      ) : null}
    </form>
  )
}
