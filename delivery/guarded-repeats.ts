// A repeat goes only as long as the platform would recognise it. A replay may have waited: for a pause to end, for a
// retry, for its turn, and other mappings may have been deployed meanwhile. So the moment of sending decides. The same
// holds for a retry of something that may have arrived: its answer was lost, or its worker died before it recorded it.
import {
  mayHaveArrivedAt,
  REPEAT_NOT_RECOGNISED,
  REPEAT_WINDOW_OVER,
  recognises,
  repeatIdentity,
} from '../core/replay.ts'
import type { ClaimedDelivery } from '../store/deliveries.ts'
import type { DeliveryResult, Destination } from './destination.ts'

type Guard = Pick<Destination, 'timeoutMs' | 'repeatRule' | 'whenAnswerLost' | 'preview'>

type Stop = Extract<DeliveryResult, { kind: 'filtered' | 'unknown' }>

/** Delivers what may go; results by position. */
export async function guardRepeats(
  destination: Guard,
  batch: readonly ClaimedDelivery[],
  nowMs: number,
  deliver: (free: readonly ClaimedDelivery[]) => Promise<readonly DeliveryResult[]>,
): Promise<readonly DeliveryResult[]> {
  const stopped = await stops(destination, batch, nowMs)
  if (stopped.size === 0) return deliver(batch)
  const free = batch.filter((delivery) => !stopped.has(delivery))
  const results = free.length > 0 ? [...(await deliver(free))] : []
  return batch.map((delivery) => stopped.get(delivery) ?? (results.shift() as DeliveryResult))
}

async function stops(
  destination: Guard,
  batch: readonly ClaimedDelivery[],
  nowMs: number,
): Promise<Map<ClaimedDelivery, Stop>> {
  const { timeoutMs, repeatRule, preview } = destination
  const stopped = new Map<ClaimedDelivery, Stop>()
  for (const delivery of batch) {
    // The attempt must be over before the time is.
    const until = delivery.replay?.until
    const isOver = until && Date.parse(until) <= nowMs + timeoutMs
    const doubt = isOver ? null : doubtOf(destination, delivery, nowMs)
    if (isOver) stopped.set(delivery, { kind: 'filtered', reason: REPEAT_WINDOW_OVER })
    if (doubt) stopped.set(delivery, { kind: 'unknown', reason: doubt, attempt: null })
  }
  const known = batch.filter((each) => each.replay?.identity && !stopped.has(each))
  if (known.length === 0) return stopped
  const previews = await preview(known)
  known.forEach((delivery, at) => {
    const rehearsed = previews[at]
    if (rehearsed?.kind !== 'sent') return
    const identity = repeatRule && repeatIdentity(repeatRule, rehearsed.request)
    if (identity !== delivery.replay?.identity) {
      stopped.set(delivery, { kind: 'filtered', reason: REPEAT_NOT_RECOGNISED })
    }
  })
  return stopped
}

// Without an answer, and the platform would count it again: people decide.
function doubtOf(
  { timeoutMs, repeatRule, whenAnswerLost }: Guard,
  { earlier, receivedAt, canonical }: ClaimedDelivery,
  nowMs: number,
): string | null {
  const arrivedAt = earlier ? mayHaveArrivedAt(earlier, receivedAt.getTime()) : null
  if (arrivedAt === null) return null
  if (whenAnswerLost === 'unknown' && !recognises(repeatRule, canonical.tracklayer_event))
    return 'an earlier attempt may have arrived, and the platform would count a repeat'
  const withinMs = repeatRule?.withinMs ?? null
  if (withinMs === null || nowMs + timeoutMs < arrivedAt + withinMs) return null
  return `an attempt of ${new Date(arrivedAt).toISOString()} may have arrived, and the platform no longer recognises a repeat`
}
