// The rotation of a signing secret, as steps of which each is proved before the next. While two are live nothing can be lost:
// the store takes either. Where it stands is read from the facts, so one that broke off is simply run again.
import { type Clock, sleep } from '../../core/clock.ts'
import { TrackLayerError } from '../../core/errors.ts'
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import type { SecretStanding } from '../../store/signing-secrets.ts'
import type { Pong } from '../segment/ping.ts'

export type SecretUseStory = Pick<SecretStanding, 'fingerprint' | 'requests' | 'last_used_at'>

export interface RotationOptions {
  readonly clock: Clock
  /** Live secrets as the store's file has them, newest first. */
  readSecrets(): readonly string[]
  writeSecrets(secrets: readonly string[]): void
  newSecret(): string
  ping(secret: string): Promise<Pong>
  /** What the store knows of the use of its secrets. */
  standing(): Promise<readonly SecretUseStory[]>
  /** Gives the secret to Segment; says what was done. */
  updateSegment(secret: string): Promise<string>
  /** False ends the walk before the step. */
  confirm(question: string): Promise<boolean>
  /** How long nothing may have been signed with the old secret before it is taken away. */
  readonly quietMs: number
  /** How long the store may take to read its file again, and the traffic to turn. */
  readonly patienceMs: number
  readonly onStep: (step: RotationStep) => void
}

export const STEPS = {
  add: 'put a new secret beside the old one in the store’s file',
  accept: 'see that the store accepts both',
  segment: 'give the new one to Segment',
  turn: 'see that the traffic is signed with the new one, and nothing with the old',
  remove: 'take the old one away, and see that it is refused',
} as const
export type StepName = keyof typeof STEPS

export interface RotationStep {
  readonly step: StepName
  readonly words: string
}

/** Every server behind one address is to have read the file: one answer would speak for one of them. */
const PINGS = 10
const POLL_MS = 500

/** Steps that are left, from the number of live secrets: two or more, and a rotation is under way. */
export function remainingSteps(live: readonly string[]): StepName[] {
  const all = Object.keys(STEPS) as StepName[]
  return live.length > 1 ? all.slice(1) : all
}

/** True when the old secret is gone. @throws TrackLayerError when a step cannot be proved; nothing is lost by that */
export async function rotate(options: RotationOptions): Promise<boolean> {
  const { onStep, confirm } = options
  for (const step of remainingSteps(options.readSecrets())) {
    if (CHANGES.has(step) && !(await confirm(`${capital(STEPS[step])}?`))) return false
    onStep({ step, words: await RUN[step](options) })
  }
  return true
}

const CHANGES: ReadonlySet<StepName> = new Set<StepName>(['add', 'segment', 'remove'])

const RUN: Readonly<Record<StepName, (options: RotationOptions) => Promise<string>>> = {
  async add({ readSecrets, writeSecrets, newSecret }) {
    const fresh = newSecret()
    writeSecrets([fresh, ...readSecrets()])
    return `live now: ${readSecrets().map(secretFingerprint).join(', ')}`
  },
  async accept(options) {
    for (const secret of options.readSecrets()) {
      await proved(
        options,
        secret,
        true,
        'the store has not read its file again: is it started with --env-file? Restart it, and run this again',
      )
    }
    return 'both are accepted'
  },
  segment: (options) => options.updateSegment(newest(options)),
  turn: turned,
  async remove(options) {
    const [kept = '', ...old] = options.readSecrets()
    options.writeSecrets([kept])
    for (const secret of old) {
      await proved(options, secret, false, 'the store still accepts the old secret: restart it')
    }
    await proved(options, kept, true, 'the store refuses the new secret: restart it')
    return `${old.map(secretFingerprint).join(', ')} refused, ${secretFingerprint(kept)} live`
  },
}

// The store counts; what signs with the old one still is a destination that was not updated, or a call under way.
async function turned({ clock, ...options }: RotationOptions): Promise<string> {
  const [fresh = '', ...old] = options.readSecrets()
  const oldPrints = new Set(old.map(secretFingerprint))
  const startedAt = clock.now()
  const before = requestsOf(await options.standing(), secretFingerprint(fresh))
  for (;;) {
    const standing = await options.standing()
    const used = standing
      .filter(({ fingerprint }) => oldPrints.has(fingerprint))
      .map(({ last_used_at }) => (last_used_at ? Date.parse(last_used_at) : 0))
    const quietSince = Math.max(startedAt, ...used)
    if (clock.now() - quietSince >= options.quietMs) {
      const signed = requestsOf(standing, secretFingerprint(fresh)) - before
      const seconds = Math.round(options.quietMs / 1000)
      if (signed > 0)
        return `${signed} request(s) signed with the new one, none with the old for ${seconds} s`
      const question = `Nothing at all arrived for ${seconds} s (tracklayer message send-test sends something). Go on?`
      if (await options.confirm(question)) return 'no traffic; went on as told'
      throw stopped('no traffic was seen; both secrets stay live')
    }
    if (clock.now() - startedAt > options.patienceMs) {
      throw stopped(
        'requests still come signed with the old secret: a destination has not got the new one. Both stay live',
      )
    }
    await sleep(clock, POLL_MS)
  }
}

async function proved(
  { clock, patienceMs, ping }: RotationOptions,
  secret: string,
  isWanted: boolean,
  otherwise: string,
): Promise<void> {
  const until = clock.now() + patienceMs
  for (let inRow = 0; inRow < PINGS; ) {
    const { isAccepted, status } = await ping(secret)
    const isAsWanted = isWanted ? isAccepted : status === 401
    inRow = isAsWanted ? inRow + 1 : 0
    if (isAsWanted) continue
    if (clock.now() > until) throw stopped(`${secretFingerprint(secret)}: ${otherwise}`)
    await sleep(clock, POLL_MS)
  }
}

function newest({ readSecrets }: RotationOptions): string {
  const [secret] = readSecrets()
  if (secret) return secret
  throw stopped('the file has no secret any more')
}

function requestsOf(standing: readonly SecretUseStory[], fingerprint: string): number {
  return standing.find((each) => each.fingerprint === fingerprint)?.requests ?? 0
}

function stopped(message: string): TrackLayerError {
  return new TrackLayerError('UNAVAILABLE', message)
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
