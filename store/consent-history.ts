// Everything somebody said of consent, read from their messages: `consents` keeps the latest answer of each category only.
import type { PoolClient } from 'pg'
import { isJsonObject } from '../core/json.ts'
import { consentOf } from './entries.ts'

export interface SaidConsent {
  readonly category: string
  readonly granted: boolean
  readonly stated_at: string
  readonly received_at: string
  readonly message_id: string
  /** Whose own identifiers the message names: one of those asked for. */
  readonly profile_id: string
}

export interface ConsentStep extends SaidConsent {
  /** What held until then; null where nothing had been said. */
  readonly before: boolean | null
  /** False when something that was said later had arrived first: it never held. */
  readonly held: boolean
}

/**
 * Oldest first, by the instant they were stated for.
 * @param most of each profile's latest messages; null for all of them
 */
export async function readConsentStatements(
  client: PoolClient,
  environment: string,
  profiles: readonly string[],
  most: number | null,
): Promise<SaidConsent[]> {
  // Found as text: PostgreSQL cannot read JSON with a NUL in it.
  const { rows } = await client.query<Row>(
    `select m.profile_id::text, m.message_id, m.received_at, m.raw
     from unnest($2::bigint[]) as person (id)
     cross join lateral (
       select * from messages where profile_id = person.id order by received_at desc, message_id desc limit $3
     ) m
     where m.environment = $1 and m.kind <> 'event' and position('"categoryPreferences"' in m.raw) > 0`,
    [environment, profiles, most],
  )
  return rows.flatMap(saidIn).sort(byInstant)
}

interface Row {
  readonly profile_id: string
  readonly message_id: string
  readonly received_at: Date
  readonly raw: string
}

function saidIn({ profile_id, message_id, received_at, raw }: Row): SaidConsent[] {
  const message: unknown = JSON.parse(raw)
  const consent = isJsonObject(message) ? consentOf(message) : null
  const receivedAt = received_at.toISOString()
  return Object.entries(consent?.categories ?? {}).map(([category, granted]) => ({
    category,
    granted,
    stated_at: consent?.statedAt ?? receivedAt,
    received_at: receivedAt,
    message_id,
    profile_id,
  }))
}

// As `consents` decides: the message id breaks ties.
function byInstant(a: SaidConsent, b: SaidConsent): number {
  if (a.stated_at !== b.stated_at) return a.stated_at < b.stated_at ? -1 : 1
  if (a.message_id !== b.message_id) return a.message_id < b.message_id ? -1 : 1
  return a.category < b.category ? -1 : 1
}

/** What each statement changed, newest first. @param statements oldest first */
export function consentSteps(statements: readonly SaidConsent[]): ConsentStep[] {
  const before = new Map<string, boolean>()
  const steps = statements.map((said, at) => {
    const step = {
      ...said,
      before: before.get(said.category) ?? null,
      held: !statements
        .slice(at + 1)
        .some((later) => later.category === said.category && later.received_at < said.received_at),
    }
    before.set(said.category, said.granted)
    return step
  })
  return steps.reverse()
}

/** The latest of each category, for each profile: what belongs into `consents`. @param statements oldest first */
export function latestStatements(statements: readonly SaidConsent[]): SaidConsent[] {
  const latest = new Map(
    statements.map((said) => [`${said.profile_id}\n${said.category}`, said] as const),
  )
  return [...latest.values()]
}
