// The steps of a rotation, which of them is next, and the button that begins one.
import type { SecretList } from '../../api-types.ts'
import { FormToken } from '../../parts/layout.tsx'
import { duration } from '../../parts/words.tsx'
import { mayAct, type Viewer } from '../../viewer.ts'
import { requests } from './parts.tsx'

type StepState = 'done' | 'now' | 'later'

interface Step {
  readonly title: string
  readonly words: string
  readonly isDone: boolean
}

/** Where a rotation stands, from the facts alone. */
function stepsOf({ secrets, in_use_ms }: SecretList, nowMs: number): Step[] {
  const [newest, ...older] = secrets
  const lastOld = Math.max(
    0,
    ...older.map(({ last_used_at }) => (last_used_at ? Date.parse(last_used_at) : 0)),
  )
  const isTwo = older.length > 0
  const hasSigned = isTwo && newest !== undefined && newest.requests > 0
  const newUsedAt = newest?.last_used_at ? Date.parse(newest.last_used_at) : 0
  const isQuiet = hasSigned && nowMs - lastOld >= in_use_ms && newUsedAt >= lastOld
  return [
    {
      title: 'A new secret beside the old one',
      words: isTwo ? `${secrets.length} are accepted.` : 'One is accepted. Both will be.',
      isDone: isTwo,
    },
    {
      title: 'The new one in Segment',
      words: hasSigned
        ? `${newest.fingerprint} has signed ${requests(newest.requests)}.`
        : 'Set “Signing secret” of every TrackLayer destination function and Action Destination to the new one.',
      isDone: hasSigned,
    },
    {
      title: 'Nothing signed with the old one for an hour',
      words:
        !isTwo || lastOld === 0
          ? 'Until then, some sender still has the old one.'
          : `It last signed ${duration(Math.max(0, nowMs - lastOld))} ago.`,
      isDone: isQuiet,
    },
    {
      title: 'The old one retired',
      words: 'From then on, what is signed with it is refused.',
      isDone: false,
    },
  ]
}

export function Rotation({ viewer, list }: { readonly viewer: Viewer; readonly list: SecretList }) {
  const steps = stepsOf(list, viewer.look.nowMs)
  const at = steps.findIndex(({ isDone }) => !isDone)
  const stateOf = (index: number): StepState =>
    index < at ? 'done' : index === at ? 'now' : 'later'
  const isUnderWay = list.secrets.length > 1
  return (
    <section class="panel" aria-labelledby="rotation">
      <header class="panel-head">
        <h2 id="rotation">{isUnderWay ? 'A rotation is under way' : 'Rotation'}</h2>
        <p class="hint">Nothing is lost on the way: old and new are both accepted.</p>
      </header>
      <ol class="rotation">
        {steps.map(({ title, words }, index) => (
          <li class={`rotation-${stateOf(index)}`} aria-current={index === at ? 'step' : undefined}>
            <b>{title}</b>
            <span class="hint">{words}</span>
            <span class="aloud">{STATE_WORDS[stateOf(index)]}</span>
          </li>
        ))}
      </ol>
      <Begin viewer={viewer} canMake={list.can_make} isUnderWay={isUnderWay} />
    </section>
  )
}

const STATE_WORDS: Readonly<Record<StepState, string>> = {
  done: 'Done.',
  now: 'The next step.',
  later: 'Later.',
}

function Begin({
  viewer,
  canMake,
  isUnderWay,
}: {
  readonly viewer: Viewer
  readonly canMake: boolean
  readonly isUnderWay: boolean
}) {
  if (!mayAct(viewer, 'admin')) return <p class="hint pad">An admin makes and retires secrets.</p>
  if (!canMake)
    return (
      <div class="pad stack">
        <p>
          To make a secret here, the store needs a key that seals it in the database: set{' '}
          <code>TRACKLAYER_ENCRYPTION_KEY</code> to 64 hexadecimal digits (
          <code>openssl rand -hex 32</code>) for every process of the store, and start it again.
        </p>
        <CommandLine />
      </div>
    )
  return (
    <div class="pad stack">
      <form method="post" action="/settings/secrets">
        <FormToken token={viewer.formToken} />
        <button class={isUnderWay ? undefined : 'primary'} type="submit">
          {isUnderWay ? 'Make another secret' : 'Make a new secret'}
        </button>
      </form>
      {isUnderWay ? null : (
        <>
          <p class="hint">
            It is shown once, for you to put into Segment. Where <code>tracklayer deploy</code>{' '}
            writes Segment’s settings, put it first into the store’s file too, or the next deploy
            brings the old one back.
          </p>
          <CommandLine />
        </>
      )}
    </div>
  )
}

function CommandLine() {
  return (
    <p class="hint">
      Or let the command line take every step, with no secret to copy:{' '}
      <code>tracklayer keys rotate --env-file store.env</code>
    </p>
  )
}
