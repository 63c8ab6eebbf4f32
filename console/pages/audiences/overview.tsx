import type { AudienceSummary, SizesPage } from '../../api-types.ts'
import { Later } from '../../parts/later.tsx'
import { Bars, type Layer } from '../../parts/plots.tsx'
import { Count, instantText, whole } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'
import { Losses } from './list.tsx'
import { AudienceFrame, COUNTED_AT_ONCE, pathOf, RemoteMark } from './parts.tsx'

export interface AudienceProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  readonly sizes: SizesPage
}

const WINDOWS = [
  ['24h', 'Day'],
  ['7d', 'Week'],
  ['30d', 'Month'],
] as const

const KINDS = {
  total: ['Members', 'now'],
  known: ['Known', 'have a user id'],
  anonymous: ['Anonymous', 'a profile without a user id'],
  unresolved: ['Unresolved', 'an identifier nobody has'],
} as const

export function AudiencePage({ viewer, audience, sizes }: AudienceProps) {
  const { members, destinations } = audience
  const atOnce = members.total <= COUNTED_AT_ONCE
  return (
    <AudienceFrame viewer={viewer} audience={audience} view="">
      <Losses viewer={viewer} losses={sizes.losses} />
      <dl class="figures">
        {Object.entries(KINDS).map(([kind, [name, note]]) => (
          <div class="figure">
            <dt>{name}</dt>
            <dd>
              <span class="big">
                <Count value={members[kind as keyof typeof KINDS]} />
              </span>
              <span class="hint">{note}</span>
            </dd>
          </div>
        ))}
      </dl>
      <SizesPanel viewer={viewer} audience={audience} sizes={sizes} />
      <div class="sides">
        <section class="panel" aria-labelledby="goes-to">
          <header class="panel-head">
            <h2 id="goes-to">Goes to</h2>
            <a href={`${pathOf(audience)}/destinations`}>Compare</a>
          </header>
          {destinations.length === 0 ? (
            <p class="hint pad">
              Nowhere. Name destinations for it in <code>mappings/audiences.yaml</code>.
            </p>
          ) : (
            <div class="pad">
              <ul class="remotes">
                {destinations.map((destination) => (
                  <RemoteMark audience={audience} destination={destination} />
                ))}
              </ul>
              <p>
                <Later
                  from={`${pathOf(audience)}/destinations?platform=false`}
                  part="brief"
                  {...{ atOnce }}
                >
                  Compare our members with theirs
                </Later>
              </p>
            </div>
          )}
        </section>
        <section class="panel" aria-labelledby="brings">
          <header class="panel-head">
            <h2 id="brings">Members’ orders, 30 days</h2>
            <a href={`${pathOf(audience)}/outcomes`}>All outcomes</a>
          </header>
          <p class="pad">
            <Later from={`${pathOf(audience)}/outcomes?days=30`} part="brief" {...{ atOnce }}>
              Count them
            </Later>
          </p>
        </section>
      </div>
    </AudienceFrame>
  )
}

function SizesPanel({ viewer, audience, sizes }: AudienceProps) {
  const [own] = sizes.audiences
  const { since, bucket_ms, window } = sizes
  if (!own) return <p class="hint">Nothing was stated of this audience yet.</p>
  const names = own.sizes.map((_, at) =>
    instantText(new Date(Date.parse(since) + at * bucket_ms).toISOString(), viewer.look).slice(
      0,
      12,
    ),
  )
  const layers: readonly Layer[] = [{ name: 'members', tone: 'accent', values: own.sizes }]
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return (
    <section class="panel" aria-labelledby="sizes">
      <header class="panel-head">
        <h2 id="sizes">Members over time</h2>
        <p class="hint">
          {whole(sum(own.entered))} came, {whole(sum(own.exited))} went
        </p>
        <nav class="choice" aria-label="Time window">
          {WINDOWS.map(([each, text]) => (
            <a
              href={`${pathOf(audience)}?window=${each}`}
              aria-current={each === window ? 'true' : undefined}
            >
              {text}
            </a>
          ))}
        </nav>
      </header>
      <Bars
        label="Members at the end of each stretch of time"
        layers={layers}
        names={names}
        tick={window === '24h' ? (name) => name.slice(7, 12) : (name) => name.slice(0, 6)}
      />
    </section>
  )
}
