// API keys as the database knows them: those that were made here by a digest, those in variables by how lately they were used.
import type { Pool, PoolClient } from 'pg'
import type { Role } from '../core/role.ts'
import type { Use } from './tally.ts'

export interface ApiKeyStory {
  /** As the audit log names whoever uses it. */
  readonly fingerprint: string
  readonly source: 'environment' | 'store'
  readonly name: string | null
  readonly role: Role
  /** When it was made; of one in the variable, when it was first seen there. */
  readonly created_at: string | null
  readonly created_by: string | null
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly revoked_at: string | null
  readonly revoked_by: string | null
}

export interface ApiKeyRow extends Omit<ApiKeyStory, 'role' | 'created_at' | 'expires_at'> {
  readonly environment: string
  /** Of one in the variable it is said there. */
  readonly role: Role | null
  readonly created_at: string
  readonly expires_at: Date | null
  readonly key_digest: Buffer | null
}

const COLUMNS = `environment, fingerprint, source, name, role, key_digest, created_at, created_by, expires_at, last_used_at,
  revoked_at, revoked_by`

/** Those that are not revoked. */
export async function readLiveKeys(
  pool: Pool,
  environments: readonly string[],
): Promise<ApiKeyRow[]> {
  const { rows } = await pool.query<ApiKeyRow>({
    name: 'read-live-api-keys',
    text: `select ${COLUMNS} from api_keys where environment = any($1) and revoked_at is null
           order by created_at desc, fingerprint`,
    values: [environments],
  })
  return rows
}

/** Revoked keys that the list still tells of. */
const MOST_REVOKED = 20

export async function readRevokedKeys(pool: Pool, environment: string): Promise<ApiKeyRow[]> {
  const { rows } = await pool.query<ApiKeyRow>(
    `select ${COLUMNS} from api_keys where environment = $1 and revoked_at is not null
     order by revoked_at desc limit $2`,
    [environment, MOST_REVOKED],
  )
  return rows
}

export interface NewApiKey {
  readonly environment: string
  readonly fingerprint: string
  readonly name: string
  readonly role: Role
  readonly keyDigest: Buffer
  readonly createdAt: Date
  readonly createdBy: string
  readonly expiresAt: Date | null
}

export async function storeKey(client: PoolClient, key: NewApiKey): Promise<void> {
  await client.query(
    `insert into api_keys
       (environment, fingerprint, source, name, role, key_digest, created_at, created_by, expires_at)
     values ($1, $2, 'store', $3, $4, $5, $6, $7, $8)`,
    [
      key.environment,
      key.fingerprint,
      key.name,
      key.role,
      key.keyDigest,
      key.createdAt,
      key.createdBy,
      key.expiresAt,
    ],
  )
}

/** Revokes it and ends the sessions it made; its name, or null when there is no such live key of ours. */
export async function revokeKey(
  client: PoolClient,
  environment: string,
  fingerprint: string,
  at: Date,
  by: string,
): Promise<string | null> {
  const { rows } = await client.query<{ name: string; key_digest: Buffer }>(
    `update api_keys set revoked_at = $3, revoked_by = $4
     where environment = $1 and fingerprint = $2 and source = 'store' and revoked_at is null
     returning name, key_digest`,
    [environment, fingerprint, at, by],
  )
  const [key] = rows
  if (!key) return null
  await client.query('delete from sessions where environment = $1 and key_digest = $2', [
    environment,
    key.key_digest,
  ])
  return key.name
}

/** Notes when each was last used; one that is not known yet stands in the variable. */
export async function writeKeyUses(pool: Pool, uses: readonly Use[], now: Date): Promise<void> {
  if (uses.length === 0) return
  await pool.query({
    name: 'write-key-uses',
    text: `insert into api_keys as k (environment, fingerprint, source, created_at, last_used_at)
           select u.environment, u.fingerprint, 'environment', $4, u.used_at
           from unnest($1::text[], $2::text[], $3::timestamptz[]) as u(environment, fingerprint, used_at)
           order by 1, 2
           on conflict (environment, fingerprint) do update
             set last_used_at = greatest(k.last_used_at, excluded.last_used_at)`,
    values: [
      uses.map(({ environment }) => environment),
      uses.map(({ name }) => name),
      uses.map(({ lastUsedAt }) => lastUsedAt),
      now,
    ],
  })
}
