// Who may do what: the account, its environments with their live secrets, and the keys that read.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Role } from '../core/role.ts'

export interface EnvironmentAccess {
  readonly name: string
  /** Live signing secrets, newest first; several overlap during rotation. */
  readonly secrets: readonly string[]
  /** Bearer keys that open this environment, and no other. */
  readonly apiKeys: readonly string[]
  /** API key → its role; one that is not here is an admin's. */
  readonly keyRoles?: ReadonlyMap<string, Role>
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

/** What a key opens, or null. Every key of every environment is compared, each in constant time. */
export function principalOfKey(access: Access, key: string): Principal | null {
  const offered = digest(key)
  let found: Principal | null = null
  for (const { name, apiKeys, keyRoles } of access.environments) {
    for (const apiKey of apiKeys) {
      if (!timingSafeEqual(digest(apiKey), offered)) continue
      found = { environment: name, role: keyRoles?.get(apiKey) ?? 'admin', actor: labelOfKey(key) }
    }
  }
  return found
}

/** The environment a bearer key opens, or null. */
export function environmentOfKey(access: Access, key: string): string | null {
  return principalOfKey(access, key)?.environment ?? null
}

/** What a key is called where its use is written down: no part of the key can be told from it. */
export function labelOfKey(key: string): string {
  return `key-${digest(key).toString('hex').slice(0, 8)}`
}

/** Whether a key with this digest opens the environment still. */
export function isLiveKey(access: Access, environment: string, keyDigest: Buffer): boolean {
  const keys = access.environments.find(({ name }) => name === environment)?.apiKeys ?? []
  return keys.some((key) => timingSafeEqual(digest(key), keyDigest))
}

/** Equal texts, compared in constant time whatever their lengths. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

// Digests have one length, which timingSafeEqual asks for.
export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
