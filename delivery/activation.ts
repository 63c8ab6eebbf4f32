// Transitions on the last step to a platform that keeps audiences of its own (design 3.9): the remote audience is made on
// first use, by one process; its id goes into the event; and one that is gone or blocked pauses alone, its transitions
// waiting, while the destination's other audiences go on.
import { isRemoval } from '../core/audience-transition.ts'
import type { JsonObject } from '../core/json.ts'
import type { HeldReason } from '../core/ledger-reason.ts'
import { nextDelayMs } from '../core/retry-schedule.ts'
import type { Database } from '../store/database.ts'
import type { ClaimedDelivery, ClaimedMembership } from '../store/deliveries.ts'
import {
  beginMaking,
  endMaking,
  pauseRemoteAudience,
  REMOTE_PAUSED,
  REMOTE_WAITED_FOR,
  type RemoteAudience,
  type RemoteKey,
  readRemoteAudiences,
} from '../store/remote-audiences.ts'
import type { DeliveryResult, Destination } from './destination.ts'
import { type Failure, failureOf } from './host/failure.ts'
import { isSurelyInside } from './told.ts'

type Send = (deliveries: readonly ClaimedDelivery[]) => Promise<readonly DeliveryResult[]>

export interface ActivationOptions {
  readonly database: Database
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
}

/** Delivers by `send` what may go, results by position; events that are no transitions pass as they are. */
export async function activate(
  options: ActivationOptions,
  destination: Destination,
  batch: readonly ClaimedDelivery[],
  send: Send,
): Promise<readonly DeliveryResult[]> {
  if (!batch.some(({ membership }) => membership)) return send(batch)
  const remotes = await remotesOf(options, destination, batch)
  const prepared = batch.map((delivery) => prepare(delivery, destination, remotes))
  const ready = prepared.filter((each): each is ClaimedDelivery => !('kind' in each))
  const sent = ready.length > 0 ? [...(await send(ready))] : []
  const results = prepared.map((each) => {
    if ('kind' in each) return each
    return stamped(sent.shift() as DeliveryResult, each, remotes)
  })
  return pauseUnavailable(options, destination, { batch, results, remotes })
}

type Remote =
  | { readonly kind: 'ready'; readonly externalId: string }
  | { readonly kind: 'wait'; readonly result: DeliveryResult; readonly isMade: boolean }

type Remotes = ReadonlyMap<string, Remote>

async function remotesOf(
  options: ActivationOptions,
  destination: Destination,
  batch: readonly ClaimedDelivery[],
): Promise<Remotes> {
  const { name, environment, remote } = destination
  if (!remote) return new Map()
  const wanted = new Map<string, { membership: ClaimedMembership; isEntry: boolean; key: string }>()
  for (const { membership, canonical } of batch) {
    if (!membership) continue
    const isEntry = wanted.get(membership.audienceId)?.isEntry || !isRemoval(canonical)
    const key = String(canonical.properties.audience_key ?? membership.identity)
    wanted.set(membership.audienceId, { membership, isEntry, key })
  }
  const { pool } = options.database
  const known = await readRemoteAudiences(pool, environment, name, [...wanted.keys()])
  const found = [...wanted].map(async ([audienceId, { membership, isEntry, key }]) => {
    const row = known.get(audienceId)
    // Who leaves an audience that was never made is on no list.
    if (!isEntry && !row?.externalId) return [audienceId, NOBODY] as const
    const place = { environment, destination: name, audienceId }
    const isDue = !row || (row.state !== 'ready' && row.state !== 'paused' && isPast(options, row))
    if (!isDue) return [audienceId, remoteOf(options, row)] as const
    return [audienceId, await make(options, destination, place, { membership, key })] as const
  })
  return new Map(await Promise.all(found))
}

const NOBODY: Remote = {
  kind: 'wait',
  isMade: false,
  result: { kind: 'filtered', reason: 'no_remote_audience' },
}

function isPast({ database }: ActivationOptions, { dueAt }: RemoteAudience): boolean {
  return dueAt === null || dueAt.getTime() <= database.clock.now()
}

const MAKING_CHECK_MS = 1_000
// Released by whoever resumes it (store/remote-audiences.ts); this is for the one whose release was missed.
const PAUSE_CHECK_MS = 10 * 60 * 1000

function remoteOf({ database }: ActivationOptions, row: RemoteAudience): Remote {
  const { state, externalId, reason, dueAt } = row
  if (state === 'ready' && externalId !== null) return { kind: 'ready', externalId }
  const now = database.clock.now()
  const isPaused = state === 'paused'
  const untilMs = isPaused
    ? now + PAUSE_CHECK_MS
    : state === 'making'
      ? now + MAKING_CHECK_MS
      : (dueAt?.getTime() ?? now)
  const result = held(isPaused ? REMOTE_PAUSED : REMOTE_WAITED_FOR, untilMs, {
    name: row.name,
    state,
    reason,
  })
  return { kind: 'wait', result, isMade: externalId !== null }
}

function held(reason: HeldReason, untilMs: number, remote: JsonObject): DeliveryResult {
  return { kind: 'held', reason, until: new Date(untilMs), evidence: { remote } }
}

const MAKING_SCHEDULE = { baseMs: 30_000, capMs: 3_600_000, maxAttempts: Number.POSITIVE_INFINITY }

