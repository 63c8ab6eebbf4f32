// One signed POST for a list of batch entries, and what its answer means for each (design 3.4).
import type { BatchEntry, BatchResult } from '../../core/batch.ts'
import { messageOf } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import { signatureTimestamp, signedHeaders } from '../../core/signature.ts'
import { type HostResponse, type HostResult, host } from '../host.ts'
import type { DestinationSettings } from './settings.ts'

// The host halts a call after 5 s; an answer by then still leaves time to report it.
const TIMEOUT_MS = 4500

/** Statuses with which the store refuses a body for what it is, so that sending it again can never succeed. */
const BODY_REFUSED = new Set([400, 413, 422])

/**
 * Results by position. A refused body is halved until the refusal names single messages, so that one that cannot be
 * accepted never takes its neighbours with it.
 * @throws RetryError for whatever may pass later: connection errors, timeouts, every other status than 200
 */
export async function send(
  entries: readonly BatchEntry[],
  settings: DestinationSettings,
): Promise<HostResult[]> {
  const body = serialise(entries)
  if (body === null) {
    return refused(entries, settings, {
      status: 400,
      reason: 'message is nested too deeply to be written as JSON',
    })
  }
  const response = await post(body, settings)
  const text = await readText(response)
  if (response.status === 200) return resultsOf(text, entries.length)
  const reason = reasonOf(text)
  // Only the store's own word is final. A proxy's page with the same status may be gone tomorrow; its 413 still means
  // that less at once may pass.
  const isStores = reason !== ''
  const isSplittable = response.status === 413 && entries.length > 1
  if (BODY_REFUSED.has(response.status) && (isStores || isSplittable)) {
    return refused(entries, settings, { status: response.status, reason })
  }
  throw host.retry(
    `Cannot deliver ${entries.length} message(s): the store answered ${response.status}, want 200${reason && `: ${reason}`}`,
  )
}

interface Refusal {
  readonly status: number
  readonly reason: string
}

async function refused(
  entries: readonly BatchEntry[],
  settings: DestinationSettings,
  { status, reason }: Refusal,
): Promise<HostResult[]> {
  if (entries.length === 1) return [{ status, errormessage: reason }]
  const middle = entries.length >> 1
  const halves = await Promise.all([
    send(entries.slice(0, middle), settings),
    send(entries.slice(middle), settings),
  ])
  return halves.flat()
}

function serialise(entries: readonly BatchEntry[]): string | null {
  try {
    return JSON.stringify({ batch: entries })
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

async function post(body: string, settings: DestinationSettings): Promise<HostResponse> {
  const { account, environment, secret, endpoint } = settings
  const timestamp = signatureTimestamp(host.now())
  const headers = signedHeaders([secret], { timestamp, account, environment, body })
  try {
    return await host.fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body,
      timeout: TIMEOUT_MS,
      redirect: 'manual',
    })
  } catch (error) {
    throw host.retry(`Cannot reach the store: ${messageOf(error)}`)
  }
}

async function readText(response: HostResponse): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw host.retry(`The store's answer broke off: ${messageOf(error)}`)
  }
}

// An answer of another form comes from something else at that address, or from a store that is not well: ask again.
function resultsOf(text: string, wanted: number): HostResult[] {
  const answer = parsed(text)
  const results = isJsonObject(answer) ? answer.results : undefined
  if (!Array.isArray(results) || results.length !== wanted || !results.every(isResult)) {
    throw host.retry(`The store answered 200 without the ${wanted} result(s) asked for`)
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
function resultOf({ status, reason }: BatchResult): HostResult {
  if (isWithin(status, 200)) return { status: 200 }
  const isFinal = isWithin(status, 400) && !PASSING.has(status)
  return {
    status: isFinal ? status : 500,
    errormessage: typeof reason === 'string' ? reason : `the store answered ${status}`,
  }
}

function isWithin(status: number, hundred: number): boolean {
  return Number.isInteger(status) && status >= hundred && status < hundred + 100
}

function reasonOf(text: string): string {
  const answer = parsed(text)
  const error = isJsonObject(answer) ? answer.error : undefined
  return isJsonObject(error) && typeof error.message === 'string' ? error.message : ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller says what it wanted instead
  }
}
