// What became of an accepted request: `GET /v1/requestStatus:retrieve`. 200 from events:ingest means taken in, not
// counted; processing takes from minutes to hours, and its result is per destination, as counts without positions
// (request_status_per_destination.proto). So no action waits for it: a host that wants diagnostics asks later with the
// requestId in an outcome's body.
import type { RequestClient } from '@segment/actions-core'
import { answerOf } from '../vendor-answers/answer.ts'
import { failureOf, notConnected } from './failure.ts'
import type { Settings } from './generated-types.ts'
import { DEFAULT_BASE_URL, isOk } from './ingest.ts'

export interface RequestStatus {
  readonly state: 'processing' | 'succeeded' | 'partly_succeeded' | 'failed' | 'unknown'
  readonly recordCount: number | null
  /** Reason → events, e.g. PROCESSING_ERROR_REASON_INVALID_GCLID → 3. */
  readonly errors: Readonly<Record<string, number>>
  readonly warnings: Readonly<Record<string, number>>
}

export async function retrieveRequestStatus(
  request: RequestClient,
  settings: Settings,
  accessToken: string | undefined,
  requestId: string,
): Promise<RequestStatus> {
  if (!accessToken) throw notConnected('There is no access token yet')
  const url = `${settings.base_url || DEFAULT_BASE_URL}/v1/requestStatus:retrieve`
  const response = await request(`${url}?requestId=${encodeURIComponent(requestId)}`, {
    headers: { authorization: `Bearer ${accessToken}` },
    throwHttpErrors: false,
  })
  const answer = answerOf(response)
  if (!isOk(answer)) throw failureOf(answer)
  // One destination per request is all that this definition sends.
  const { requestStatusPerDestination } = (answer.body ?? {}) as StatusBody
  return statusOf(requestStatusPerDestination?.[0] ?? {})
}

interface StatusBody {
  readonly requestStatusPerDestination?: readonly StatusAnswer[]
}

interface Count {
  readonly reason?: string
  /** int64: text in JSON. */
  readonly recordCount?: string | number
}

interface StatusAnswer {
  readonly requestStatus?: string
  readonly eventsIngestionStatus?: { readonly recordCount?: string | number }
  readonly errorInfo?: { readonly errorCounts?: readonly Count[] }
  readonly warningInfo?: { readonly warningCounts?: readonly Count[] }
}

// The reference names the enum value FAILED; FAILURE has been seen in answers.
const STATES: Readonly<Record<string, RequestStatus['state']>> = {
  SUCCESS: 'succeeded',
  PROCESSING: 'processing',
  FAILED: 'failed',
  FAILURE: 'failed',
  PARTIAL_SUCCESS: 'partly_succeeded',
}

function statusOf(answer: StatusAnswer): RequestStatus {
  const recordCount = answer.eventsIngestionStatus?.recordCount
  return {
    state: STATES[answer.requestStatus ?? ''] ?? 'unknown',
    recordCount: recordCount === undefined ? null : Number(recordCount),
    errors: countsOf(answer.errorInfo?.errorCounts),
    warnings: countsOf(answer.warningInfo?.warningCounts),
  }
}

function countsOf(counts: readonly Count[] = []): Record<string, number> {
  return Object.fromEntries(
    counts.map(({ reason, recordCount }) => [reason ?? 'UNSPECIFIED', Number(recordCount ?? 0)]),
  )
}
