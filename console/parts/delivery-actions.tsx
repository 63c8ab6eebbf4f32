// What people may do about one delivery: each button beside what it will and will not do. The store decides again.
import type { PropsWithChildren } from 'hono/jsx'
import type { DeliveryStory, State } from '../api-types.ts'
import { isObject } from '../property-origins.ts'
import { mayAct, type Viewer } from '../viewer.ts'
import { FormToken } from './layout.tsx'
import { Instant } from './words.tsx'

export interface DeliveryActionsProps {
  readonly viewer: Viewer
  readonly delivery: DeliveryStory
  readonly messageId: string
}

const WAITING: ReadonlySet<State> = new Set(['pending', 'held', 'retrying'])

/** When it is decided next, what somebody did before, and what may be done now. */
export function DeliveryActions({ viewer, delivery, messageId }: DeliveryActionsProps) {
  const { state, claimed_until } = delivery
  const isUnderWay = claimed_until !== null && Date.parse(claimed_until) > viewer.look.nowMs
  const mayDo = mayAct(viewer, 'operator') && !isUnderWay
  const given = { viewer, delivery, messageId }
  return (
    <>
      <Act decision={delivery.decision} name="withdrawn" viewer={viewer} />
      <Act decision={delivery.decision} name="settled" viewer={viewer} />
      <Next viewer={viewer} delivery={delivery} isUnderWay={isUnderWay} />
      {mayDo && state === 'held' ? <Release {...given} /> : null}
      {mayDo && WAITING.has(state) ? <Withdraw {...given} /> : null}
      {mayDo && state === 'unknown' ? <Settle {...given} /> : null}
      {mayDo && mayGoAgain(delivery) ? <Replay {...given} /> : null}
    </>
  )
}

function Next({
  viewer,
  delivery: { state, due_at, claimed_until },
  isUnderWay,
}: Pick<DeliveryActionsProps, 'viewer' | 'delivery'> & { readonly isUnderWay: boolean }) {
  if (isUnderWay && claimed_until !== null)
    return (
      <p class="hint">
        A worker has it in hand: it may be on its way. By{' '}
        <Instant at={claimed_until} look={viewer.look} /> it is known what became of it.
      </p>
    )
  if (!due_at) return null
  const isDue = Date.parse(due_at) <= viewer.look.nowMs
  const next = state === 'held' ? 'Decided again at the latest' : 'Next attempt'
  return (
    <p class="hint">
      {isDue ? (
        'Its turn has come; it goes as soon as the destination takes more.'
      ) : (
        <>
          {next} <Instant at={due_at} look={viewer.look} />
        </>
      )}
    </p>
  )
}

const ACTS = { withdrawn: 'Withdrawn', settled: 'Settled as delivered' } as const

// Who did what, as the decision keeps it.
function Act({
  decision,
  name,
  viewer,
}: {
  readonly decision: DeliveryStory['decision']
  readonly name: keyof typeof ACTS
  readonly viewer: Viewer
}) {
  const act = isObject(decision?.[name]) ? decision[name] : null
  if (!act || typeof act.at !== 'string') return null
  return (
    <>
      <p class="hint">
        {ACTS[name]} by {String(act.by)}, <Instant at={act.at} look={viewer.look} />
        {typeof act.note === 'string' ? `: “${act.note}”` : ''}
      </p>
      {act.may_have_arrived === true ? (
        <p class="warning">
          An earlier attempt may have arrived all the same: withdrawing takes nothing back.
        </p>
      ) : null}
    </>
  )
}

function Release({ viewer, delivery, messageId }: DeliveryActionsProps) {
  return (
    <ActForm {...{ viewer, delivery, messageId }} act="release">
      <button type="submit">Release</button>
      <span class="hint">
        What held it is asked again now. It goes only if nothing holds it any more; without an
        answer it stays held.
      </span>
    </ActForm>
  )
}

function Withdraw({ viewer, delivery, messageId }: DeliveryActionsProps) {
  return (
    <details class="act">
      <summary>Withdraw…</summary>
      <ActForm {...{ viewer, delivery, messageId }} act="withdraw">
        <p class="hint">
          It will not be sent to {delivery.destination}, and the ledger says that you took it back.
          A replay can send it after all.
        </p>
        <Note />
        <button type="submit">Withdraw it</button>
      </ActForm>
    </details>
  )
}

function Settle({ viewer, delivery, messageId }: DeliveryActionsProps) {
  return (
    <details class="act">
      <summary>I looked at {delivery.destination}…</summary>
      <ActForm {...{ viewer, delivery, messageId }} act="settle">
        <p class="hint">If it is there, say so: the delivery then counts as delivered.</p>
        <Note />
        <button type="submit">It arrived</button>
      </ActForm>
      <form class="row" method="get" action="/replays/new">
        <p class="hint">If it is not there, it may go again without being counted twice.</p>
        <input type="hidden" name="message_id" value={messageId} />
        <input type="hidden" name="destination" value={delivery.destination} />
        <input type="hidden" name="confirm_unknown" value="true" />
        <button type="submit">It did not arrive: try a replay…</button>
      </form>
    </details>
  )
}

/** Given up, or left out for a reason that may have passed. */
function mayGoAgain({ state, reason }: DeliveryStory): boolean {
  if (state === 'dead') return true
  return state === 'filtered' && (reason === 'withdrawn' || reason === 'consent_unknown')
}

function Replay({ delivery, messageId }: DeliveryActionsProps) {
  return (
    <form method="get" action="/replays/new">
      <input type="hidden" name="message_id" value={messageId} />
      <input type="hidden" name="destination" value={delivery.destination} />
      <button type="submit">Try a replay…</button>
    </form>
  )
}

function ActForm({
  viewer,
  delivery: { delivery_id },
  messageId,
  act,
  children,
}: PropsWithChildren<DeliveryActionsProps & { readonly act: string }>) {
  return (
    <form class="row" method="post" action={`/deliveries/${delivery_id}/${act}`}>
      <FormToken token={viewer.formToken} />
      <input type="hidden" name="message_id" value={messageId} />
      {children}
    </form>
  )
}

/** Why, for whoever asks later. */
export function Note() {
  return (
    <label>
      <span>Why, for the log</span>
      <input name="note" maxlength={200} placeholder="e.g. a test order" />
    </label>
  )
}
