// How well a platform can tell whom events are about, and what each identifier would add.
import type { DestinationDetail, IdentifierGain } from '../../api-types.ts'
import { Parts } from '../../parts/plots.tsx'

export function Matching({
  destination: { match_quality },
  identifiers,
}: {
  readonly destination: Pick<DestinationDetail, 'match_quality'>
  readonly identifiers: readonly IdentifierGain[] | null
}) {
  if (!identifiers || !match_quality) return null
  return (
    <section class="panel" aria-labelledby="matching">
      <header class="panel-head">
        <h2 id="matching">Match quality: {match_quality.average.toFixed(1)} of 10</h2>
        <p class="hint">
          Our estimate from what the last {match_quality.events} events carry, not the platform’s
          own score.
        </p>
      </header>
      <section class="scroll" tabindex={0} aria-labelledby="matching">
        <table class="matching">
          <thead>
            <tr>
              <th scope="col">Identifier</th>
              <th scope="col">Carried by</th>
              <th scope="col" class="number">
                Would bring
              </th>
              <th scope="col">How</th>
            </tr>
          </thead>
          <tbody>
            {identifiers.map((each) => (
              <Identifier {...each} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}

function Identifier({ identifier, share, gain, hint }: IdentifierGain) {
  const percent = `${Math.round(share * 100)} %`
  return (
    <tr>
      <th scope="row">
        <code>{identifier}</code>
      </th>
      <td>
        <span class="share">
          <Parts
            label={`${percent} of events`}
            shares={[
              { name: 'with it', tone: 'green', count: share },
              { name: 'without', tone: 'none', count: 1 - share },
            ]}
          />
          {percent}
        </span>
      </td>
      <td class="number">{gain > 0 ? `+${gain.toFixed(1)}` : <span class="zero">–</span>}</td>
      <td class="hint">{share < 1 ? hint : 'every event carries it'}</td>
    </tr>
  )
}
