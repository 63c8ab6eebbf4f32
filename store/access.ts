// Who may do what: the account, its environments with their live secrets, and the keys that read.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Role } from '../core/role.ts'

/** A key that was made in the console: nobody has it but whoever was shown it once. */
export interface StoredKey {
  readonly digest: Buffer
  readonly role: Role
  /** For the audit log: its name and label. */
  readonly actor: string
  readonly label: string
  /** Milliseconds since the Unix epoch; null: until it is revoked. */
  readonly expiresAtMs: number | null
}

export interface EnvironmentAccess {
  readonly name: string
  /** Live signing secrets, newest first; several overlap during rotation. */
  readonly secrets: readonly string[]
  /** Bearer keys that open this environment, and no other. */
  readonly apiKeys: readonly string[]
  /** API key → its role; one that is not here is an admin's. */
  readonly keyRoles?: ReadonlyMap<string, Role>
  /** Keys that are in the database; those of the variables are not. */
  readonly storedKeys?: readonly StoredKey[]
  /** People whom a reverse proxy has signed in, first match first: `*@shop.example` → viewer. */
  readonly people?: readonly { readonly pattern: string; readonly role: Role }[]
}

export interface Access {
  readonly account: string
  readonly environments: readonly EnvironmentAccess[]
  /** A reverse proxy that signs people in, known by a secret of its own; without it no header names anybody. */
  readonly proxy?: { readonly identityHeader: string; readonly secret: string }
}

/** Who asks, and what that opens. */
export interface Principal {
  readonly environment: string
  readonly role: Role
  /** For the audit log: a person's address, or the label of a key. */
  readonly actor: string
}

/** Whom a key names, and what the key is called where its use is counted. */
export interface KeyHolder extends Principal {
  readonly label: string
}

/** What a key opens, or null. Every key of every environment is compared, each in constant time. */
export function principalOfKey(access: Access, key: string, nowMs: number): KeyHolder | null {
  const offered = digest(key)
  let found: KeyHolder | null = null
  for (const { name: environment, apiKeys, keyRoles, storedKeys = [] } of access.environments) {
    for (const apiKey of apiKeys) {
      if (!timingSafeEqual(digest(apiKey), offered)) continue
      const label = labelOfKey(key)
      found = { environment, role: keyRoles?.get(apiKey) ?? 'admin', actor: label, label }
    }
    for (const stored of storedKeys) {
      if (!timingSafeEqual(stored.digest, offered) || isExpired(stored, nowMs)) continue
      found = { environment, role: stored.role, actor: stored.actor, label: stored.label }
    }
  }
  return found
}

/** The environment a bearer key opens, or null. */
export function environmentOfKey(access: Access, key: string, nowMs: number): string | null {
  return principalOfKey(access, key, nowMs)?.environment ?? null
}

function isExpired({ expiresAtMs }: StoredKey, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs
}

/** What a key is called where its use is written down: no part of the key can be told from it. */
export function labelOfKey(key: string): string {
  return `key-${digest(key).toString('hex').slice(0, 8)}`
}

/** Whether a key with this digest opens the environment still. */
export function isLiveKey(
  access: Access,
  environment: string,
  keyDigest: Buffer,
  nowMs: number,
): boolean {
  const found = access.environments.find(({ name }) => name === environment)
  const stored = found?.storedKeys?.filter((key) => !isExpired(key, nowMs)) ?? []
  const digests = [...(found?.apiKeys ?? []).map(digest), ...stored.map((key) => key.digest)]
  return digests.some((each) => timingSafeEqual(each, keyDigest))
}

/** Equal texts, compared in constant time whatever their lengths. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

// Digests have one length, which timingSafeEqual asks for.
export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
