// A repeat goes only as long as the platform would recognise it. A replay may have waited: for a pause to end, for a
// retry, for its turn. So the moment of sending decides, and an attempt must be over before the time is.
import { REPEAT_WINDOW_OVER } from '../core/replay.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import type { DeliveryResult, Destination } from './destination.ts'

/** Delivers what may still go; results by position. */
export async function withoutLapsed(
  { timeoutMs }: Pick<Destination, 'timeoutMs'>,
  batch: readonly ClaimedDelivery[],
  nowMs: number,
  deliver: (fresh: readonly ClaimedDelivery[]) => Promise<readonly DeliveryResult[]>,
): Promise<readonly DeliveryResult[]> {
  const hasLapsed = ({ replay }: ClaimedDelivery) =>
    replay?.until != null && Date.parse(replay.until) <= nowMs + timeoutMs
  const fresh = batch.filter((delivery) => !hasLapsed(delivery))
  if (fresh.length === batch.length) return deliver(batch)
  const results = fresh.length > 0 ? [...(await deliver(fresh))] : []
  return batch.map((delivery) =>
    hasLapsed(delivery)
      ? { kind: 'filtered', reason: REPEAT_WINDOW_OVER }
      : (results.shift() as DeliveryResult),
  )
}
