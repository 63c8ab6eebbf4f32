import type { Violation } from '../api-types.ts'
import { Empty } from '../parts/layout.tsx'
import { MappingsFrame, type MappingsProps, rowAnchor } from '../parts/mappings-frame.tsx'
import { Count, Id, Instant, whole } from '../parts/words.tsx'
import type { Look } from '../viewer.ts'

export function ViolationsPage(about: MappingsProps) {
  const { violations, viewer } = about
  const events = [...new Set(violations.map(({ event }) => event))]
  return (
    <MappingsFrame {...about} at="/mappings/violations">
      {violations.length === 0 ? (
        <Empty title="Nothing has broken the tracking plan">
          The insert function checks each message against <code>mappings/tracking-plan.yaml</code>{' '}
          before anything leaves Segment, and what breaks it appears here with examples. If you
          expected some, see that the insert function is deployed: <code>tracklayer deploy</code>.
        </Empty>
      ) : null}
      {events.map((event) => (
        <EventViolations
          event={event}
          violations={violations.filter((one) => one.event === event)}
          look={viewer.look}
        />
      ))}
    </MappingsFrame>
  )
}

interface EventProps {
  readonly event: string
  readonly violations: readonly Violation[]
  readonly look: Look
}

function EventViolations({ event, violations, look }: EventProps) {
  const id = rowAnchor(event)
  return (
    <section class="panel" aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{event}</h2>
        <p class="hint">
          {violations.length === 1
            ? '1 rule is broken'
            : `${whole(violations.length)} rules are broken`}
        </p>
      </header>
      <ul class="groups">
        {violations.map((violation) => (
          <Rule violation={violation} look={look} />
        ))}
      </ul>
    </section>
  )
}

function Rule({ violation, look }: { readonly violation: Violation; readonly look: Look }) {
  const { type, description, fix, count, first_seen_at, last_seen_at, examples } = violation
  return (
    <li class="group">
      <b class="group-count to-mend number">
        <Count value={count} />
      </b>
      <div class="group-words">
        <h3>
          {description} <span class="tag">{type}</span>
        </h3>
        <p>Fix: {fix}.</p>
        <p class="hint">
          <Instant at={first_seen_at} look={look} /> to <Instant at={last_seen_at} look={look} />,
          e.g.{' '}
          {examples.map((id) => (
            <a href={`/messages/${encodeURIComponent(id)}`}>
              <Id>{id}</Id>
            </a>
          ))}
        </p>
      </div>
    </li>
  )
}
