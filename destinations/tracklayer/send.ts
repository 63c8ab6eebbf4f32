// perform and performBatch of every action: one signed POST, and a result for each payload.

import type { ExecuteInput, JSONLikeObject, RequestClient } from '@segment/actions-core'
import { MultiStatusResponse, RetryableError } from '@segment/actions-core'
import { now } from './clock.ts'
import type { Data, MessageResult } from './contract.ts'
import core from './core.ts'
import { refusal, translated } from './failures.ts'
import type { Settings } from './generated-types.ts'
import { postWith } from './post.ts'

export interface Plan<Payload> {
  readonly as: 'message' | 'membership'
  messageOf(payload: Payload): Data
}

/** What Segment shows of a delivery: no personal data. */
type Shown = { message_id: string; outcome: string; event_id?: string; reason?: string }

/** @throws PayloadValidationError or IntegrationError for what can never be stored, RetryableError for what may be later */
export async function sendOne<Payload>(
  request: RequestClient,
  { payload, settings }: ExecuteInput<Settings, Payload>,
  plan: Plan<Payload>,
): Promise<Shown> {
  const message = plan.messageOf(payload)
  const result = (await send(request, settings, [message], plan.as))[0] as MessageResult
  switch (result.kind) {
    case 'refused':
      throw refusal(result.status, named(message, result.reason))
    case 'again':
      throw new RetryableError(named(message, result.reason), 503)
    default:
      return shown(message, result)
  }
}

/** @throws RetryableError when the whole batch may pass later; then nothing of it was answered for */
export async function sendMany<Payload>(
  request: RequestClient,
  { payload, settings }: ExecuteInput<Settings, Payload[]>,
  plan: Plan<Payload>,
): Promise<MultiStatusResponse> {
  const messages = payload.map((each) => plan.messageOf(each))
  const results = await send(request, settings, messages, plan.as)
  const answer = new MultiStatusResponse()
  messages.forEach((message, index) => {
    record(answer, index, message, results[index] as MessageResult)
  })
  return answer
}

function send(
  request: RequestClient,
  settings: Settings,
  messages: readonly Data[],
  as: Plan<unknown>['as'],
): Promise<MessageResult[]> {
  return translated(() => core.send(core.connect(settings, postWith(request), now), messages, as))
}

function record(answer: MultiStatusResponse, index: number, message: Data, result: MessageResult) {
  const sent: JSONLikeObject = { message_id: idOf(message) }
  switch (result.kind) {
    case 'refused':
      answer.setErrorResponseAtIndex(index, {
        status: result.status,
        errormessage: result.reason,
        sent,
      })
      break
    case 'again':
      answer.setErrorResponseAtIndex(index, { status: 503, errormessage: result.reason, sent })
      break
    default:
      answer.setSuccessResponseAtIndex(index, {
        status: 200,
        sent,
        body: shown(message, result) as unknown as JSONLikeObject,
      })
  }
}

function shown(message: Data, result: MessageResult): Shown {
  const message_id = idOf(message)
  if (result.kind !== 'stored') return { message_id, outcome: result.kind, reason: result.reason }
  const { outcome, eventId } = result
  return { message_id, outcome, ...(eventId === undefined ? {} : { event_id: eventId }) }
}

function named(message: Data, reason: string): string {
  return `Message "${idOf(message)}": ${reason}`
}

function idOf({ messageId }: Data): string {
  return messageId === undefined ? '' : String(messageId)
}
