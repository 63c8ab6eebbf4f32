// What the list of destinations and the page of one have in common.
import type { PropsWithChildren } from 'hono/jsx'
import type { DestinationStory, DestinationSums } from '../api-types.ts'
import { pathWith } from '../store-api.ts'
import { mayAct, type Viewer } from '../viewer.ts'
import { FormToken } from './layout.tsx'
import { Parts } from './plots.tsx'
import { Count, reasonText, StateMark } from './words.tsx'

export function Fact({ name, children }: PropsWithChildren<{ readonly name: string }>) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

type Standing = Pick<DestinationStory, 'is_paused' | 'breakers'>

export function Health({ destination }: { readonly destination: Standing }) {
  const { is_paused, breakers } = destination
  if (is_paused) return <span class="health health-paused">Paused</span>
  if (breakers.length > 0) return <span class="health health-open">Left alone</span>
  return <span class="health health-on">Delivering</span>
}

export function perSecond({
  delivered_per_second,
}: Pick<DestinationSums, 'delivered_per_second'>): string {
  if (delivered_per_second === 0) return '0 / s'
  if (delivered_per_second < 1) return `${(delivered_per_second * 60).toFixed(0)} / min`
  return `${delivered_per_second.toFixed(delivered_per_second < 10 ? 1 : 0)} / s`
}

export interface SwitchProps {
  readonly viewer: Viewer
  readonly name: string
  readonly isPaused: boolean
  /** True on the destination's own page, where a reason can be given. */
  readonly isOwnPage?: boolean
}

export function Switch({ viewer, name, isPaused, isOwnPage = false }: SwitchProps) {
  if (!mayAct(viewer, 'operator')) return null
  const action = isPaused ? 'enable' : 'pause'
  return (
    <form method="post" action={`/destinations/${encodeURIComponent(name)}/${action}`}>
      <FormToken token={viewer.formToken} />
      {isOwnPage ? <input type="hidden" name="from" value="own" /> : null}
      {isOwnPage && !isPaused ? (
        <input name="reason" maxlength={200} placeholder="Why (may stay empty)" aria-label="Why" />
      ) : null}
      <button type="submit" aria-label={`${isPaused ? 'Enable' : 'Pause'} ${name}`}>
        {isPaused ? 'Enable' : 'Pause'}
      </button>
    </form>
  )
}

const SHOWN = ['delivered', 'filtered', 'held', 'pending', 'retrying', 'dead', 'unknown'] as const

const TONES: Readonly<Record<(typeof SHOWN)[number], string>> = {
  delivered: 'green',
  filtered: 'grey',
  held: 'violet',
  pending: 'amber',
  retrying: 'amber',
  dead: 'red',
  unknown: 'red',
}

export interface StatesProps {
  readonly name: string
  readonly deliveries: DestinationSums
  readonly withReasons?: boolean
}

export function States({ name, deliveries, withReasons = false }: StatesProps) {
  const present = SHOWN.filter((state) => deliveries[state] > 0)
  return (
    <>
      <Parts
        label={present.map((state) => `${deliveries[state]} ${state}`).join(', ')}
        shares={present.map((state) => ({
          name: state,
          tone: TONES[state],
          count: deliveries[state],
        }))}
      />
      <ul class="reasons">
        {present.map((state) => (
          <li>
            <a class="plain" href={pathWith('/events', { state, destination: name })}>
              <StateMark state={state} />
              <b class="number">
                <Count value={deliveries[state]} />
                {deliveries.partial.includes(state) ? '+' : ''}
              </b>
            </a>
            {withReasons ? <Reasons state={state} deliveries={deliveries} /> : null}
          </li>
        ))}
      </ul>
    </>
  )
}

const MOST = 6

function Reasons({
  state,
  deliveries: { reasons, has_all_reasons },
}: {
  readonly state: (typeof SHOWN)[number]
  readonly deliveries: DestinationSums
}) {
  const sorted = Object.entries(reasons[state] ?? {}).sort(([, a], [, b]) => b - a)
  if (sorted.length === 0) return null
  const all = sorted.reduce((sum, [, count]) => sum + count, 0)
  return (
    <ul>
      {sorted.slice(0, MOST).map(([reason, count]) => (
        <li>
          <span class="hint">{reasonText(reason)}</span>
          <span class="number">
            {has_all_reasons ? <Count value={count} /> : `${Math.round((100 * count) / all)} %`}
          </span>
        </li>
      ))}
      {sorted.length > MOST ? <li class="hint">and {sorted.length - MOST} other reasons</li> : null}
    </ul>
  )
}
