import type { AudienceMember, AudienceSummary, AudienceTransition } from '../api-types.ts'
import { Empty, Frame } from '../parts/layout.tsx'
import { Count, Id, Instant, StateRow } from '../parts/words.tsx'
import type { Viewer } from '../viewer.ts'

export function AudiencesPage({
  viewer,
  audiences,
}: {
  readonly viewer: Viewer
  readonly audiences: readonly AudienceSummary[]
}) {
  return (
    <Frame viewer={viewer} title="Audiences" at="/audiences">
      {audiences.length === 0 ? (
        <Empty title="No audience yet">
          Connect an Engage audience to the TrackLayer destination in Segment, or list one in{' '}
          <code>mappings/audiences.yaml</code>.
        </Empty>
      ) : (
        <section class="panel">
          <table class="listing numbers">
            <thead>
              <tr>
                <th scope="col">Audience</th>
                <th scope="col" class="number">
                  Members
                </th>
                <th scope="col" class="number">
                  Known
                </th>
                <th scope="col" class="number">
                  Anonymous
                </th>
                <th scope="col" class="number">
                  Unresolved
                </th>
                <th scope="col">Goes to</th>
                <th scope="col">First heard of</th>
              </tr>
            </thead>
            <tbody>
              {audiences.map((audience) => (
                <tr>
                  <th scope="row">
                    <a
                      href={`/audiences/${encodeURIComponent(audience.computation_id ?? audience.id)}`}
                    >
                      {audience.name ?? audience.id}
                    </a>{' '}
                    {audience.is_listed ? null : <span class="tag">unlisted</span>}
                    {audience.is_current ? null : <span class="tag">made anew since</span>}
                  </th>
                  <td class="number">
                    <Count value={audience.members.total} />
                  </td>
                  <td class="number">
                    <Count value={audience.members.known} />
                  </td>
                  <td class="number">
                    <Count value={audience.members.anonymous} />
                  </td>
                  <td class="number">
                    <Count value={audience.members.unresolved} />
                  </td>
                  <td>{audience.destinations.join(', ') || <span class="hint">nowhere</span>}</td>
                  <td>
                    {audience.first_computed_at ? (
                      <Instant at={audience.first_computed_at} look={viewer.look} />
                    ) : (
                      <span class="hint">not yet</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Frame>
  )
}

export interface AudienceProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  readonly members: readonly AudienceMember[]
  readonly transitions: readonly AudienceTransition[]
}

export function AudiencePage({ viewer, audience, members, transitions }: AudienceProps) {
  const { members: count } = audience
  return (
    <Frame viewer={viewer} title={audience.name ?? audience.id} at="/audiences">
      <p class="subject">
        <span class="pair">
          audience <Id>{audience.id}</Id>
        </span>
        {audience.computation_id ? (
          <span class="pair">
            computation <Id>{audience.computation_id}</Id>
          </span>
        ) : null}
        <span class="pair">{audience.mode.replace('_', ' ')}</span>
        <span class="pair">
          {audience.retention_days === null
            ? 'kept without end'
            : `kept ${audience.retention_days} days`}
        </span>
      </p>
      <dl class="figures">
        {Object.entries({
          Members: count.total,
          Known: count.known,
          Anonymous: count.anonymous,
          Unresolved: count.unresolved,
        }).map(([name, value]) => (
          <div class="figure">
            <dt>{name}</dt>
            <dd>
              <span class="big">
                <Count value={value} />
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <div class="sides">
        <section class="panel" aria-labelledby="members">
          <header class="panel-head">
            <h2 id="members">Members</h2>
            <p class="hint">{members.length < count.total ? `the first ${members.length}` : ''}</p>
          </header>
          {members.length === 0 ? (
            <p class="hint pad">Nobody is inside.</p>
          ) : (
            <table class="listing">
              <tbody>
                {members.map((member) => (
                  <tr>
                    <td>
                      {member.profile_id ? (
                        <a href={`/profiles/${member.profile_id}`}>
                          {member.canonical_user_id ?? `anonymous ${member.profile_id}`}
                        </a>
                      ) : (
                        <Id>{member.subject}</Id>
                      )}
                    </td>
                    <td>
                      <span class="hint">{member.status}</span>
                    </td>
                    <td class="when">
                      {member.since ? <Instant at={member.since} look={viewer.look} /> : ''}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        <section class="panel" aria-labelledby="transitions">
          <header class="panel-head">
            <h2 id="transitions">Came and went</h2>
          </header>
          {transitions.length === 0 ? (
            <p class="hint pad">Nobody has entered or left yet.</p>
          ) : (
            <table class="listing">
              <tbody>
                {transitions.map((transition) => (
                  <tr>
                    <td>
                      <a href={`/messages/${encodeURIComponent(transition.message_id)}`}>
                        {transition.direction}
                      </a>{' '}
                      <span class="hint">{transition.reason}</span>
                    </td>
                    <td>
                      <Id>{transition.subject}</Id>
                    </td>
                    <td class="when">
                      <Instant at={transition.computed_at} look={viewer.look} />
                    </td>
                    <td>
                      <StateRow deliveries={transition.deliveries} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
    </Frame>
  )
}
