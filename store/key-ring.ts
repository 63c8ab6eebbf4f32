// What opens the store at this moment: the secrets and keys of the environment's variables, and those in the database.
// A request asks memory alone. Changes of other processes are read every two seconds, with what was used in between written
// down; our own at once. LISTEN was set aside: it takes a connection of its own, which poolers in front of a database do not
// keep, and would want this reading besides for whatever it missed.
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { secretFingerprint } from '../core/secret-fingerprint.ts'
import type { Vault } from '../core/vault.ts'
import type { Access, EnvironmentAccess, StoredKey } from './access.ts'
import { readLiveKeys, writeKeyUses } from './api-keys.ts'
import { type Database, translated } from './database.ts'
import {
  openSecret,
  placeOf,
  readSecrets,
  type SecretRow,
  storeSealed,
  writeSecretUses,
} from './signing-secrets.ts'
import { createTally, type Tally, type Use } from './tally.ts'

/** The longest a change made in one process waits for another, but for the time of the reading itself. */
export const SYNC_MS = 2_000

export interface KeyRing {
  /** Live: what it says follows the variables and the last reading. */
  readonly access: Access
  /** Seals secrets that are made here; null without an encryption key. */
  readonly vault: Vault | null
  /** By the secret itself. */
  readonly secretUse: Tally
  /** By the key's label. */
  readonly keyUse: Tally
  /** Fingerprints of the secrets that stand in the environment's variable, accepted or not. */
  variables(environment: string): ReadonlySet<string>
  /** Writes down what was used, then reads what is there. @throws TrackLayerError UNAVAILABLE; what is known stays */
  sync(): Promise<void>
}

export interface KeyRingOptions {
  readonly database: Database
  /** Of the variables. */
  readonly access: Access
  readonly vault?: Vault | undefined
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
}

/** What the database adds to an environment, and takes from it. */
interface Additions {
  readonly secrets: string[]
  readonly retired: Set<string>
  readonly storedKeys: StoredKey[]
}

/** Knows the variables alone until its first `sync`. */
export function createKeyRing({ database, access, vault, log }: KeyRingOptions): KeyRing {
  const { pool, clock } = database
  const secretUse = createTally(clock)
  const keyUse = createTally(clock)
  const opened = createOpener(vault ?? null, log)
  let additions: ReadonlyMap<string, Additions> = new Map()
  let seen: ReadonlySet<string> = new Set()
  let merged = { from: access.environments, by: additions, environments: access.environments }
  let last: Promise<void> = Promise.resolve()

  // Kept until either side changes: requests ask for this.
  function environments(): readonly EnvironmentAccess[] {
    if (merged.from !== access.environments || merged.by !== additions) {
      const joined = access.environments.map((each) => join(each, additions.get(each.name)))
      merged = { from: access.environments, by: additions, environments: joined }
    }
    return merged.environments
  }

  async function syncOnce(): Promise<void> {
    await writeUses()
    const names = access.environments.map(({ name }) => name)
    const [secrets, keys] = await Promise.all([readSecrets(pool, names), readLiveKeys(pool, names)])
    const found = new Map(names.map((name) => [name, emptyAdditions()]))
    for (const row of secrets) {
      const { retired, secrets: texts } = found.get(row.environment) as Additions
      const text = row.retired_at === null && row.source === 'store' ? opened(row) : null
      if (row.retired_at !== null) retired.add(row.fingerprint)
      if (text !== null) texts.push(text)
    }
    for (const { environment, fingerprint, name, role, key_digest, expires_at } of keys) {
      if (!key_digest || !role) continue
      const actor = `${name} (${fingerprint})`
      const expiresAtMs = expires_at?.getTime() ?? null
      found
        .get(environment)
        ?.storedKeys.push({ digest: key_digest, role, actor, label: fingerprint, expiresAtMs })
    }
    if (vault) await sealAnew(database, vault, secrets, opened)
    seen = new Set(secrets.map(({ environment, fingerprint }) => `${environment} ${fingerprint}`))
    additions = found
  }

  async function writeUses(): Promise<void> {
    const now = new Date(clock.now())
    const [secrets, keys] = [secretUse.take(), keyUse.take()]
    try {
      const used = secrets.map(byFingerprint)
      await writeSecretUses(pool, [...used, ...firstSeen(used)], now)
      await writeKeyUses(pool, keys, now)
    } catch (error) {
      secretUse.giveBack(secrets)
      keyUse.giveBack(keys)
      throw error
    }
  }

  // A secret of the variables that nobody has used yet has an age too.
  function firstSeen(used: readonly Use[]) {
    const known = new Set([
      ...seen,
      ...used.map(({ environment, name }) => `${environment} ${name}`),
    ])
    return access.environments.flatMap(({ name: environment, secrets }) =>
      secrets
        .map(secretFingerprint)
        .filter((name) => !known.has(`${environment} ${name}`))
        .map((name) => ({ environment, name, times: 0, lastUsedAt: null, by: null })),
    )
  }

  return {
    access: {
      get account() {
        return access.account
      },
      get environments() {
        return environments()
      },
      ...(access.proxy ? { proxy: access.proxy } : {}),
    },
    vault: vault ?? null,
    secretUse,
    keyUse,
    variables(environment) {
      const found = access.environments.find(({ name }) => name === environment)
      return new Set((found?.secrets ?? []).map(secretFingerprint))
    },
    // One after the other: who has changed something reads after that.
    sync() {
      const turn = last.then(syncOnce).catch((error: unknown) => {
        throw translated(error)
      })
      last = turn.then(
        () => {},
        () => {},
      )
      return turn
    },
  }
}

