// What keeps a destination from delivering: a pause, a breaker, a fault in its file.
import type { Breaker, DestinationDetail } from '../../api-types.ts'
import { Instant } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'

interface TroublesProps {
  readonly viewer: Viewer
  readonly destination: DestinationDetail
}

export function Troubles({ viewer, destination }: TroublesProps) {
  const { is_paused, breakers, setup } = destination
  if (!is_paused && breakers.length === 0 && !setup?.fault) return null
  return (
    <ul class="alerts" aria-label="What keeps it from delivering">
      {is_paused ? <Paused viewer={viewer} destination={destination} /> : null}
      {breakers.map((breaker) => (
        <LeftAlone viewer={viewer} breaker={breaker} />
      ))}
      {setup?.fault ? (
        <li class="alert alert-critical">
          <b>File</b>
          <span>{setup.fault}</span>
        </li>
      ) : null}
    </ul>
  )
}

function Paused({ viewer, destination: { reason, changed_at } }: TroublesProps) {
  return (
    <li class="alert alert-warning">
      <b>Paused</b>
      <span>
        {reason ?? 'No reason was given'}
        {changed_at ? (
          <>
            , since <Instant at={changed_at} look={viewer.look} />
          </>
        ) : null}
        . Events wait and nothing is lost; enable it once the cause is gone.
      </span>
    </li>
  )
}

function LeftAlone({
  viewer,
  breaker: { worker, state, since, rest_until },
}: {
  readonly viewer: Viewer
  readonly breaker: Breaker
}) {
  return (
    <li class="alert alert-critical">
      <b>Breaker</b>
      <span>
        Half of the requests of {worker} failed. It leaves the platform alone since{' '}
        <Instant at={since} look={viewer.look} />;{' '}
        {state === 'open' ? (
          <>
            one request tries again at <Instant at={rest_until} look={viewer.look} />
          </>
        ) : (
          'the next request tries again'
        )}
        .
      </span>
    </li>
  )
}
