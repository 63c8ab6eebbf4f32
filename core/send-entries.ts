// One signed POST for a list of batch entries, and what its answer means for each (design 3.4). The destination function and
// the Action Destination send with this.
import type { BatchEntry, BatchResult } from './batch.ts'
import { isStackOverflow, TrackLayerError } from './errors.ts'
import { isJsonObject } from './json.ts'
import { bodyOf, notNow, postSigned, reasonOf, type StoreLink } from './store-link.ts'

export const EVENTS_PATH = '/segment/events'

/**
 * What became of one entry, as Segment wants it by position: 200 is stored, another 4xx refused for good, 5xx not stored
 * and to be sent again.
 */
export interface EntryResult {
  readonly status: number
  /** Only of what was not stored. */
  readonly errormessage?: string
  /** The store's own words, of what was stored. */
  readonly stored?: Pick<BatchResult, 'outcome' | 'event_id'>
}

/** Statuses with which the store refuses a body for what it is, so that sending it again can never succeed. */
const BODY_REFUSED = new Set([400, 413, 422])

/**
 * Results by position. A refused body is halved until the refusal names single messages, so that one that cannot be
 * accepted never takes its neighbours with it.
 * @throws TrackLayerError for whatever may pass later: connection errors, timeouts, every other status than 200
 */
export async function sendEntries(
  entries: readonly BatchEntry[],
  link: StoreLink,
): Promise<EntryResult[]> {
  const body = serialise(entries)
  if (body === null) {
    const reason = 'message is nested too deeply to be written as JSON'
    return refused(entries, link, { status: 400, reason })
  }
  const answer = await postSigned(link, EVENTS_PATH, body)
  if (answer.status === 200) return resultsOf(bodyOf(answer)?.results, entries.length)
  const reason = reasonOf(answer)
  // Only the store's own word is final. A proxy's page with the same status may be gone tomorrow; its 413 still means
  // that less at once may pass.
  const isStores = reason !== ''
  const isSplittable = answer.status === 413 && entries.length > 1
  if (BODY_REFUSED.has(answer.status) && (isStores || isSplittable)) {
    return refused(entries, link, { status: answer.status, reason })
  }
  throw notNow(`${entries.length} message(s)`, answer)
}

interface Refusal {
  readonly status: number
  readonly reason: string
}

async function refused(
  entries: readonly BatchEntry[],
  link: StoreLink,
  { status, reason }: Refusal,
): Promise<EntryResult[]> {
  if (entries.length === 1) return [{ status, errormessage: reason }]
  const middle = entries.length >> 1
  const halves = await Promise.all([
    sendEntries(entries.slice(0, middle), link),
    sendEntries(entries.slice(middle), link),
  ])
  return halves.flat()
}

function serialise(entries: readonly BatchEntry[]): string | null {
  try {
    return JSON.stringify({ batch: entries })
  } catch (error) {
    if (isStackOverflow(error)) return null
    throw error
  }
}

// An answer of another form comes from something else at that address, or from a store that is not well: ask again.
function resultsOf(results: unknown, wanted: number): EntryResult[] {
  if (!Array.isArray(results) || results.length !== wanted || !results.every(isResult)) {
    const message = `The store answered 200 without the ${wanted} result(s) asked for`
    throw new TrackLayerError('UNAVAILABLE', message)
  }
  return results.map(resultOf)
}

// The host takes an entry without a numeric status for a delivered one.
function isResult(value: unknown): value is BatchResult {
  return isJsonObject(value) && typeof value.status === 'number'
}

/** Statuses of one result that do not speak of the message, so that it may be accepted later. */
const PASSING = new Set([401, 408, 423, 429])

// Only 2xx is accepted and only another 4xx refused for good: the host would take 1xx and 3xx for delivered.
function resultOf({ status, reason, outcome, event_id }: BatchResult): EntryResult {
  if (isWithin(status, 200)) {
    return { status: 200, stored: { outcome, ...(event_id === undefined ? {} : { event_id }) } }
  }
  const isFinal = isWithin(status, 400) && !PASSING.has(status)
  return {
    status: isFinal ? status : 500,
    errormessage: typeof reason === 'string' ? reason : `the store answered ${status}`,
  }
}

function isWithin(status: number, hundred: number): boolean {
  return Number.isInteger(status) && status >= hundred && status < hundred + 100
}
