// The part of a rotation that the store does itself: a new secret beside the old ones, and the old one refused once nothing
// is signed with it. Giving the new one to Segment stays with people, or with `tracklayer keys rotate`.
import type { PoolClient } from 'pg'
import { secretFingerprint } from '../core/secret-fingerprint.ts'
import type { Vault } from '../core/vault.ts'
import type { Principal } from './access.ts'
import { recordAudit } from './audit-log.ts'
import { type Database, inTransaction } from './database.ts'
import type { KeyRing } from './key-ring.ts'
import type { NewToken } from './sessions.ts'
import {
  holdLiveSecrets,
  placeOf,
  type RetiredSecret,
  readSecrets,
  restoreSecret,
  retireSecret,
  type SecretRow,
  type SecretStanding,
  storeSecret,
} from './signing-secrets.ts'

/** Every live one costs each request a signature. */
const MOST_LIVE = 4
/** A secret that signed something within this time is in use: an hour outlasts what a sender tries again. */
export const IN_USE_MS = 60 * 60 * 1000
/** Retired secrets that the list still tells of. */
const MOST_RETIRED = 10

export interface Refusal {
  readonly code: 'conflict' | 'still_in_use' | 'not_found'
  readonly message: string
}

export interface SecretList {
  readonly environment: string
  /** Whether a secret can be made here: it takes an encryption key. */
  readonly can_make: boolean
  /** Milliseconds without a signature after which a secret counts as out of use. */
  readonly in_use_ms: number
  /** Accepted, the newest first. */
  readonly secrets: readonly SecretStanding[]
  /** Accepted no more, the latest first. */
  readonly retired: readonly RetiredSecret[]
}

export async function listSecrets(
  { pool }: Database,
  keys: KeyRing,
  environment: string,
): Promise<SecretList> {
  await keys.sync()
  const rows = await readSecrets(pool, [environment])
  const live = liveFingerprints(keys, environment)
  const retired = rows.filter((row) => row.retired_at !== null && isOurs(keys, row))
  return {
    environment,
    can_make: keys.vault !== null,
    in_use_ms: IN_USE_MS,
    secrets: newestFirst(rows, [...live]).map(standingOf),
    retired: retired
      .sort((a, b) => timeOf(b.retired_at ?? '') - timeOf(a.retired_at ?? ''))
      .slice(0, MOST_RETIRED)
      .map((row) => ({
        ...standingOf(row),
        retired_at: row.retired_at ?? '',
        retired_by: row.retired_by,
        can_be_restored: row.source === 'environment' || row.sealed !== null,
      })),
  }
}

// Those that were seen first at one time, at the first start, stand as the variable has them: newest first too.
function newestFirst(rows: readonly SecretRow[], live: readonly string[]): SecretRow[] {
  const rankOf = ({ fingerprint }: SecretRow) => live.indexOf(fingerprint)
  return rows
    .filter((row) => rankOf(row) >= 0)
    .sort((a, b) => timeOf(b.created_at) - timeOf(a.created_at) || rankOf(a) - rankOf(b))
}

// One of the variables that was taken out of them is nobody's concern any more.
function isOurs(keys: KeyRing, { source, environment, fingerprint }: SecretRow): boolean {
  return source === 'store' || keys.variables(environment).has(fingerprint)
}

function standingOf(row: SecretRow): SecretStanding {
  const { fingerprint, source, created_at, created_by, requests, last_used_at, last_used_by } = row
  return { fingerprint, source, created_at, created_by, requests, last_used_at, last_used_by }
}

export interface MadeSecret {
  readonly fingerprint: string
  /** Said once, here. */
  readonly secret: string
}

/** Makes a secret that is accepted at once, here, and within seconds by every other process. */
export async function createSecret(
  database: Database,
  keys: KeyRing,
  vault: Vault,
  principal: Principal,
  newToken: NewToken,
): Promise<MadeSecret | Refusal> {
  const { environment, actor } = principal
  const secret = newToken()
  const fingerprint = secretFingerprint(secret)
  const refusal = await changeSecrets(database, keys, environment, async (client, live) => {
    const unused = live.find(({ source, requests }) => source === 'store' && requests === 0)
    if (unused)
      return conflict(
        `${unused.fingerprint} was made and has signed nothing yet: give it to Segment, or retire it if nobody has it`,
      )
    if (live.length >= MOST_LIVE)
      return conflict(
        `${live.length} secrets are live, and each costs every request a check: retire one first`,
      )
    const createdAt = new Date(database.clock.now())
    const sealed = vault.seal(secret, placeOf({ environment, fingerprint }))
    await storeSecret(client, { environment, fingerprint, sealed, createdAt, createdBy: actor })
    await recordAudit({ ...database, pool: client }, principal, 'secret.created', fingerprint)
    return null
  })
  return refusal ?? { fingerprint, secret }
}

