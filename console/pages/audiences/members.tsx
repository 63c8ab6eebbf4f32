import type { AudienceMember, AudienceSummary, AudienceTransition } from '../../api-types.ts'
import { Id, Instant, JsonView, StateRow } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'
import { AudienceFrame, pathOf } from './parts.tsx'

interface PageProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  /** Cursor of this page; null for the first. */
  readonly cursor: string | null
  readonly next: string | null
}

export function MembersPage({
  viewer,
  audience,
  members,
  cursor,
  next,
}: PageProps & { readonly members: readonly AudienceMember[] }) {
  return (
    <AudienceFrame viewer={viewer} audience={audience} view="/members">
      <section class="panel" aria-labelledby="members">
        <header class="panel-head">
          <h2 id="members">Members</h2>
          <p class="hint">
            In the order in which they were first heard of. A record is the canonical event by which
            somebody entered, personal data masked.
          </p>
        </header>
        {members.length === 0 ? (
          <p class="hint pad">Nobody is inside.</p>
        ) : (
          <ul class="people">
            {members.map((member) => (
              <Member viewer={viewer} member={member} />
            ))}
          </ul>
        )}
      </section>
      <Pager path={`${pathOf(audience)}/members`} cursor={cursor} next={next} />
    </AudienceFrame>
  )
}

function Member({ viewer, member }: { readonly viewer: Viewer; readonly member: AudienceMember }) {
  const { subject, status, profile_id, canonical_user_id, since, record } = member
  return (
    <li>
      <p class="person-row">
        {profile_id ? (
          <a href={`/profiles/${profile_id}`}>{canonical_user_id ?? `anonymous ${profile_id}`}</a>
        ) : (
          <Id>{subject}</Id>
        )}
        <span class="tag">{status}</span>
        <span class="hint when">{since ? <Instant at={since} look={viewer.look} /> : null}</span>
      </p>
      {record ? (
        <details>
          <summary>
            Record<span class="aloud"> of {canonical_user_id ?? subject}</span>
          </summary>
          <JsonView value={record} label={`Canonical record of ${canonical_user_id ?? subject}`} />
        </details>
      ) : null}
    </li>
  )
}

const REASONS: Readonly<Record<string, string>> = {
  stated: 'Segment said so',
  expired: 'not stated anew for as long as the audience keeps people',
  deleted: 'asked to be forgotten',
  merged: 'two people turned out to be one',
  separated: 'a merge was undone',
  consent: 'told again after an answer about consent',
  repaired: 'told again after an audit',
}

export function TransitionsPage({
  viewer,
  audience,
  transitions,
  cursor,
  next,
}: PageProps & { readonly transitions: readonly AudienceTransition[] }) {
  return (
    <AudienceFrame viewer={viewer} audience={audience} view="/transitions">
      <section class="panel" aria-label="Who came and went, the latest first">
        {transitions.length === 0 ? (
          <p class="hint pad-all">Nobody has entered or left yet.</p>
        ) : (
          <table class="listing">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Why</th>
                <th scope="col">Told to</th>
              </tr>
            </thead>
            <tbody>
              {transitions.map((transition) => (
                <tr>
                  <td class="when">
                    <Instant at={transition.computed_at} look={viewer.look} />
                  </td>
                  <td>
                    {transition.profile_id ? (
                      <a href={`/profiles/${transition.profile_id}`}>
                        profile {transition.profile_id}
                      </a>
                    ) : (
                      <Id>{transition.subject}</Id>
                    )}
                  </td>
                  <td>
                    <a href={`/messages/${encodeURIComponent(transition.message_id)}`}>
                      {transition.direction}
                    </a>
                  </td>
                  <td class="hint">{REASONS[transition.reason] ?? transition.reason}</td>
                  <td>
                    <StateRow deliveries={transition.deliveries} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <Pager path={`${pathOf(audience)}/transitions`} cursor={cursor} next={next} />
    </AudienceFrame>
  )
}

function Pager({
  path,
  cursor,
  next,
}: Pick<PageProps, 'cursor' | 'next'> & { readonly path: string }) {
  if (cursor === null && next === null) return null
  return (
    <nav class="pager" aria-label="Pages">
      {cursor === null ? <span /> : <a href={path}>First</a>}
      {next === null ? <span /> : <a href={`${path}?cursor=${next}`}>Next</a>}
    </nav>
  )
}
