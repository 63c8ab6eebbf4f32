// Consent: what each destination asks for and what came of it, what is held, and who took a yes back.
import type { ConsentStory, HeldPage, RevocationPage } from '../../api-types.ts'
import { Empty, Frame } from '../../parts/layout.tsx'
import { pathWith } from '../../store-api.ts'
import type { Viewer } from '../../viewer.ts'
import { DestinationCard } from './destination-card.tsx'
import { Held } from './held.tsx'
import type { ConsentQuery } from './query.ts'
import { Revocations } from './revocations.tsx'

export interface ConsentProps {
  readonly viewer: Viewer
  readonly query: ConsentQuery
  readonly story: ConsentStory
  readonly held: HeldPage
  readonly revocations: RevocationPage
}

const WINDOWS = [
  ['1h', 'Hour'],
  ['24h', 'Day'],
  ['7d', 'Week'],
] as const

export function ConsentPage({ viewer, query, story, held, revocations }: ConsentProps) {
  const asking = story.destinations.filter(
    ({ asks, decisions }) => asks !== null || Object.keys(decisions).length > 0,
  )
  const others = story.destinations.filter((each) => !asking.includes(each))
  return (
    <Frame
      viewer={viewer}
      title="Consent"
      at="/consent"
      actions={<WindowChoice query={query} current={story.window} />}
    >
      {asking.length === 0 ? (
        <Empty title="No destination asks for consent">
          Name the categories it needs under <code>consent:</code> in its file,{' '}
          <code>mappings/destinations/…</code>; <code>mappings/consent.yaml</code> says what there
          is.
        </Empty>
      ) : (
        <section class="cards" aria-label="What each destination asks for, and what it came to">
          {asking.map((each) => (
            <DestinationCard
              {...each}
              held={story.held.filter(
                ({ destination, reason }) =>
                  destination === each.name && reason === 'consent_unknown',
              )}
            />
          ))}
        </section>
      )}
      {others.length > 0 ? (
        <p class="hint">Nobody is asked for: {others.map(({ name }) => name).join(', ')}.</p>
      ) : null}
      <Held viewer={viewer} query={query} groups={story.held} page={held} />
      <Revocations viewer={viewer} query={query} page={revocations} />
    </Frame>
  )
}

function WindowChoice({
  query: { destination, reason },
  current,
}: {
  readonly query: ConsentQuery
  readonly current: ConsentStory['window']
}) {
  return (
    <nav class="choice" aria-label="Time window">
      {WINDOWS.map(([window, name]) => (
        <a
          href={pathWith('/consent', { window, destination, reason })}
          aria-current={window === current ? 'true' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  )
}
