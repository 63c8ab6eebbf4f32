import type { ListedSecret, RetiredSecret, SecretList } from '../api-types.ts'
import { FormToken } from '../parts/layout.tsx'
import { Fault, SettingsFrame, ShownOnce } from '../parts/settings-frame.tsx'
import { duration, Id, Instant, whole } from '../parts/words.tsx'
import { mayAct, type Viewer } from '../viewer.ts'

export interface SecretsProps {
  readonly viewer: Viewer
  readonly list: SecretList
  /** What the store refused just now. */
  readonly fault: string | null
}

export function SecretsPage({ viewer, list, fault }: SecretsProps) {
  const { secrets, retired } = list
  return (
    <SettingsFrame viewer={viewer} at="/settings/secrets" refreshSeconds={10}>
      <Fault message={fault} />
      <Rotation viewer={viewer} list={list} />
      <section class="panel" aria-labelledby="live">
        <header class="panel-head">
          <h2 id="live">Accepted now</h2>
          <p class="hint">
            What signs with one of these is taken in. A fingerprint names a secret and gives nothing
            of it away.
          </p>
        </header>
        <Live viewer={viewer} secrets={secrets} />
      </section>
      {retired.length > 0 ? (
        <section class="panel" aria-labelledby="retired">
          <header class="panel-head">
            <h2 id="retired">Retired</h2>
            <p class="hint">
              Refused. One that was made here can be accepted again for 30 days; then its text is
              erased.
            </p>
          </header>
          <Retired viewer={viewer} retired={retired} />
        </section>
      ) : null}
    </SettingsFrame>
  )
}

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

