// What retention did, kept where people can see it: the last sweep of each kind, and the last that found something.
import type { Pool } from 'pg'
import type { Database } from './database.ts'

export const SUBJECTS = ['audit_log', 'sessions', 'memberships', 'retired_secrets'] as const
export type RetentionSubject = (typeof SUBJECTS)[number]

export interface RetentionRun {
  readonly subject: RetentionSubject
  readonly ran_at: string
  /** When something was removed last; null: never. */
  readonly removed_at: string | null
  /** How much that was. */
  readonly removed: number
  readonly removed_in_all: number
}

/** Of several stores that sweep within a minute, what each found adds up. */
export async function recordRun(
  { pool, clock }: Pick<Database, 'pool' | 'clock'>,
  environment: string,
  subject: RetentionSubject,
  removed: number,
): Promise<void> {
  await pool.query({
    name: 'record-retention-run',
    text: `insert into retention_runs as r (environment, subject, ran_at, removed_at, removed, removed_in_all)
           values ($1, $2, $3, case when $4::integer > 0 then $3::timestamptz end, $4, $4)
           on conflict (environment, subject) do update
             set ran_at = excluded.ran_at,
                 removed_at = coalesce(excluded.removed_at, r.removed_at),
                 removed = case when excluded.removed > 0 then excluded.removed else r.removed end,
                 removed_in_all = r.removed_in_all + excluded.removed`,
    values: [environment, subject, new Date(clock.now()), removed],
  })
}

export async function listRuns(pool: Pool, environment: string): Promise<RetentionRun[]> {
  const { rows } = await pool.query<RetentionRun>(
    `select subject, ran_at, removed_at, removed, removed_in_all::float8 as removed_in_all
     from retention_runs where environment = $1`,
    [environment],
  )
  return rows
}
