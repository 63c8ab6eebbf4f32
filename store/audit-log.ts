// Who did what, and who saw personal data.
import type { Pool, PoolClient } from 'pg'
import type { Clock } from '../core/clock.ts'
import type { Role } from '../core/role.ts'
import type { Principal } from './access.ts'

export const AUDIT_ACTIONS = [
  'session.created',
  'session.ended',
  'sign_in_link.created',
  'personal_data.shown',
  'destination.paused',
  'destination.enabled',
  'destination.tested',
  'secret.created',
  'secret.retired',
  'secret.restored',
  'api_key.created',
  'api_key.revoked',
  'delivery.released',
  'delivery.withdrawn',
  'delivery.settled',
  'merge.undone',
  'audience.resumed',
  'audience.repaired',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

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

export interface AuditFilter {
  readonly action: AuditAction | null
  /** Whole and to the letter. */
  readonly actor: string | null
}

/** The newest first. @param cursor id of the last one of the page before */
export async function listAudit(
  pool: Pool,
  environment: string,
  { action, actor }: AuditFilter,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: string | null }> {
  const { rows } = await pool.query<AuditEntry>(
    `select id::text, at, actor, role, action, target from audit_log
     where environment = $1 and ($2::bigint is null or id < $2)
       and ($3::text is null or action = $3) and ($4::text is null or actor = $4)
     order by audit_log.id desc limit $5`,
    [environment, cursor, action, actor, limit + 1],
  )
  const entries = rows.slice(0, limit)
  return { entries, next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null }
}

/** Removes a page of what was written before then; how many entries that were. */
export async function removeAuditBefore(
  pool: Pool,
  environment: string,
  before: Date,
  limit: number,
): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from audit_log where id in
       (select id from audit_log where environment = $1 and at < $2 order by at limit $3)`,
    [environment, before, limit],
  )
  return rowCount ?? 0
}
