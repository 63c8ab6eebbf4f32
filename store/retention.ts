// Retention: whoever was not stated anew for as long as an audience keeps its members has left.
import { type AudienceRule, audienceName } from '../core/audience-table.ts'
import { sleep } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import { type Database, inTransaction } from './database.ts'
import { type AudienceRow, ruleOfRow, settleMembers } from './membership-settling.ts'
import { type AudienceOptions, holdSubjects } from './memberships.ts'
import { logTransitions } from './transitions.ts'

const PAGE = 500

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
  readonly log: (level: 'info' | 'error', message: string) => void
}

const SWEEP_MS = 60_000

/** Expires what is due, every minute, until `signal` aborts. A sweep that fails is told and made up for by the next. */
export async function runRetention(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const environment of options.environments) await sweep(options, environment)
    await sleep(options.database.clock, SWEEP_MS, signal)
  }
}

async function sweep(
  { database, optionsOf, log }: RetentionOptions,
  environment: string,
): Promise<void> {
  try {
    const expired = await expireMemberships(database, environment, optionsOf(environment))
    for (const [audience, count] of expired)
      log('info', `${audience} (${environment}): ${count} member(s) expired`)
  } catch (error) {
    log('error', `memberships of ${environment} cannot expire now: ${messageOf(error)}`)
  }
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
