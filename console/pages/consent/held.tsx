// What is held: counted by destination and reason, and one by one, in the order in which it is decided.
import type { HeldCount, HeldPage } from '../../api-types.ts'
import { Empty } from '../../parts/layout.tsx'
import { reasonText } from '../../parts/words.tsx'
import { pathWith } from '../../store-api.ts'
import type { Viewer } from '../../viewer.ts'
import { HeldGroup } from './held-group.tsx'
import { HeldTable } from './held-table.tsx'
import type { ConsentQuery } from './query.ts'

interface HeldProps {
  readonly viewer: Viewer
  readonly query: ConsentQuery
  readonly groups: readonly HeldCount[]
  readonly page: HeldPage
}

export function Held({ viewer, query, groups, page }: HeldProps) {
  if (groups.length === 0) return <NothingHeld />
  return (
    <section class="panel" aria-labelledby="held" id="held-events">
      <header class="panel-head">
        <h2 id="held">Held</h2>
        <p class="hint">An answer sends or ends what waits for it, by itself.</p>
      </header>
      <ul>
        {groups.map((group) => (
          <HeldGroup viewer={viewer} group={group} window={query.window} />
        ))}
      </ul>
      <Narrowed query={query} />
      <HeldTable viewer={viewer} held={page.held} />
      <Pager query={query} next={page.next_cursor} />
    </section>
  )
}

function NothingHeld() {
  return (
    <section aria-labelledby="held" id="held-events">
      <h2 id="held" class="aloud">
        Held
      </h2>
      <Empty title="Nothing is held">
        An event waits here while its person has not answered, or its audience is too small yet, and
        goes on by itself.
      </Empty>
    </section>
  )
}

function Narrowed({ query: { window, destination, reason } }: { readonly query: ConsentQuery }) {
  if (destination === undefined && reason === undefined) return null
  return (
    <p class="pad hint">
      Only {[destination, reason && reasonText(reason)].filter(Boolean).join(', ')}.{' '}
      <a href={pathWith('/consent', { window })}>Show all that is held</a>
    </p>
  )
}

interface PagerProps {
  readonly query: ConsentQuery
  readonly next: string | null
}

function Pager({ query: { window, destination, reason, cursor }, next }: PagerProps) {
  const at = (over: ConsentQuery) =>
    `${pathWith('/consent', { window, destination, reason, ...over })}#held-events`
  return (
    <nav class="pager pad" aria-label="Pages of what is held">
      {cursor ? <a href={at({})}>Those that run out first</a> : <span />}
      {next ? (
        <a rel="next" href={at({ cursor: next })}>
          More
        </a>
      ) : null}
    </nav>
  )
}
