// Signing secrets as the database knows them: which there are, what was signed with each, which are accepted no more.
import type { Pool, PoolClient } from 'pg'
import type { SealedText, Vault } from '../core/vault.ts'
import type { Use } from './tally.ts'

export interface SecretStanding {
  readonly fingerprint: string
  /** Where its text is: in the variable, or here, sealed. */
  readonly source: 'environment' | 'store'
  /** When it was made; of one in the variable, when it was first seen there. */
  readonly created_at: string
  readonly created_by: string | null
  /** Requests it signed since then, pings included. */
  readonly requests: number
  readonly last_used_at: string | null
  /** What the latest sender calls itself: the beginning of its User-Agent. */
  readonly last_used_by: string | null
}

export interface RetiredSecret extends SecretStanding {
  readonly retired_at: string
  readonly retired_by: string | null
  /** Whether its text is still at hand, so that it can be accepted again. */
  readonly can_be_restored: boolean
}

export interface SecretRow extends SecretStanding {
  readonly environment: string
  readonly key_id: string | null
  readonly sealed: Buffer | null
  readonly retired_at: string | null
  readonly retired_by: string | null
}

const COLUMNS = `environment, fingerprint, source, key_id, sealed, created_at, created_by, requests::float8 as requests,
  last_used_at, last_used_by, retired_at, retired_by`

/** Every secret of these environments, the newest first. */
export async function readSecrets(
  pool: Pool,
  environments: readonly string[],
): Promise<SecretRow[]> {
  const { rows } = await pool.query<SecretRow>({
    name: 'read-signing-secrets',
    text: `select ${COLUMNS} from signing_secrets where environment = any($1)
           order by created_at desc, fingerprint`,
    values: [environments],
  })
  return rows
}

/** The live ones of one environment, held so that two who change them take turns. */
export async function holdLiveSecrets(
  client: PoolClient,
  environment: string,
): Promise<SecretRow[]> {
  const { rows } = await client.query<SecretRow>(
    `select ${COLUMNS} from signing_secrets where environment = $1 and retired_at is null
     order by fingerprint for update`,
    [environment],
  )
  return rows
}

/** Adds what was signed to each; one that is not known yet stands in the variable and is first seen now. */
export async function writeSecretUses(
  pool: Pool,
  uses: readonly (Omit<Use, 'lastUsedAt'> & { readonly lastUsedAt: Date | null })[],
  now: Date,
): Promise<void> {
  if (uses.length === 0) return
  await pool.query({
    name: 'write-secret-uses',
    // In one order, so that two processes that write at once do not wait for each other in a circle.
    text: `insert into signing_secrets as s
             (environment, fingerprint, source, created_at, requests, last_used_at, last_used_by)
           select u.environment, u.fingerprint, 'environment', $6, u.requests, u.used_at, u.used_by
           from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[])
             as u(environment, fingerprint, requests, used_at, used_by)
           order by 1, 2
           on conflict (environment, fingerprint) do update
             set requests = s.requests + excluded.requests,
                 last_used_at = greatest(s.last_used_at, excluded.last_used_at),
                 last_used_by = case when s.last_used_at > excluded.last_used_at then s.last_used_by
                                     else excluded.last_used_by end
             where excluded.requests > 0`,
    values: [
      uses.map(({ environment }) => environment),
      uses.map(({ name }) => name),
      uses.map(({ times }) => times),
      uses.map(({ lastUsedAt }) => lastUsedAt),
      uses.map(({ by }) => by),
      now,
    ],
  })
}

export interface NewSecret {
  readonly environment: string
  readonly fingerprint: string
  readonly sealed: SealedText
  readonly createdAt: Date
  readonly createdBy: string
}

export async function storeSecret(client: PoolClient, secret: NewSecret): Promise<void> {
  const { environment, fingerprint, sealed, createdAt, createdBy } = secret
  await client.query(
    `insert into signing_secrets (environment, fingerprint, source, key_id, sealed, created_at, created_by)
     values ($1, $2, 'store', $3, $4, $5, $6)`,
    [environment, fingerprint, sealed.keyId, sealed.bytes, createdAt, createdBy],
  )
}

export async function retireSecret(
  client: PoolClient,
  { environment, fingerprint }: Pick<SecretRow, 'environment' | 'fingerprint'>,
  at: Date,
  by: string,
): Promise<void> {
  await client.query(
    `update signing_secrets set retired_at = $3, retired_by = $4
     where environment = $1 and fingerprint = $2`,
    [environment, fingerprint, at, by],
  )
}

/** False when it is not retired, or its text is gone. */
export async function restoreSecret(
  client: PoolClient,
  environment: string,
  fingerprint: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update signing_secrets set retired_at = null, retired_by = null
     where environment = $1 and fingerprint = $2 and retired_at is not null
       and (source = 'environment' or sealed is not null)`,
    [environment, fingerprint],
  )
  return rowCount === 1
}

/** Seals anew what an earlier encryption key sealed, unless somebody was faster. */
export async function storeSealed(
  pool: Pool,
  { environment, fingerprint, key_id }: SecretRow,
  sealed: SealedText,
): Promise<void> {
  await pool.query(
    `update signing_secrets set key_id = $4, sealed = $5
     where environment = $1 and fingerprint = $2 and key_id = $3`,
    [environment, fingerprint, key_id, sealed.keyId, sealed.bytes],
  )
}

/** Erases the texts of those that were retired before then; how many those were. Their rows stay. */
export async function eraseRetiredBefore(
  pool: Pool,
  environment: string,
  before: Date,
): Promise<number> {
  const { rowCount } = await pool.query(
    `update signing_secrets set key_id = null, sealed = null
     where environment = $1 and retired_at < $2 and sealed is not null`,
    [environment, before],
  )
  return rowCount ?? 0
}

/** What a sealed secret is bound to: it opens for no other row. */
export function placeOf({
  environment,
  fingerprint,
}: Pick<SecretRow, 'environment' | 'fingerprint'>): string[] {
  return ['signing secret', environment, fingerprint]
}

/** @throws TrackLayerError SETTINGS_INVALID when no key opens it */
export function openSecret(vault: Vault, row: SecretRow): string | null {
  if (!row.sealed || !row.key_id) return null
  return vault.open({ keyId: row.key_id, bytes: row.sealed }, placeOf(row))
}
