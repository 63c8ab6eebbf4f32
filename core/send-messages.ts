// From Segment messages to results by position: the loop guard, the allowlist, canonicalising, and one signed POST for what
// is left. The destination function and the Action Destination are both this and their host's edge.
import type { BatchEntry } from './batch.ts'
import { canonicalise } from './canonicalise.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { isOwnReturn } from './loop-mark.ts'
import type { MappingTable } from './mapping-table.ts'
import { type EntryResult, sendEntries } from './send-entries.ts'
import type { StoreLink } from './store-link.ts'

/** A message that goes no further: it is meant to end here, or is none. */
export interface Stopped {
  readonly kind: 'filtered' | 'unsupported'
  readonly reason: string
}

export type Prepared = BatchEntry | Stopped

export type SendResult = EntryResult | Stopped

const OWN_RETURN: Stopped = {
  kind: 'filtered',
  reason:
    'TrackLayer sent this message to Segment itself (context.tracklayer); it does not come back in',
}
const NOT_ALLOWED: Stopped = { kind: 'filtered', reason: 'the event is not on the allowlist' }
const UNSUPPORTED: Stopped = {
  kind: 'unsupported',
  reason: 'not a Segment message: want an object with a known type',
}

export interface PrepareOptions {
  readonly table: MappingTable
  readonly allowlist: ReadonlySet<string> | null
  /** The PII policy: what leaves is what it gives back. It may throw for want of its key. */
  readonly protect: (message: JsonObject) => JsonObject
}

/** The entry of a message, or why it ends here. Throws what `protect` throws, and nothing else. */
export function prepareMessage(
  message: unknown,
  { table, allowlist, protect }: PrepareOptions,
): Prepared {
  if (!isJsonObject(message) || typeof message.type !== 'string') return UNSUPPORTED
  if (isOwnReturn(message)) return OWN_RETURN
  if (allowlist && message.type === 'track' && !allowlist.has(String(message.event)))
    return NOT_ALLOWED
  return canonicalise(protect(message), table)
}

export function isStopped(prepared: Prepared | SendResult): prepared is Stopped {
  return 'kind' in prepared && (prepared.kind === 'filtered' || prepared.kind === 'unsupported')
}

/**
 * Sends what is not stopped, in one POST; nothing is posted when nothing is left. Results by position.
 * @throws TrackLayerError for whatever may pass later; then it holds for every one that is not stopped
 */
export async function sendPrepared(
  prepared: readonly Prepared[],
  link: StoreLink,
): Promise<SendResult[]> {
  const entries = prepared.filter((item): item is BatchEntry => !isStopped(item))
  const answers = entries.length === 0 ? [] : await sendEntries(entries, link)
  let next = 0
  // sendEntries answers for each entry or throws.
  return prepared.map((item) => (isStopped(item) ? item : (answers[next++] as EntryResult)))
}
