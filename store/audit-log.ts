// Who did what, and who saw personal data.
import type { Pool, PoolClient } from 'pg'
import type { Clock } from '../core/clock.ts'
import type { Role } from '../core/role.ts'
import type { Principal } from './access.ts'

export type AuditAction =
  | 'session.created'
  | 'session.ended'
  | 'sign_in_link.created'
  | 'personal_data.shown'
  | 'destination.paused'
  | 'destination.enabled'
  | 'merge.undone'
  | 'audience.resumed'
  | 'audience.repaired'

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: string
  readonly role: Role
  readonly action: AuditAction
  readonly target: string | null
}

export async function recordAudit(
  { pool, clock }: { readonly pool: Pick<Pool, 'query'> | PoolClient; readonly clock: Clock },
  { environment, actor, role }: Principal,
  action: AuditAction,
  target: string | null = null,
): Promise<void> {
  await pool.query(
    'insert into audit_log (environment, at, actor, role, action, target) values ($1, $2, $3, $4, $5, $6)',
    [environment, new Date(clock.now()), actor, role, action, target],
  )
}

/** The newest first. @param cursor id of the last one of the page before */
export async function listAudit(
  pool: Pool,
  environment: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: string | null }> {
  const { rows } = await pool.query<AuditEntry>(
    `select id::text, at, actor, role, action, target from audit_log
     where environment = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [environment, cursor, limit + 1],
  )
  const entries = rows.slice(0, limit)
  return { entries, next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null }
}