/** Keeps a ring up to date until `signal` aborts, and writes down at last what was used. */
export async function runKeyRing(
  keys: KeyRing,
  { database: { clock }, log }: Pick<KeyRingOptions, 'database' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  let isFailing = false
  while (!signal.aborted) {
    await sleep(clock, SYNC_MS, signal)
    try {
      await keys.sync()
      if (isFailing) log('info', 'secrets and API keys are read again')
      isFailing = false
    } catch (error) {
      // Once, not every two seconds: what is known stays in use until the database is back.
      if (!isFailing) log('error', `secrets and API keys cannot be read now: ${messageOf(error)}`)
      isFailing = true
    }
  }
}

function join(base: EnvironmentAccess, added: Additions | undefined): EnvironmentAccess {
  if (!added) return base
  const { secrets, retired, storedKeys } = added
  const own = base.secrets.filter((secret) => !retired.has(secretFingerprint(secret)))
  // One that was made here and then written into the variable too is one secret.
  const all = [...new Set([...secrets, ...own])]
  return { ...base, secrets: all, storedKeys }
}

function emptyAdditions(): Additions {
  return { secrets: [], retired: new Set(), storedKeys: [] }
}

type Opener = (row: SecretRow) => string | null

// Opened once and then kept: a process that has not got a new encryption key yet goes on with what it has.
function createOpener(vault: Vault | null, log: KeyRingOptions['log']): Opener {
  const known = new Map<string, string>()
  const lamented = new Set<string>()
  return (row) => {
    const name = `${row.environment} ${row.fingerprint}`
    const kept = known.get(name)
    if (kept !== undefined) return kept
    try {
      const text = vault && openSecret(vault, row)
      if (text) known.set(name, text)
      if (text) return text
      throw new Error('TRACKLAYER_ENCRYPTION_KEY is not set')
    } catch (error) {
      if (!lamented.has(name)) log('error', `secret ${name} is not accepted: ${messageOf(error)}`)
      lamented.add(name)
      return null
    }
  }
}

async function sealAnew(
  { pool }: Database,
  vault: Vault,
  rows: readonly SecretRow[],
  opened: Opener,
): Promise<void> {
  for (const row of rows) {
    if (row.sealed === null || row.key_id === vault.keyId) continue
    const text = opened(row)
    if (text !== null) await storeSealed(pool, row, vault.seal(text, placeOf(row)))
  }
}

function byFingerprint<Of extends { readonly name: string }>(use: Of): Of {
  return { ...use, name: secretFingerprint(use.name) }
}
