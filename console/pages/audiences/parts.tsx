// What every page about one audience has: its frame, and how a platform's audience is doing.
import type { PropsWithChildren } from 'hono/jsx'
import type { AudienceSummary, RemoteState } from '../../api-types.ts'
import { Frame } from '../../parts/layout.tsx'
import { Id } from '../../parts/words.tsx'
import type { Viewer } from '../../viewer.ts'

export function pathOf({ identity, id }: Pick<AudienceSummary, 'identity' | 'id'>): string {
  return `/audiences/${encodeURIComponent(identity ?? id)}`
}

/** Members up to whom revenue and drift are counted without being asked for: beyond, each takes seconds. */
export const COUNTED_AT_ONCE = 20_000

const VIEWS = [
  ['', 'Overview'],
  ['/members', 'Members'],
  ['/transitions', 'Came and went'],
  ['/outcomes', 'Revenue'],
  ['/destinations', 'Destinations'],
] as const
export type AudienceView = (typeof VIEWS)[number][0]

export interface AudienceFrameProps {
  readonly viewer: Viewer
  readonly audience: AudienceSummary
  readonly view: AudienceView
}

export function AudienceFrame(props: PropsWithChildren<AudienceFrameProps>) {
  const { viewer, audience, view, children } = props
  const { id, name, identity, is_listed, mode, retention_days, minimum_size } = audience
  const title = VIEWS.find(([path]) => path === view)?.[1] ?? ''
  return (
    <Frame
      viewer={viewer}
      title={view === '' ? (name ?? id) : `${name ?? id}: ${title.toLowerCase()}`}
      at="/audiences"
    >
      <p class="subject">
        <span class="pair">
          audience <Id>{id}</Id>
        </span>
        {identity === null || identity === id ? null : (
          <span class="pair">
            computation <Id>{identity}</Id>
          </span>
        )}
        <span class="pair">
          {mode === 'append_only' ? 'nobody is told who leaves' : 'entries and exits are told'}
        </span>
        <span class="pair">
          {retention_days === null ? 'kept without end' : `kept ${retention_days} days`}
        </span>
        {minimum_size > 0 ? <span class="pair">sent from {minimum_size} members on</span> : null}
        {is_listed ? null : (
          <span class="pair">
            not in <code>mappings/audiences.yaml</code>: taken in, sent nowhere
          </span>
        )}
      </p>
      <nav class="choice views" aria-label="About this audience">
        {VIEWS.map(([path, text]) => (
          <a href={pathOf(audience) + path} aria-current={path === view ? 'page' : undefined}>
            {text}
          </a>
        ))}
      </nav>
      {children}
    </Frame>
  )
}

const STATES: Readonly<Record<RemoteState['state'], readonly [tone: string, words: string]>> = {
  ready: ['goes', 'ready'],
  making: ['paused', 'being made'],
  waiting: ['paused', 'made later'],
  paused: ['dead', 'paused'],
}

/** A destination's name and how the audience it keeps for ours is doing. */
export function RemoteMark({
  audience,
  destination,
}: {
  readonly audience: AudienceSummary
  readonly destination: string
}) {
  const remote = audience.remotes.find((each) => each.destination === destination)
  return (
    <li>
      {destination} {remote ? <RemoteTag remote={remote} /> : null}
    </li>
  )
}

export function RemoteTag({ remote }: { readonly remote: Pick<RemoteState, 'state' | 'reason'> }) {
  const [tone, words] = STATES[remote.state]
  return (
    <span class={`tag tag-${tone}`} title={remote.reason ?? undefined}>
      {words}
    </span>
  )
}
