// API keys for people: those that were made here and those of the variables in one list, making one, and revoking it.
import type { Role } from '../core/role.ts'
import { digest, type EnvironmentAccess, labelOfKey, type Principal } from './access.ts'
import {
  type ApiKeyRow,
  type ApiKeyStory,
  readLiveKeys,
  readRevokedKeys,
  revokeKey,
  storeKey,
} from './api-keys.ts'
import { recordAudit } from './audit-log.ts'
import { type Database, inTransaction } from './database.ts'
import type { KeyRing } from './key-ring.ts'
import type { NewToken } from './sessions.ts'

/** Each is compared with what is offered at every call of the API. */
const MOST_KEYS = 100
/** Tells a key of ours where one turns up by accident: in a log, in a repository. */
const KEY_PREFIX = 'tlk_'

export interface ApiKeyList {
  readonly environment: string
  /** Live ones first, then what was revoked lately. */
  readonly api_keys: readonly ApiKeyStory[]
  /** Who comes in through a reverse proxy, first match first. */
  readonly people: readonly { readonly pattern: string; readonly role: Role }[]
}

export async function listApiKeys(
  { pool }: Database,
  keys: KeyRing,
  environment: string,
): Promise<ApiKeyList> {
  await keys.sync()
  const [live, revoked] = await Promise.all([
    readLiveKeys(pool, [environment]),
    readRevokedKeys(pool, environment),
  ])
  const access = keys.access.environments.find(({ name }) => name === environment)
  const made = live.filter(({ source }) => source === 'store')
  return {
    environment,
    api_keys: [...made.map(storyOf), ...ofVariables(access, live), ...revoked.map(storyOf)],
    people: access?.people ?? [],
  }
}

function storyOf({ role, key_digest: _, environment: __, ...row }: ApiKeyRow): ApiKeyStory {
  const expires_at = row.expires_at?.toISOString() ?? null
  return { ...row, expires_at, role: role as Role }
}

function ofVariables(
  access: EnvironmentAccess | undefined,
  rows: readonly ApiKeyRow[],
): ApiKeyStory[] {
  return (access?.apiKeys ?? []).map((key) => {
    const fingerprint = labelOfKey(key)
    const row = rows.find((each) => each.fingerprint === fingerprint && each.source !== 'store')
    return {
      fingerprint,
      source: 'environment',
      name: null,
      role: access?.keyRoles?.get(key) ?? 'admin',
      created_at: null,
      created_by: null,
      expires_at: null,
      last_used_at: row?.last_used_at ?? null,
      revoked_at: null,
      revoked_by: null,
    }
  })
}

export interface MadeKey {
  readonly fingerprint: string
  readonly name: string
  readonly role: Role
  readonly expires_at: string | null
  /** Said once, here. */
  readonly key: string
}

/** Null when there are as many as there may be. */
export async function createApiKey(
  database: Database,
  keys: KeyRing,
  principal: Principal,
  wanted: { readonly name: string; readonly role: Role; readonly expiresAt: Date | null },
  newToken: NewToken,
): Promise<MadeKey | null> {
  const { environment, actor } = principal
  await keys.sync()
  const access = keys.access.environments.find(({ name }) => name === environment)
  if ((access?.storedKeys?.length ?? 0) >= MOST_KEYS) return null
  const key = KEY_PREFIX + newToken()
  const fingerprint = labelOfKey(key)
  const { name, role, expiresAt } = wanted
  await inTransaction(database, async (client) => {
    const createdAt = new Date(database.clock.now())
    const row = { environment, fingerprint, name, role, createdAt, createdBy: actor, expiresAt }
    await storeKey(client, { ...row, keyDigest: digest(key) })
    const target = `${role} ${name} (${fingerprint})`
    await recordAudit({ ...database, pool: client }, principal, 'api_key.created', target)
  })
  await keys.sync()
  return { fingerprint, name, role, expires_at: expiresAt?.toISOString() ?? null, key }
}

/** Refuses the key from now on, here and within seconds elsewhere; the sessions it made end everywhere at once. */
export async function endApiKey(
  database: Database,
  keys: KeyRing,
  principal: Principal,
  fingerprint: string,
): Promise<'revoked' | 'in the variable' | 'unknown'> {
  const { environment, actor } = principal
  const name = await inTransaction(database, async (client) => {
    const at = new Date(database.clock.now())
    const revoked = await revokeKey(client, environment, fingerprint, at, actor)
    if (revoked === null) return null
    const target = `${revoked} (${fingerprint})`
    await recordAudit({ ...database, pool: client }, principal, 'api_key.revoked', target)
    return revoked
  })
  if (name !== null) {
    await keys.sync()
    return 'revoked'
  }
  const access = keys.access.environments.find((each) => each.name === environment)
  const isOfVariable = access?.apiKeys.some((key) => labelOfKey(key) === fingerprint) ?? false
  return isOfVariable ? 'in the variable' : 'unknown'
}
