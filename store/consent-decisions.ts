// What consent came to, delivery by delivery: written when one is settled, counted by destination over a window.
import type { PoolClient } from 'pg'
import { isJsonObject, type JsonObject } from '../core/json.ts'

/**
 * `denied`: the person said no. `denied_unknown`, `allowed_unknown`: nobody said anything, and the destination's file says
 * what that means. `expired`: it was held for an answer that did not come.
 */
export const CONSENT_DECISIONS = [
  'granted',
  'denied',
  'allowed_unknown',
  'denied_unknown',
  'expired',
] as const
export type ConsentDecisionWord = (typeof CONSENT_DECISIONS)[number]

interface Settled {
  readonly state: string
  readonly reason: string | null
}

/** Null where no category was asked for, and of what still waits. */
export function consentDecisionOf(
  decision: JsonObject | null | undefined,
  settlement: Settled,
): ConsentDecisionWord | null {
  const consent = decision?.consent
  if ('dueAt' in settlement || !isJsonObject(consent)) return null
  const { state, evidence } = consent
  if (!Array.isArray(evidence) || evidence.length === 0) return null
  if (state === 'granted' || state === 'denied') return state
  if (settlement.state !== 'filtered') return 'allowed_unknown'
  if (settlement.reason === 'consent_unknown') return 'expired'
  return settlement.reason === 'consent_denied' ? 'denied_unknown' : 'allowed_unknown'
}

/** Destination → decision → count, of what was settled since then. From an index alone. */
export async function countConsentDecisions(
  client: PoolClient,
  environment: string,
  since: Date,
): Promise<Map<string, Partial<Record<ConsentDecisionWord, number>>>> {
  const { rows } = await client.query<{
    destination: string
    decision: ConsentDecisionWord
    count: number
  }>(
    `select destination, consent_decision as decision, count(*)::integer as count from deliveries
     where environment = $1 and consent_decision is not null and settled_at >= $2 group by 1, 2`,
    [environment, since],
  )
  const found = new Map<string, Partial<Record<ConsentDecisionWord, number>>>()
  for (const { destination, decision, count } of rows)
    found.set(destination, { ...found.get(destination), [decision]: count })
  return found
}
