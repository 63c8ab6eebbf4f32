// The tokens of a destination as they lie in the database: sealed texts, and the lease that lets one process at a time
// ask for new ones. What is inside is the delivery's to seal and open.
import type { SealedText } from '../core/vault.ts'
import type { Database } from './database.ts'

export interface CredentialKey {
  readonly environment: string
  readonly destination: string
  /** Digest of the configured connection; another connection's tokens are as good as none. */
  readonly connection: string
}

export interface StoredCredential {
  /** Rises with each that is stored; 0 when there is none yet. */
  readonly version: number
  readonly sealed: SealedText | null
  readonly expiresAt: Date | null
}

const NONE: StoredCredential = { version: 0, sealed: null, expiresAt: null }

interface Row {
  version: number
  key_id: string | null
  sealed: Buffer | null
  expires_at: Date | null
}

export async function readCredential(
  { pool }: Database,
  { environment, destination, connection }: CredentialKey,
): Promise<StoredCredential> {
  const { rows } = await pool.query<Row>({
    name: 'read-credential',
    text: `select version,
             case when connection = $3 then key_id end as key_id,
             case when connection = $3 then sealed end as sealed,
             case when connection = $3 then expires_at end as expires_at
           from credentials where environment = $1 and destination = $2`,
    values: [environment, destination, connection],
  })
  const [row] = rows
  if (!row) return NONE
  const { version, key_id: keyId, sealed, expires_at: expiresAt } = row
  return { version, sealed: sealed && keyId ? { keyId, bytes: sealed } : null, expiresAt }
}

export interface RefreshLease {
  readonly number: number
  /** When an earlier refresh was begun whose answer was never stored; null when there was none. */
  readonly lostAt: Date | null
}

/**
 * Takes the right to refresh what `seenVersion` is; null while another holds it, or when there is something newer. A
 * lease that ran out ended with its process: whether the platform answered it, nobody knows.
 */
export async function beginRefresh(
  { pool, clock }: Database,
  { environment, destination, connection }: CredentialKey,
  { seenVersion, leaseMs }: { readonly seenVersion: number; readonly leaseMs: number },
): Promise<RefreshLease | null> {
  const now = clock.now()
  const { rows } = await pool.query<{ refreshes: number; lost_at: Date | null }>(
    `insert into credentials as c (environment, destination, connection, refreshes, lease_until)
     values ($1, $2, $3, 1, $5)
     on conflict (environment, destination) do update
       set connection = excluded.connection, refreshes = c.refreshes + 1, lease_until = excluded.lease_until,
           key_id = case when c.connection = excluded.connection then c.key_id end,
           sealed = case when c.connection = excluded.connection then c.sealed end,
           expires_at = case when c.connection = excluded.connection then c.expires_at end,
           lost_at = case when c.connection = excluded.connection then coalesce(c.lost_at, c.lease_until) end
       where c.version = $6 and (c.lease_until is null or c.lease_until <= $4)
     returning refreshes, lost_at`,
    [environment, destination, connection, new Date(now), new Date(now + leaseMs), seenVersion],
  )
  const [row] = rows
  return row ? { number: row.refreshes, lostAt: row.lost_at } : null
}

/** Stores what a refresh brought and frees the lease; null when it had run out and is another's by now. */
export async function storeCredential(
  { pool }: Database,
  { environment, destination }: CredentialKey,
  lease: RefreshLease,
  issued: { readonly sealed: SealedText; readonly expiresAt: Date },
): Promise<number | null> {
  const { rows } = await pool.query<{ version: number }>(
    `update credentials set version = version + 1, key_id = $4, sealed = $5, expires_at = $6,
       lease_until = null, lost_at = null
     where environment = $1 and destination = $2 and refreshes = $3
     returning version`,
    [
      environment,
      destination,
      lease.number,
      issued.sealed.keyId,
      issued.sealed.bytes,
      issued.expiresAt,
    ],
  )
  return rows[0]?.version ?? null
}

/** Frees the lease of a refresh that brought nothing. `isLost`: it may have been answered all the same. */
export async function endRefresh(
  { pool, clock }: Database,
  { environment, destination }: CredentialKey,
  lease: RefreshLease,
  isLost: boolean,
): Promise<void> {
  await pool.query(
    `update credentials set lease_until = null, lost_at = case when $4 then coalesce(lost_at, $5) else lost_at end
     where environment = $1 and destination = $2 and refreshes = $3`,
    [environment, destination, lease.number, isLost, new Date(clock.now())],
  )
}