/** Refuses what is signed with it from now on, unless it is the only one, or, without `isConfirmed`, in use. */
export function takeAway(
  database: Database,
  keys: KeyRing,
  principal: Principal,
  fingerprint: string,
  isConfirmed: boolean,
): Promise<Refusal | null> {
  const { environment, actor } = principal
  const now = database.clock.now()
  return changeSecrets(database, keys, environment, async (client, live) => {
    const secret = live.find((each) => each.fingerprint === fingerprint)
    if (!secret) return unknown(environment, fingerprint)
    if (live.length === 1)
      return conflict(
        `${fingerprint} is the only live secret of ${environment}: make another one first, or nothing would be accepted`,
      )
    const doubt = isConfirmed ? null : doubtAbout(secret, live, now)
    if (doubt !== null) return { code: 'still_in_use', message: doubt }
    await retireSecret(client, { environment, fingerprint }, new Date(now), actor)
    await recordAudit({ ...database, pool: client }, principal, 'secret.retired', fingerprint)
    return null
  })
}

// Quiet for an hour may be a quiet hour: that another one has signed since is what shows that senders have turned.
function doubtAbout(
  { fingerprint, last_used_at }: SecretRow,
  live: readonly SecretRow[],
  now: number,
): string | null {
  if (last_used_at === null) return null
  const usedAt = timeOf(last_used_at)
  const at = new Date(usedAt).toISOString()
  const otherwise = 'confirm that what still has it is to be refused'
  if (now - usedAt < IN_USE_MS)
    return `${fingerprint} signed a request at ${at}; wait until nothing was signed with it for an hour, or ${otherwise}`
  const hasTurned = live.some(
    (other) =>
      other.fingerprint !== fingerprint &&
      other.last_used_at !== null &&
      timeOf(other.last_used_at) >= usedAt,
  )
  return hasTurned
    ? null
    : `${fingerprint} signed the latest request there was, at ${at}, and no other secret has signed since; give the new one to Segment, or ${otherwise}`
}

/** Accepts a retired one again. */
export function putBack(
  database: Database,
  keys: KeyRing,
  principal: Principal,
  fingerprint: string,
): Promise<Refusal | null> {
  const { environment } = principal
  return changeSecrets(database, keys, environment, async (client, live) => {
    if (live.length >= MOST_LIVE)
      return conflict(`${live.length} secrets are live: retire one of them first`)
    if (!(await restoreSecret(client, environment, fingerprint)))
      return unknown(environment, fingerprint)
    await recordAudit({ ...database, pool: client }, principal, 'secret.restored', fingerprint)
    return null
  })
}

/** Runs a change on the live secrets of this moment, alone; then every request here knows of it. */
async function changeSecrets(
  database: Database,
  keys: KeyRing,
  environment: string,
  change: (client: PoolClient, live: readonly SecretRow[]) => Promise<Refusal | null>,
): Promise<Refusal | null> {
  await keys.sync()
  const refusal = await inTransaction(database, async (client) => {
    const rows = await holdLiveSecrets(client, environment)
    // Of those that are not retired, some may not be at hand: gone from the variable, or sealed with a key that is missing.
    const known = liveFingerprints(keys, environment)
    return change(
      client,
      rows.filter(({ fingerprint }) => known.has(fingerprint)),
    )
  })
  if (refusal === null) await keys.sync()
  return refusal
}

function liveFingerprints(keys: KeyRing, environment: string): ReadonlySet<string> {
  const found = keys.access.environments.find(({ name }) => name === environment)
  return new Set((found?.secrets ?? []).map(secretFingerprint))
}

function conflict(message: string): Refusal {
  return { code: 'conflict', message }
}

function unknown(environment: string, fingerprint: string): Refusal {
  return { code: 'not_found', message: `No such secret ${fingerprint} in ${environment}` }
}

// The driver gives dates where JSON will have texts.
function timeOf(instant: string | Date): number {
  return new Date(instant).getTime()
}
