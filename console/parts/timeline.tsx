// The steps of a message's story, each with its evidence.
import type { Child, PropsWithChildren } from 'hono/jsx'
import type { Attempt, DeliveryStory } from '../api-types.ts'
import { isObject } from '../property-origins.ts'
import type { Look, Viewer } from '../viewer.ts'
import { DeliveryActions } from './delivery-actions.tsx'
import { duration, Instant, JsonView, StateMark } from './words.tsx'

export interface StepProps {
  readonly title: Child
  readonly mark: string
  readonly id?: string
  readonly at?: string
  readonly look?: Look
}

export function Step({ title, mark, id, at, look, children }: PropsWithChildren<StepProps>) {
  return (
    <li class={`step step-${mark}`} id={id}>
      <header>
        <h3>{title}</h3>
        {at && look ? <Instant at={at} look={look} precise /> : null}
      </header>
      {children}
    </li>
  )
}

const REASONS: Readonly<Record<string, string>> = {
  trigger: 'None of its triggers asks for this event.',
  too_old: 'Older than the destination’s maximum age: the platform would refuse or misplace it.',
  consent_denied: 'The person has said no.',
  consent_unknown: 'Nobody has said yes or no: it is kept until the answer comes.',
  no_identifier: 'There is nobody the platform could attribute it to.',
  replayed: 'Sent again on purpose; it waits for its turn.',
  withdrawn: 'Somebody took it back before it was sent.',
}

// Left out for want of an answer is not the same as refused.
function sentenceOf(reason: string, decision: DeliveryStory['decision']): string {
  const consent = isObject(decision?.consent) ? decision.consent : null
  if (reason === 'consent_denied' && consent?.state === 'unknown')
    return 'Nobody has said yes or no, and this destination takes that for a no.'
  return REASONS[reason] ?? reason
}

export interface DeliveryStepProps {
  readonly delivery: DeliveryStory
  readonly messageId: string
  readonly viewer: Viewer
  /** Which transition it tells of. */
  readonly about?: string
}

export function DeliveryStep({ delivery, messageId, viewer, about }: DeliveryStepProps) {
  const { destination, state, reason, decision, attempts, replays = [] } = delivery
  return (
    <Step
      id={`to-${destination}`}
      mark={state}
      title={
        <>
          {destination} <StateMark state={state} />
          {about ? <span class="hint"> {about}</span> : null}
        </>
      }
    >
      {reason ? <p>{sentenceOf(reason, decision)}</p> : null}
      <Consent decision={decision} messageId={messageId} viewer={viewer} />
      <Facts decision={decision} />
      {attempts.length > 0 ? (
        <ul class="attempts">
          {attempts.map((attempt) => (
            <AttemptItem attempt={attempt} viewer={viewer} isLast={attempt === attempts.at(-1)} />
          ))}
        </ul>
      ) : null}
      {replays.map(({ replay_id, requested_by, requested_at, note, outcome, refusal }) => (
        <p class="hint">
          Replay {replay_id} by {requested_by}, <Instant at={requested_at} look={viewer.look} />
          {note ? `, “${note}”` : ''}: {refusal ? `not sent, ${refusal}` : (outcome ?? 'under way')}
        </p>
      ))}
      <DeliveryActions delivery={delivery} messageId={messageId} viewer={viewer} />
    </Step>
  )
}

function Consent({
  decision,
  messageId,
  viewer,
}: {
  readonly decision: DeliveryStory['decision']
  readonly messageId: string
  readonly viewer: Viewer
}) {
  const consent = isObject(decision?.consent) ? decision.consent : null
  const evidence = Array.isArray(consent?.evidence) ? consent.evidence.filter(isObject) : []
  if (evidence.length === 0) return null
  return (
    <ul class="evidence">
      {evidence.map(({ category, state, source, messageId: from, statedAt }) => (
        <li>
          <span class={`consent consent-${String(state)}`}>
            {String(category)} {String(state)}
          </span>{' '}
          <span class="hint">
            {source === null || typeof from !== 'string' ? (
              'nobody has said anything'
            ) : from === messageId ? (
              'said by this message'
            ) : (
              <a href={`/messages/${encodeURIComponent(from)}`}>said by another message</a>
            )}
            {typeof statedAt === 'string' ? (
              <>
                , <Instant at={new Date(statedAt).toISOString()} look={viewer.look} />
              </>
            ) : null}
          </span>
        </li>
      ))}
    </ul>
  )
}

function Facts({ decision }: { readonly decision: DeliveryStory['decision'] }) {
  const match = isObject(decision?.match) ? decision.match : null
  const subscription = decision?.subscription
  if (!match && typeof subscription !== 'string') return null
  const missing = Array.isArray(match?.missing) ? match.missing.map(String) : []
  return (
    <p class="hint">
      {typeof subscription === 'string' ? `Subscription “${subscription}”. ` : ''}
      {match ? `Match quality ${String(match.score)} of 10` : ''}
      {missing.length > 0 ? `; missing ${missing.slice(0, 4).join(', ')}` : ''}
    </p>
  )
}

function AttemptItem({
  attempt,
  viewer,
  isLast,
}: {
  readonly attempt: Attempt
  readonly viewer: Viewer
  readonly isLast: boolean
}) {
  const { number, started_at, duration_ms, status, error, request, response } = attempt
  return (
    <li>
      <details open={isLast && error !== null}>
        <summary>
          <span class="attempt-number">Attempt {number}</span>
          <span class={error === null ? 'status status-good' : 'status status-bad'}>
            {status ?? 'no answer'}
          </span>
          <span class="hint">in {duration(duration_ms)}</span>
          <Instant at={started_at} look={viewer.look} precise />
        </summary>
        {error ? <p class="warning">{error}</p> : null}
        <div class="exchange">
          <div>
            <h4>Request</h4>
            <JsonView value={request} label={`Request of attempt ${number}`} />
          </div>
          <div>
            <h4>Answer</h4>
            {response ? (
              <JsonView value={parsed(response)} label={`Answer to attempt ${number}`} />
            ) : (
              <p class="hint pad">empty</p>
            )}
          </div>
        </div>
      </details>
    </li>
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text // an answer need not be JSON
  }
}
