// `POST /mp/collect`. It answers 2xx to whatever arrives, so a 2xx says "received" and nothing more; anything else is
// about the request as such. The secret is in the query: it never enters an error, and hosts mask it in what they keep
// (redaction.ts).
import { IntegrationError, type RequestClient } from '@segment/actions-core'
import { type Answer, answerOf, kindOfStatus, retryAfterMs } from '../vendor-answers/answer.ts'
import { WaitError } from '../vendor-answers/verdict.ts'
import type { Settings } from './generated-types.ts'
import type { CollectBody } from './group-events.ts'

export const DEFAULT_BASE_URL = 'https://www.google-analytics.com'

export type CollectFailure = IntegrationError | WaitError

/** Null when it was received, else why not. Rejects only for faults of the network. */
export async function collect(
  request: RequestClient,
  settings: Settings,
  body: CollectBody,
): Promise<CollectFailure | null> {
  const response = await request(addressOf(settings, '/mp/collect'), {
    method: 'post',
    json: body,
    throwHttpErrors: false,
  })
  return response.ok ? null : failureOf(answerOf(response))
}

export interface ValidationMessage {
  readonly fieldPath?: string
  readonly description?: string
  readonly validationCode?: string
}

/** Asks the validation server (page "Validate events"); what it is sent is counted nowhere. */
export async function validate(
  request: RequestClient,
  settings: Settings,
  body: object,
): Promise<readonly ValidationMessage[]> {
  const response = await request(addressOf(settings, '/debug/mp/collect'), {
    method: 'post',
    json: { ...body, validation_behavior: 'ENFORCE_RECOMMENDATIONS' },
    throwHttpErrors: false,
  })
  const answer = answerOf(response)
  if (!response.ok) throw failureOf(answer)
  const messages = answer.body?.validationMessages
  return Array.isArray(messages) ? (messages as ValidationMessage[]) : []
}

function addressOf({ base_url, measurement_id, api_secret }: Settings, path: string): string {
  const query = new URLSearchParams({ measurement_id, api_secret })
  return `${base_url || DEFAULT_BASE_URL}${path}?${query}`
}

// "If you don't get a 2xx status code, correct any errors in your HTTP request. Don't retry the same request." That is
// meant for 4xx: a 5xx, 408 or 429 was not received, and giving such events up would lose them.
function failureOf(answer: Answer): CollectFailure {
  const { status } = answer
  const message = `Google Analytics answered ${status}, want 2xx`
  const kind = kindOfStatus(status)
  if (kind === 'wait') return new WaitError(message, status, retryAfterMs(answer))
  // The address or the credentials are wrong, the events are good: a host pauses the destination on 403.
  if (kind === 'settings' || status === 401 || status === 403)
    return new IntegrationError(message, 'SETTINGS_INVALID', 403)
  return new IntegrationError(message, 'RECEIVER_REJECTED', status)
}
