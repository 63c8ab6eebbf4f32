import type { AudienceSummary, DestinationAudit } from '../../api-types.ts'
import { Empty, FormToken } from '../../parts/layout.tsx'
import { Count, Id, Instant, reasonText, whole } from '../../parts/words.tsx'
import { mayAct, type Viewer } from '../../viewer.ts'
import { AudienceFrame, pathOf, RemoteTag } from './parts.tsx'

export interface AudienceDestinationsProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  readonly audits: readonly DestinationAudit[]
}

export function AudienceDestinationsPage({ viewer, audience, audits }: AudienceDestinationsProps) {
  return (
    <AudienceFrame viewer={viewer} audience={audience} view="/destinations">
      {audits.length === 0 ? (
        <Empty title="Nobody is told of this audience">
          Name destinations for it in <code>mappings/audiences.yaml</code>; those that are off are
          not shown.
        </Empty>
      ) : (
        <>
          <p class="hint">
            Our members against those whose last good answer from the destination was an entry. In
            short: <span id="brief">{brief(audits)}</span>.
          </p>
          <div class="cards">
            {audits.map((audit) => (
              <AuditCard viewer={viewer} audience={audience} audit={audit} />
            ))}
          </div>
        </>
      )}
    </AudienceFrame>
  )
}

function brief(audits: readonly DestinationAudit[]): string {
  const words = audits.flatMap(({ destination, missing, extra }) => {
    const drift = [
      missing ? `${whole(missing)} missing` : '',
      extra ? `${whole(extra)} too many` : '',
    ]
    const said = drift.filter((each) => each !== '').join(', ')
    return said === '' ? [] : [`${said} at ${destination}`]
  })
  const waiting = audits.reduce((sum, audit) => sum + audit.waiting, 0)
  const onTheWay = waiting > 0 ? `, ${whole(waiting)} on the way` : ''
  return (words.length === 0 ? 'no drift' : words.join('; ')) + onTheWay
}

interface CardProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  readonly audit: DestinationAudit
}

function AuditCard({ viewer, audience, audit }: CardProps) {
  const { destination, remote, ours, acknowledged, waiting, withheld, missing, extra } = audit
  const facts: Readonly<Record<string, number>> = {
    Ours: ours,
    'Acknowledged there': acknowledged,
    'On the way': waiting,
    ...Object.fromEntries(
      Object.entries(withheld).map(([reason, count]) => [`Withheld: ${reasonText(reason)}`, count]),
    ),
    Missing: missing,
    'Too many': extra,
  }
  return (
    <article class="panel card" aria-labelledby={`at-${destination}`}>
      <header class="panel-head">
        <h2 id={`at-${destination}`}>{destination}</h2>
        {remote ? <RemoteTag remote={remote} /> : null}
      </header>
      {remote ? (
        <p class="pad hint">
          There it is called “{remote.name}”
          {remote.external_id ? (
            <>
              , <Id>{remote.external_id}</Id>
            </>
          ) : null}
          .{' '}
          {remote.due_at ? (
            <>
              Tried again <Instant at={remote.due_at} look={viewer.look} />.
            </>
          ) : null}
        </p>
      ) : (
        <p class="pad hint">
          It keeps no audience of its own, or none is made yet: each change is sent by itself.
        </p>
      )}
      <Stopped viewer={viewer} audience={audience} audit={audit} />
      <dl class="facts">
        {Object.entries(facts).map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <Count value={value} />
            </dd>
          </div>
        ))}
      </dl>
      <Platform platform={audit.platform} />
      <Drift viewer={viewer} audience={audience} audit={audit} />
    </article>
  )
}

function Stopped({ viewer, audience, audit: { destination, remote } }: CardProps) {
  if (remote?.state !== 'paused' && remote?.state !== 'waiting') return null
  return (
    <div class="pad">
      <p class="warning">{remote.reason ?? 'No reason was given'}</p>
      <p class="hint">
        Changes wait and nothing is lost. Resume once it is well again at the platform; if it is
        gone for good, make it anew, then compare here and repair.
      </p>
      {mayAct(viewer, 'operator') ? (
        <div class="row">
          <Action {...{ viewer, audience, destination }} action="resume" text="Resume" />
          {remote.state === 'paused' ? (
            <Action
              {...{ viewer, audience, destination }}
              action="resume"
              anew
              text="Make it anew"
            />
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

interface ActionProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  readonly destination: string
  readonly action: 'resume' | 'repair'
  readonly text: string
  readonly anew?: boolean
}

function Action({ viewer, audience, destination, action, text, anew = false }: ActionProps) {
  return (
    <form method="post" action={`${pathOf(audience)}/${action}`}>
      <FormToken token={viewer.formToken} />
      <input type="hidden" name="destination" value={destination} />
      {anew ? <input type="hidden" name="anew" value="true" /> : null}
      <button type="submit">
        {text}
        <span class="aloud"> at {destination}</span>
      </button>
    </form>
  )
}

function Platform({ platform }: { readonly platform: DestinationAudit['platform'] }) {
  if (platform === null) return null
  if ('error' in platform)
    return <p class="warning pad">The platform does not say: {platform.error}</p>
  const { size, state, detail } = platform
  const bounds =
    size === null
      ? 'no size'
      : size.lower === size.upper
        ? `${whole(size.lower)} people`
        : `${whole(size.lower)} to ${whole(size.upper)} people`
  return (
    <p class="pad hint">
      The platform says: {state.replace('_', ' ')}, {bounds}
      {detail ? ` (${detail})` : ''}. Platforms round sizes and tell them late: this proves nothing.
    </p>
  )
}

function Drift({ viewer, audience, audit }: CardProps) {
  const { destination, drifted, missing, extra } = audit
  if (drifted.length === 0) return null
  return (
    <div class="missing">
      <h3>Drifted{drifted.length < missing + extra ? `, the first ${drifted.length}` : ''}</h3>
      <ul>
        {drifted.map(({ drift, subject, profile_id, canonical_user_id, last }) => (
          <li>
            {profile_id ? (
              <a href={`/profiles/${profile_id}`}>{canonical_user_id ?? subject}</a>
            ) : (
              <Id>{subject}</Id>
            )}
            <span class="hint">
              {drift === 'missing' ? 'missing' : 'too many'}
              {last
                ? `, last ${last.state}${last.reason ? `: ${reasonText(last.reason)}` : ''}`
                : ''}
            </span>
          </li>
        ))}
      </ul>
      {mayAct(viewer, 'operator') ? (
        <div class="row repair">
          <Action {...{ viewer, audience, destination }} action="repair" text="Repair" />
          <p class="hint">The missing enter once more, and the others leave once more.</p>
        </div>
      ) : null}
    </div>
  )
}
