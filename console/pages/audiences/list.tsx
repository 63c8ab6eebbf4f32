import type { AudienceLoss, AudienceSizes, AudienceSummary, SizesPage } from '../../api-types.ts'
import { Later } from '../../parts/later.tsx'
import { Empty, Frame } from '../../parts/layout.tsx'
import { Spark } from '../../parts/plots.tsx'
import { Count, Instant, whole } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'
import { COUNTED_AT_ONCE, pathOf, RemoteMark } from './parts.tsx'

export interface AudiencesProps {
  readonly viewer: Viewer
  readonly audiences: readonly AudienceSummary[]
  readonly sizes: SizesPage
}

export function AudiencesPage({ viewer, audiences, sizes }: AudiencesProps) {
  const byIdentity = new Map(sizes.audiences.map((each) => [each.identity, each]))
  return (
    <Frame viewer={viewer} title="Audiences" at="/audiences">
      <Losses viewer={viewer} losses={sizes.losses} />
      {audiences.length === 0 ? (
        <Empty title="No audience yet">
          Connect an Engage audience to the TrackLayer destination in Segment, or list one in{' '}
          <code>mappings/audiences.yaml</code>.
        </Empty>
      ) : (
        <section class="panel scroll" tabindex={0} aria-label="Audiences">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">Audience</th>
                <th scope="col" class="number">
                  Members
                </th>
                <th scope="col">30 days</th>
                <th scope="col">Goes to</th>
                <th
                  scope="col"
                  title="Our members against those whom each destination acknowledged"
                >
                  Drift
                </th>
                <th
                  scope="col"
                  title="Orders of the last 30 days by people who were members then, less what was taken back"
                >
                  Members’ orders, 30 days
                </th>
              </tr>
            </thead>
            <tbody>
              {audiences.map((audience) => (
                <Row audience={audience} sizes={byIdentity.get(audience.identity ?? '') ?? null} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Frame>
  )
}

interface RowProps {
  readonly audience: AudienceSummary
  readonly sizes: AudienceSizes | null
}

function Row({ audience, sizes }: RowProps) {
  const { id, name, is_listed, is_current, destinations } = audience
  const atOnce = (sizes?.members ?? 0) <= COUNTED_AT_ONCE
  return (
    <tr>
      <th scope="row">
        <a href={pathOf(audience)}>{name ?? id}</a>
        {is_listed ? null : <span class="tag">unlisted</span>}
        {is_current ? null : <span class="tag">made anew since</span>}
      </th>
      <td class="number">
        <Count value={sizes?.members ?? 0} />
      </td>
      <td>
        {sizes ? <Sizes name={name ?? id} sizes={sizes} /> : <span class="hint">nothing yet</span>}
      </td>
      <td>
        {destinations.length === 0 ? <span class="hint">nowhere</span> : null}
        <ul class="remotes">
          {destinations.map((destination) => (
            <RemoteMark audience={audience} destination={destination} />
          ))}
        </ul>
      </td>
      <td class="later-cell">
        {destinations.length === 0 || !sizes ? (
          <span class="zero">–</span>
        ) : (
          <Later
            from={`${pathOf(audience)}/destinations?platform=false`}
            part="brief"
            {...{ atOnce }}
          >
            compare
          </Later>
        )}
      </td>
      <td class="later-cell">
        {sizes ? (
          <Later from={`${pathOf(audience)}/outcomes?days=30`} part="brief" {...{ atOnce }}>
            count
          </Later>
        ) : (
          <span class="zero">–</span>
        )}
      </td>
    </tr>
  )
}

function Sizes({ name, sizes }: { readonly name: string; readonly sizes: AudienceSizes }) {
  const [least, most] = [Math.min(...sizes.sizes), Math.max(...sizes.sizes)]
  return (
    <Spark
      label={`${name}: between ${whole(least)} and ${whole(most)} members over 30 days`}
      layers={[{ tone: 'accent', values: sizes.sizes }]}
    />
  )
}

export function Losses({
  viewer,
  losses,
}: {
  readonly viewer: Viewer
  readonly losses: readonly AudienceLoss[]
}) {
  if (losses.length === 0) return null
  return (
    <ul class="alerts" aria-label="Audiences that were emptied">
      {losses.map(({ id, identity, name, before, after, at }) => (
        <li class="alert alert-warning">
          <b>Look</b>
          <span>
            <a href={`/audiences/${encodeURIComponent(identity)}/transitions`}>
              {name ?? id} lost {whole(before - after)} of {whole(before)} members within an hour
            </a>
            , until <Instant at={at} look={viewer.look} />. If that was a mistake in Engage: correct
            it there, and everybody enters again.
          </span>
        </li>
      ))}
    </ul>
  )
}