function Rotation({ viewer, list }: { readonly viewer: Viewer; readonly list: SecretList }) {
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

function requests(count: number): string {
  return `${whole(count)} ${count === 1 ? 'request' : 'requests'}`
}

function Live({
  viewer,
  secrets,
}: {
  readonly viewer: Viewer
  readonly secrets: readonly ListedSecret[]
}) {
  const mayRetire = mayAct(viewer, 'admin') && secrets.length > 1
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th scope="col">Secret</th>
          <th scope="col">Age</th>
          <th scope="col">Signed</th>
          <th scope="col">Last used</th>
          {mayRetire ? <td /> : null}
        </tr>
      </thead>
      <tbody>
        {secrets.map((secret) => (
          <tr id={secret.fingerprint}>
            <th scope="row">
              <Id>{secret.fingerprint}</Id>
              <Source source={secret.source} />
            </th>
            <td data-label="age">
              <Age secret={secret} viewer={viewer} />
            </td>
            <td data-label="signed" class="whole">
              {requests(secret.requests)}
            </td>
            <td data-label="last used">
              <LastUsed secret={secret} viewer={viewer} />
            </td>
            {mayRetire ? (
              <td class="acts">
                <Change viewer={viewer} fingerprint={secret.fingerprint} action="retire">
                  Retire
                </Change>
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function Source({ source }: { readonly source: ListedSecret['source'] }) {
  return source === 'store' ? (
    <span class="tag tag-changed beside">made here</span>
  ) : (
    <span class="tag beside">variable</span>
  )
}

function Age({ secret, viewer }: { readonly secret: ListedSecret; readonly viewer: Viewer }) {
  const { created_at, created_by, source } = secret
  const age = duration(Math.max(0, viewer.look.nowMs - Date.parse(created_at)))
  return (
    <>
      {age}{' '}
      <span class="hint">
        {source === 'store' ? 'made' : 'first seen'} <Instant at={created_at} look={viewer.look} />
        {created_by === null ? null : ` by ${created_by}`}
      </span>
    </>
  )
}

function LastUsed({ secret, viewer }: { readonly secret: ListedSecret; readonly viewer: Viewer }) {
  const { last_used_at, last_used_by } = secret
  if (last_used_at === null) return <span class="hint">never</span>
  return (
    <>
      <Instant at={last_used_at} look={viewer.look} />
      {last_used_by === null ? null : <span class="hint"> by {last_used_by}</span>}
    </>
  )
}

function Retired({
  viewer,
  retired,
}: {
  readonly viewer: Viewer
  readonly retired: readonly RetiredSecret[]
}) {
  const isAdmin = mayAct(viewer, 'admin')
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th scope="col">Secret</th>
          <th scope="col">Retired</th>
          <th scope="col">Signed</th>
          {isAdmin ? <td /> : null}
        </tr>
      </thead>
      <tbody>
        {retired.map(({ fingerprint, source, retired_at, retired_by, ...rest }) => (
          <tr>
            <th scope="row">
              <Id>{fingerprint}</Id>
              <Source source={source} />
            </th>
            <td data-label="retired">
              <Instant at={retired_at} look={viewer.look} />
              {retired_by === null ? null : <span class="hint"> by {retired_by}</span>}
              {source === 'environment' ? (
                <span class="hint">, though it stands in its variable</span>
              ) : null}
            </td>
            <td data-label="signed">{requests(rest.requests)}</td>
            {isAdmin ? (
              <td class="acts">
                {rest.can_be_restored ? (
                  <Change viewer={viewer} fingerprint={fingerprint} action="restore">
                    Accept again
                  </Change>
                ) : (
                  <span class="hint">erased</span>
                )}
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Change({
  viewer,
  fingerprint,
  action,
  children,
}: {
  readonly viewer: Viewer
  readonly fingerprint: string
  readonly action: 'retire' | 'restore'
  readonly children?: string
}) {
  return (
    <form method="post" action={`/settings/secrets/${fingerprint}/${action}`}>
      <FormToken token={viewer.formToken} />
      <button type="submit" aria-label={`${children} ${fingerprint}`}>
        {children}
      </button>
    </form>
  )
}

/** The one page that shows a secret, and does so once: reading it again would make another. */
export function MadeSecretPage({
  viewer,
  fingerprint,
  secret,
}: {
  readonly viewer: Viewer
  readonly fingerprint: string
  readonly secret: string
}) {
  return (
    <SettingsFrame viewer={viewer} at="/settings/secrets">
      <section class="panel" aria-labelledby="made">
        <header class="panel-head">
          <h2 id="made">
            A new secret, <Id>{fingerprint}</Id>
          </h2>
        </header>
        <div class="pad stack">
          <ShownOnce label="Signing secret, shown now and never again" text={secret} />
          <ol class="numbered">
            <li>
              Put it into “Signing secret” of every TrackLayer destination function and Action
              Destination that sends to <b>{viewer.environment}</b>.
            </li>
            <li>
              Where <code>tracklayer deploy</code> writes those settings: put it first into{' '}
              <code>TRACKLAYER_SECRET_{variableOf(viewer.environment)}</code> of the store’s file.
            </li>
            <li>Come back and see the traffic turn; then retire the old one.</li>
          </ol>
          <p class="hint">
            It is accepted already, beside the old one; by other processes of this store within two
            seconds.
          </p>
          <p>
            <a href="/settings/secrets">I have put it away</a>
          </p>
        </div>
      </section>
    </SettingsFrame>
  )
}

function variableOf(environment: string): string {
  return environment.toUpperCase().replaceAll('-', '_')
}

/** Asked when the secret is in use: what still has it would be refused. */
export function ConfirmRetirementPage({
  viewer,
  secret,
  list,
}: {
  readonly viewer: Viewer
  readonly secret: ListedSecret
  readonly list: SecretList
}) {
  const { fingerprint, last_used_at, last_used_by } = secret
  const quietMs = viewer.look.nowMs - Date.parse(last_used_at ?? '')
  return (
    <SettingsFrame viewer={viewer} at="/settings/secrets">
      <section class="panel" aria-labelledby="in-use">
        <header class="panel-head">
          <h2 id="in-use">
            <Id>{fingerprint}</Id> is in use
          </h2>
        </header>
        <div class="pad stack">
          <p class="warning">
            It signed {requests(secret.requests)}
            {last_used_at === null ? null : (
              <>
                , the latest <Instant at={last_used_at} look={viewer.look} />
                {last_used_by === null ? null : ` by ${last_used_by}`}
              </>
            )}
            .{' '}
            {quietMs < list.in_use_ms
              ? 'Wait until nothing was signed with it for an hour.'
              : 'No other secret has signed anything since: give the new one to Segment first.'}
          </p>
          <p>
            Retired now, whatever still signs with it is answered 401. Segment tries those again for
            four hours, so they arrive if the sender gets the new secret by then.
          </p>
          <form method="post" action={`/settings/secrets/${fingerprint}/retire`} class="row">
            <FormToken token={viewer.formToken} />
            <input type="hidden" name="confirm" value="yes" />
            <button type="submit">Retire it all the same</button>
            <a class="beside-button" href="/settings/secrets">
              Leave it
            </a>
          </form>
        </div>
      </section>
    </SettingsFrame>
  )
}
