import type { UnmappedName } from '../api-types.ts'
import { Empty } from '../parts/layout.tsx'
import { MappingsFrame, type MappingsProps, RowLink } from '../parts/mappings-frame.tsx'
import { Count, Id, Instant } from '../parts/words.tsx'
import type { Look } from '../viewer.ts'

export interface NamesProps extends MappingsProps {
  /** Whether names that have not come for long are among them. */
  readonly isEver: boolean
}

export const RECENT_DAYS = 30

export function NamesPage({ isEver, ...about }: NamesProps) {
  const { names, viewer } = about
  const drifted = names.filter(({ kind }) => kind === 'case')
  const unknown = names.filter(({ kind }) => kind === 'unmapped')
  return (
    <MappingsFrame {...about} at="/mappings/names">
      <nav class="choice narrow" aria-label="Since when">
        <a href="/mappings/names" aria-current={isEver ? undefined : 'page'}>
          Last {RECENT_DAYS} days
        </a>
        <a href="/mappings/names?since=ever" aria-current={isEver ? 'page' : undefined}>
          Ever
        </a>
      </nav>
      {names.length === 0 ? (
        <Empty title="Every name that came has a row">
          A name without one is stored and sent nowhere, and appears here with the row to add. Names
          that have none on purpose stand in the tracking plan with <code>mapped: false</code>.
        </Empty>
      ) : null}
      <Names
        id="case"
        title="Differ only by case or spacing"
        hint="Almost a row: its events are stored and sent nowhere."
        names={drifted}
        look={viewer.look}
      />
      <Names
        id="unmapped"
        title="No row"
        hint="Business actions want one; what is none can be planned as unmapped."
        names={unknown}
        look={viewer.look}
      />
    </MappingsFrame>
  )
}

interface ListProps {
  readonly id: string
  readonly title: string
  readonly hint: string
  readonly names: readonly UnmappedName[]
  readonly look: Look
}

function Names({ id, title, hint, names, look }: ListProps) {
  if (names.length === 0) return null
  return (
    <section class="panel" aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        <p class="hint">{hint}</p>
      </header>
      <ul class="groups">
        {names.map((name) => (
          <Name name={name} look={look} />
        ))}
      </ul>
    </section>
  )
}

function Name({ name, look }: { readonly name: UnmappedName; readonly look: Look }) {
  const { event, count, first_seen_at, last_seen_at, example, problem, fix, row, similar_to } = name
  return (
    <li class="group">
      <b class="group-count to-mend number">
        <Count value={count} />
      </b>
      <div class="group-words">
        <h3>
          {event} <span class="group-reason">{problem}</span>
        </h3>
        <p>Fix: {fix}.</p>
        {row === undefined ? null : (
          <p>
            <code class="copied">{row}</code>
          </p>
        )}
        <p class="hint">
          <Instant at={first_seen_at} look={look} /> to <Instant at={last_seen_at} look={look} />,
          e.g.{' '}
          <a href={`/messages/${encodeURIComponent(example)}`}>
            <Id>{example}</Id>
          </a>
          {similar_to === null ? null : (
            <>
              · almost the row <RowLink event={similar_to} />
            </>
          )}
        </p>
      </div>
    </li>
  )
}
