// Before a conversion goes back to Segment: what it says beyond its event is settled once, for every attempt (design 3.5).
import type { AudienceTable } from '../core/audience-table.ts'
import type { Database } from '../store/database.ts'
import { freezeReturnFacts } from '../store/return-facts.ts'
import type { AudienceGate } from './audience-gate.ts'

/** Asks the database once for a claimed batch of the return path, and not at all for any other destination. */
export function createReturnGate(database: Database, table: AudienceTable): AudienceGate {
  return async ({ environment, returns }, claimed) => {
    if (!returns) return claimed
    const deliveries = claimed.filter(({ canonical }) =>
      Object.hasOwn(returns.returns, canonical.tracklayer_event),
    )
    const { traits } = returns
    const facts = await freezeReturnFacts(database, { environment, deliveries, table, traits })
    return claimed.map((delivery) => {
      const returning = facts.get(delivery.id)
      return returning ? { ...delivery, returning } : delivery
    })
  }
}

/** One gate after the other; what the first has settled the second does not see. */
export function inTurn(first: AudienceGate, second: AudienceGate): AudienceGate {
  return async (destination, claimed) => {
    const gated = await first(destination, claimed)
    const passed = gated.flatMap((item) => ('kind' in item ? [] : [item]))
    const next = new Map(
      (await second(destination, passed)).map((item, at) => [passed[at]?.id, item] as const),
    )
    return gated.map((item) => ('kind' in item ? item : (next.get(item.id) ?? item)))
  }
}