async function make(
  options: ActivationOptions,
  destination: Destination,
  place: RemoteKey,
  { membership, key }: { readonly membership: ClaimedMembership; readonly key: string },
): Promise<Remote> {
  const { database, log } = options
  const { clock, random, pool } = database
  const { name, identity } = membership
  const distinctName = `${name} (${identity})`
  const { environment, remote, leaseMs } = destination
  const lease = await beginMaking(database, place, { name, distinctName, leaseMs })
  if (!lease) {
    const rows = await readRemoteAudiences(pool, environment, destination.name, [place.audienceId])
    return remoteOf(options, rows.get(place.audienceId) as RemoteAudience)
  }
  const startedAt = clock.now()
  try {
    const { create } = remote as NonNullable<Destination['remote']>
    const externalId = await create({ name: lease.name, computationId: identity, key })
    await endMaking(database, place, lease.attempts, { externalId })
    log('info', `${destination.name}: "${lease.name}" is audience ${externalId} there`)
    return { kind: 'ready', externalId }
  } catch (error) {
    const failure = failureOf(error)
    const { reason, retryAfterMs } = failure
    const delayMs = nextDelayMs(MAKING_SCHEDULE, lease.attempts, random, retryAfterMs) ?? 0
    const dueAt = new Date(clock.now() + delayMs)
    await endMaking(database, place, lease.attempts, { reason, dueAt })
    log('warn', `${destination.name}: cannot make "${lease.name}": ${reason}`)
    const result = failure.isCredential
      ? refused(failure, startedAt, clock.now())
      : held(REMOTE_WAITED_FOR, dueAt.getTime(), { name: lease.name, state: 'waiting', reason })
    return { kind: 'wait', result, isMade: false }
  }
}

// Pauses the destination: the members would be refused like the audience.
function refused({ reason, status }: Failure, startedAt: number, now: number): DeliveryResult {
  return {
    kind: 'failed',
    reason: `the remote audience cannot be made: ${reason}`,
    retryable: true,
    isCredential: true,
    attempt: {
      startedAt: new Date(startedAt),
      durationMs: Math.round(now - startedAt),
      status,
      error: reason,
      request: { action: 'createAudience' },
      response: null,
    },
  }
}

function prepare(
  delivery: ClaimedDelivery,
  { remote: calls }: Destination,
  remotes: Remotes,
): ClaimedDelivery | DeliveryResult {
  const { canonical, membership } = delivery
  if (!membership) return delivery
  const remote = remotes.get(membership.audienceId)
  if (calls && remote?.kind === 'wait') {
    if (isRemoval(canonical) && !remote.isMade)
      return { kind: 'filtered', reason: 'no_remote_audience' }
    return remote.result
  }
  const externalId = remote?.kind === 'ready' ? remote.externalId : null
  const isUnchanged =
    canonical.properties.reason === 'consent' && isSurelyInside(membership, externalId)
  const properties =
    externalId === null
      ? canonical.properties
      : { ...canonical.properties, external_audience_id: externalId }
  return {
    ...delivery,
    canonical: { ...canonical, properties },
    membership: { ...membership, isUnchanged },
  }
}

// The ledger keeps what was told, and to which remote audience: what an audit compares, and a later removal undoes.
function stamped(
  result: DeliveryResult,
  { canonical, membership }: ClaimedDelivery,
  remotes: Remotes,
): DeliveryResult {
  if (!membership || result.kind === 'filtered' || result.kind === 'held') return result
  const remote = remotes.get(membership.audienceId)
  return {
    ...result,
    evidence: {
      sent_as: isRemoval(canonical) ? 'exited' : 'entered',
      ...(remote?.kind === 'ready' ? { remote_audience: remote.externalId } : {}),
      ...result.evidence,
    },
  }
}

interface Delivered {
  readonly batch: readonly ClaimedDelivery[]
  readonly results: readonly DeliveryResult[]
  readonly remotes: Remotes
}

async function pauseUnavailable(
  { database, log }: ActivationOptions,
  { name: destination, environment }: Destination,
  { batch, results, remotes }: Delivered,
): Promise<readonly DeliveryResult[]> {
  const reasons = new Map<string, string>()
  results.forEach((result, at) => {
    const audienceId = batch[at]?.membership?.audienceId
    if (audienceId && isUnavailable(result)) reasons.set(audienceId, result.reason)
  })
  for (const [audienceId, reason] of reasons) {
    const remote = remotes.get(audienceId)
    if (remote?.kind !== 'ready') continue
    const place = { environment, destination, audienceId }
    if (await pauseRemoteAudience(database, place, reason, remote.externalId))
      log('error', `${destination}: audience ${remote.externalId} is paused there: ${reason}`)
  }
  const until = new Date(database.clock.now() + PAUSE_CHECK_MS)
  return results.map((result) =>
    isUnavailable(result)
      ? {
          kind: 'held',
          reason: REMOTE_PAUSED,
          until,
          attempt: result.attempt,
          ...evidenceOf(result),
        }
      : result,
  )
}

function evidenceOf({ evidence }: DeliveryResult): { evidence?: JsonObject } {
  return evidence ? { evidence } : {}
}

function isUnavailable(
  result: DeliveryResult,
): result is Extract<DeliveryResult, { kind: 'failed' }> {
  return result.kind === 'failed' && result.isAudience === true
}
