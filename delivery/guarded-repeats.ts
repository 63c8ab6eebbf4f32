// A repeat goes only as long as the platform would recognise it. A replay may have waited: for a pause to end, for a
// retry, for its turn, and other mappings may have been deployed meanwhile. So the moment of sending decides.
import { REPEAT_NOT_RECOGNISED, REPEAT_WINDOW_OVER, repeatIdentity } from '../core/replay.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import type { DeliveryResult, Destination } from './destination.ts'

type Guard = Pick<Destination, 'timeoutMs' | 'repeatRule' | 'preview'>

/** Delivers what may go; results by position. */
export async function guardRepeats(
  destination: Guard,
  batch: readonly ClaimedDelivery[],
  nowMs: number,
  deliver: (free: readonly ClaimedDelivery[]) => Promise<readonly DeliveryResult[]>,
): Promise<readonly DeliveryResult[]> {
  const stopped = await reasonsToStop(destination, batch, nowMs)
  if (stopped.size === 0) return deliver(batch)
  const free = batch.filter((delivery) => !stopped.has(delivery))
  const results = free.length > 0 ? [...(await deliver(free))] : []
  return batch.map((delivery) => {
    const reason = stopped.get(delivery)
    return reason ? { kind: 'filtered', reason } : (results.shift() as DeliveryResult)
  })
}

async function reasonsToStop(
  { timeoutMs, repeatRule, preview }: Guard,
  batch: readonly ClaimedDelivery[],
  nowMs: number,
): Promise<Map<ClaimedDelivery, string>> {
  const stopped = new Map<ClaimedDelivery, string>()
  for (const delivery of batch) {
    // The attempt must be over before the time is.
    const until = delivery.replay?.until
    if (until && Date.parse(until) <= nowMs + timeoutMs) stopped.set(delivery, REPEAT_WINDOW_OVER)
  }
  const known = batch.filter((each) => each.replay?.identity && !stopped.has(each))
  if (known.length === 0) return stopped
  const previews = await preview(known)
  known.forEach((delivery, at) => {
    const rehearsed = previews[at]
    if (rehearsed?.kind !== 'sent') return
    const identity = repeatRule && repeatIdentity(repeatRule, rehearsed.request)
    if (identity !== delivery.replay?.identity) stopped.set(delivery, REPEAT_NOT_RECOGNISED)
  })
  return stopped
}
