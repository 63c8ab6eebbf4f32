// Who may do what: the account, its environments with their live secrets, and the keys that read.
import { createHash, timingSafeEqual } from 'node:crypto'

export interface EnvironmentAccess {
  readonly name: string
  /** Live signing secrets, newest first; several overlap during rotation. */
  readonly secrets: readonly string[]
  /** Bearer keys that may read this environment, and no other. */
  readonly apiKeys: readonly string[]
}

export interface Access {
  readonly account: string
  readonly environments: readonly EnvironmentAccess[]
}

/** The environment a bearer key opens, or null. Every key of every environment is compared, each in constant time. */
export function environmentOfKey(access: Access, key: string): string | null {
  const offered = digest(key)
  let found: string | null = null
  for (const { name, apiKeys } of access.environments) {
    for (const apiKey of apiKeys) if (timingSafeEqual(digest(apiKey), offered)) found = name
  }
  return found
}

/** What a key is called where its use is written down: no part of the key can be told from it. */
export function labelOfKey(key: string): string {
  return `key-${digest(key).toString('hex').slice(0, 8)}`
}

/** Equal texts, compared in constant time whatever their lengths. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

// Digests have one length, which timingSafeEqual asks for.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
