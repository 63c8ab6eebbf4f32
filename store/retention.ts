// Retention: whoever was not stated anew for as long as an audience keeps its members has left; what people did, what has
// ended, and secrets that are retired go after a time.
import { type AudienceRule, type AudienceTable, audienceName } from '../core/audience-table.ts'
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { removeAuditBefore } from './audit-log.ts'
import { type Database, inTransaction } from './database.ts'
import { type AudienceRow, ruleOfRow, settleMembers } from './membership-settling.ts'
import { type AudienceOptions, holdSubjects } from './memberships.ts'
import { type RetentionSubject, recordRun } from './retention-runs.ts'
import { LINK_MS, removeEndedSessions, SESSION_MS } from './sessions.ts'
import { eraseRetiredBefore } from './signing-secrets.ts'
import { logTransitions } from './transitions.ts'

const PAGE = 500
const DAY_MS = 24 * 60 * 60 * 1000

/** A year, and what an audit of it takes. */
export const AUDIT_LOG_DAYS = 400
/** So long a retired secret can be accepted again. */
export const RETIRED_SECRET_DAYS = 30

export interface KeptThing {
  readonly subject: RetentionSubject | 'messages'
  /** `vip`, for each audience that has a limit of its own. */
  readonly name: string | null
  /** Null: for good. */
  readonly kept_ms: number | null
}

/** What there is a rule for, and what has none. */
export function keptThings(audiences: AudienceTable, auditLogDays: number): KeptThing[] {
  const members = audiences.rules.flatMap(({ id, retentionDays }) =>
    retentionDays === null
      ? []
      : [{ subject: 'memberships' as const, name: id, kept_ms: retentionDays * DAY_MS }],
  )
  return [
    { subject: 'messages', name: null, kept_ms: null },
    ...members,
    { subject: 'audit_log', name: null, kept_ms: auditLogDays * DAY_MS },
    { subject: 'sessions', name: 'session', kept_ms: SESSION_MS },
    { subject: 'sessions', name: 'link', kept_ms: LINK_MS },
    { subject: 'retired_secrets', name: null, kept_ms: RETIRED_SECRET_DAYS * DAY_MS },
  ]
}

/**
 * Expires what is due by the database's clock, a page in each transaction; returns how many memberships that were, by
 * audience. Any number of stores may do so at the same time.
 */
export async function expireMemberships(
  database: Database,
  environment: string,
  options: AudienceOptions,
): Promise<Map<string, number>> {
  const expired = new Map<string, number>()
  if (options.table.rules.every(({ retentionDays }) => retentionDays === null)) return expired
  const { rows } = await database.pool.query<AudienceRow>(
    'select id::text, identity, computation_id, key, name, external_audience_id from audiences where environment = $1',
    [environment],
  )
  for (const audience of rows) {
    const rule = ruleOfRow(options.table, audience)
    if (!rule || rule.retentionDays === null) continue
    const count = await expireAll(database, environment, audience.id, rule, options)
    if (count > 0) expired.set(audienceName(rule, audience.key, audience.identity), count)
  }
  return expired
}

export interface RetentionOptions {
  readonly database: Database
  readonly environments: readonly string[]
  readonly optionsOf: (environment: string) => AudienceOptions
  readonly auditLogDays: number
  readonly log: (level: 'info' | 'error', message: string) => void
}

const SWEEP_MS = 60_000

/** Removes what is due, every minute, until `signal` aborts. A sweep that fails is told and made up for by the next. */
export async function runRetention(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const environment of options.environments) await sweepEnvironment(options, environment)
    await sleep(options.database.clock, SWEEP_MS, signal)
  }
}

/** One sweep of everything that has a limit. */
export async function sweepEnvironment(
  options: RetentionOptions,
  environment: string,
): Promise<void> {
  for (const [subject, remove] of Object.entries(SWEEPS)) {
    try {
      const removed = await remove(options, environment)
      await recordRun(options.database, environment, subject as RetentionSubject, removed)
    } catch (error) {
      const what = subject.replaceAll('_', ' ')
      options.log('error', `${what} of ${environment} cannot expire now: ${messageOf(error)}`)
    }
  }
}

type Sweep = (options: RetentionOptions, environment: string) => Promise<number>

const SWEEPS: Readonly<Record<RetentionSubject, Sweep>> = {
  async memberships({ database, optionsOf, log }, environment) {
    const expired = await expireMemberships(database, environment, optionsOf(environment))
    for (const [audience, count] of expired)
      log('info', `${audience} (${environment}): ${count} member(s) expired`)
    return [...expired.values()].reduce((sum, count) => sum + count, 0)
  },
  async audit_log({ database, auditLogDays }, environment) {
    const before = new Date(database.clock.now() - auditLogDays * DAY_MS)
    for (let total = 0; ; ) {
      const count = await removeAuditBefore(database.pool, environment, before, PAGE)
      total += count
      if (count < PAGE) return total
    }
  },
  sessions: ({ database }, environment) => removeEndedSessions(database, environment),
  retired_secrets: ({ database: { pool, clock } }, environment) =>
    eraseRetiredBefore(pool, environment, new Date(clock.now() - RETIRED_SECRET_DAYS * DAY_MS)),
}

async function expireAll(
  database: Database,
  environment: string,
  audienceId: string,
  rule: AudienceRule,
  options: AudienceOptions,
): Promise<number> {
  for (let total = 0; ; ) {
    const count = await expirePage(database, environment, audienceId, rule, options)
    total += count
    if (count < PAGE) return total
  }
}

async function expirePage(
  database: Database,
  environment: string,
  audienceId: string,
  { retentionDays }: AudienceRule,
  options: AudienceOptions,
): Promise<number> {
  const occasion = { environment, receivedAt: new Date(database.clock.now()) }
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<{ subject: string; profile_id: string | null }>({
      name: 'expired-members',
      text: `select subject, profile_id::text from memberships
             where environment = $1 and audience_id = $2 and is_member
               and computed_at <= $3::timestamptz - make_interval(hours => 24 * $4::integer)
             order by computed_at limit $5`,
      values: [environment, audienceId, occasion.receivedAt, retentionDays, PAGE],
    })
    if (rows.length === 0) return 0
    const members = rows.map(({ subject, profile_id }) => ({
      audienceId,
      subject,
      profile: profile_id,
      wasInside: false,
      cause: 'expired' as const,
    }))
    await holdSubjects(client, environment, members)
    const flips = await settleMembers(client, occasion, members, options.table)
    await logTransitions(client, occasion, flips, new Map(), options)
    return rows.length
  })
}
