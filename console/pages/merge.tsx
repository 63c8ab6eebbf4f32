import type { MergeSide, SeparationPreview } from '../api-types.ts'
import { FormToken, Frame } from '../parts/layout.tsx'
import { Id, Instant, whole } from '../parts/words.tsx'
import { mayAct, type Viewer } from '../viewer.ts'
import { Evidence, Panel } from './profile.tsx'

const EVIDENCE: Readonly<Record<string, string>> = {
  same_message: 'a message with an id of each',
  alias: 'an alias that named both',
}

export interface MergeProps {
  readonly viewer: Viewer
  readonly preview: SeparationPreview
  readonly path: string
}

export function MergePage({ viewer, preview, path }: MergeProps) {
  const { rule, message_id, merged_at, leaves, stays, released, sent } = preview
  return (
    <Frame viewer={viewer} title="Undo a merge" at="/profiles">
      <p class="subject">
        <span class="pair hint">
          merged by {EVIDENCE[rule] ?? rule}, <Evidence id={message_id} />
        </span>
        <span class="pair">
          <Instant at={merged_at} look={viewer.look} />
        </span>
      </p>
      <Decision viewer={viewer} preview={preview} path={path} />
      <div class="sides">
        <Side viewer={viewer} title="Becomes a person of its own" side={leaves} />
        <Side viewer={viewer} title="Stays" side={stays} />
      </div>
      <Panel
        title="What cannot be undone"
        isEmpty={sent.length === 0 && released.length === 0}
        empty="Nothing was sent of either since the merge."
      >
        <ul class="evidence pad">
          {sent.map(({ destination, count }) => (
            <li>
              {whole(count)} {count === 1 ? 'delivery' : 'deliveries'} to {destination} since the
              merge: what was said there of the one person stays there.
            </li>
          ))}
          {released.map(({ type, value }) => (
            <li>
              <span class="hint">{type}</span> <Id>{value}</Id> is nobody’s afterwards: the same
              alias linked it. What came under it stays.
            </li>
          ))}
        </ul>
      </Panel>
    </Frame>
  )
}

function Decision({ viewer, preview: { refusal, rule, leaves, stays }, path }: MergeProps) {
  if (refusal === 'undone') return <p>This merge is undone already.</p>
  if (refusal === 'too_old')
    return (
      <p>
        This merge cannot be undone: when it happened, it was not kept yet which of the two each
        later message named, so nobody can tell what belongs to whom.
      </p>
    )
  return (
    <section class="panel confirm" aria-label="Undo">
      <p>
        Profile {leaves.profile_id} and profile {stays.profile_id} become two people again, each
        with what their own messages say. The ledger stays as it is. What merged them does not do so
        again ({EVIDENCE[rule] ?? rule}); another kind of evidence may.
      </p>
      {mayAct(viewer, 'operator') ? (
        <form method="post" action={`${path}/undo`}>
          <FormToken token={viewer.formToken} />
          <button class="primary" type="submit">
            Undo the merge
          </button>
        </form>
      ) : (
        <p class="hint">An operator can undo it.</p>
      )}
    </section>
  )
}

interface SideProps {
  readonly viewer: Viewer
  readonly title: string
  readonly side: MergeSide
}

function Side({ viewer, title, side }: SideProps) {
  const { profile_id, canonical_user_id, identifiers, consents, audiences, messages, events } = side
  return (
    <Panel title={title} isEmpty={false} empty="">
      <dl class="facts">
        <div>
          <dt>Profile</dt>
          <dd>{profile_id}</dd>
        </div>
        <div>
          <dt>User id</dt>
          <dd>{canonical_user_id ?? 'none'}</dd>
        </div>
        <div>
          <dt>Messages</dt>
          <dd>{whole(messages)}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{whole(events)}</dd>
        </div>
      </dl>
      <Part title="Known by" isEmpty={identifiers.length === 0}>
        {identifiers.map(({ type, value, message_id }) => (
          <li>
            <span class="hint">{type}</span> <Id>{value}</Id>{' '}
            <span class="hint">
              <Evidence id={message_id} />
            </span>
          </li>
        ))}
      </Part>
      <Part title="Consent by their own messages" isEmpty={consents.length === 0}>
        {consents.map(({ category, granted, stated_at, message_id }) => (
          <li>
            <span class={`consent consent-${granted ? 'granted' : 'denied'}`}>
              {category} {granted ? 'granted' : 'denied'}
            </span>{' '}
            <span class="hint">
              <Evidence id={message_id} />, <Instant at={stated_at} look={viewer.look} />
            </span>
          </li>
        ))}
      </Part>
      <Part title="Audiences by their own messages" isEmpty={audiences.length === 0}>
        {audiences.map(({ id, name }) => (
          <li>
            <a href={`/audiences/${encodeURIComponent(id)}`}>{name ?? id}</a>
          </li>
        ))}
      </Part>
    </Panel>
  )
}

function Part({
  title,
  isEmpty,
  children,
}: {
  readonly title: string
  readonly isEmpty: boolean
  readonly children?: unknown
}) {
  return (
    <div class="pad">
      <h3 class="part">{title}</h3>
      {isEmpty ? <p class="hint">none</p> : <ul class="evidence">{children as string}</ul>}
    </div>
  )
}
