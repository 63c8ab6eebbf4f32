// `POST /v1/events:ingest` for any number of events.
//
// The API is fast-fail (page "Understand API errors"): one event that fails validation makes it refuse the request and
// process nothing. So a refused request is narrowed: events that its field violations point at are taken out and the
// rest is sent again; when nothing is pointed at, the request is halved. An answer that says nothing about single events
// (credentials, quota, an outage, an account that may not do this) is the answer for all that is left.
import type { RequestClient } from '@segment/actions-core'
import { type Answer, answerOf } from '../vendor-answers/answer.ts'
import { WaitError } from '../vendor-answers/verdict.ts'
import type { IngestEvent } from './build-event.ts'
import { type Failure, failureOf, isSettingsFault, notConnected } from './failure.ts'
import type { Settings } from './generated-types.ts'
import { eventIndexOf, rpcStatusOf } from './rpc-status.ts'
import type { IngestDestination } from './settings-rules.ts'

export const DEFAULT_BASE_URL = 'https://datamanager.googleapis.com'
/** Page "Limits and quotas". */
export const MAX_EVENTS = 2000
// Quota is 300 requests a minute for the whole Cloud project; one bad batch may not eat it.
const MAX_REQUESTS = 40

export type Outcome =
  | { readonly kind: 'accepted'; readonly body: { readonly requestId: string } }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly isWholeRequest: boolean }

export interface IngestContext {
  readonly request: RequestClient
  readonly settings: Settings
  readonly accessToken: string | undefined
  readonly destination: IngestDestination
}

/** One outcome per event, by position. Rejects only for faults of the network. */
export async function ingest(
  context: IngestContext,
  events: readonly IngestEvent[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(events.length)
  const queue = chunked([...events.keys()], MAX_EVENTS)
  const settle = (positions: readonly number[], outcome: Outcome) => {
    for (const position of positions) outcomes[position] = outcome
  }
  for (let sent = 0; ; sent++) {
    const part = queue.shift()
    if (part === undefined) return outcomes
    if (sent === MAX_REQUESTS) {
      settle([part, ...queue].flat(), failed(notNarrowed(), false))
      return outcomes
    }
    const answer = await post(
      context,
      part.map((position) => events[position] as IngestEvent),
    )
    if (isOk(answer)) {
      settle(part, { kind: 'accepted', body: bodyOf(answer) })
      continue
    }
    const failure = failureOf(answer)
    const rpc = rpcStatusOf(answer.body)
    if (answer.status !== 400 || isSettingsFault(rpc)) {
      // Nothing that is left could fare better, and asking would cost quota.
      settle([part, ...queue].flat(), failed(failure, true))
      return outcomes
    }
    if (part.length === 1) {
      settle(part, failed(failure, false))
      continue
    }
    const refused = new Set(rpc.violations.map(eventIndexOf).filter((at) => at !== null))
    const named = part.filter((_, at) => refused.has(at))
    settle(named, failed(failure, false))
    // Depth first: however many are at fault, each try of the batch settles some of them.
    if (named.length === 0) queue.unshift(...halves(part))
    else if (named.length < part.length) queue.push(part.filter((_, at) => !refused.has(at)))
  }
}

/** Sends one request and gives back whatever was answered. */
export async function post(
  { request, settings, accessToken, destination }: IngestContext,
  events: readonly IngestEvent[],
  isTest = false,
): Promise<Answer> {
  // Without a token the answer is known; saying 401 at once makes actions-core renew it.
  if (!accessToken) throw notConnected('There is no access token yet')
  const response = await request(`${settings.base_url || DEFAULT_BASE_URL}/v1/events:ingest`, {
    method: 'post',
    headers: { authorization: `Bearer ${accessToken}` },
    json: {
      destinations: [destination],
      // HEX is the form of every hash this destination makes; without userData the field is ignored.
      encoding: 'HEX',
      events,
      ...(isTest || settings.validate_only ? { validateOnly: true } : {}),
    },
    throwHttpErrors: false,
  })
  return answerOf(response)
}

export const isOk = ({ status }: Answer): boolean => status >= 200 && status < 300

const failed = (failure: Failure, isWholeRequest: boolean): Outcome => ({
  kind: 'failed',
  failure,
  isWholeRequest,
})

const notNarrowed = () =>
  new WaitError(
    `Data Manager API refuses the batch, and ${MAX_REQUESTS} requests did not show for which events: retry with fewer`,
    503,
    undefined,
  )

// A request with validateOnly has no id.
function bodyOf({ body }: Answer): { readonly requestId: string } {
  const { requestId, fieldWarnings } = body ?? {}
  return {
    requestId: typeof requestId === 'string' ? requestId : '',
    ...(Array.isArray(fieldWarnings) ? { fieldWarnings } : {}),
  }
}

function chunked<T>(all: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size))
  return parts
}

const halves = <T>(part: readonly T[]): T[][] => {
  const middle = part.length >> 1
  return [part.slice(0, middle), part.slice(middle)]
}
