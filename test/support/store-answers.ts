// What a store answers (design 3.4), for servers that stand in for one.
import type { Batch, BatchEntry, BatchResult } from '../../core/batch.ts'
import { type Answer, json, type RecordedRequest } from './recording-server.ts'

export function entriesOf({ body }: RecordedRequest): readonly BatchEntry[] {
  return (JSON.parse(body.toString()) as Batch).batch
}

/** Message ids of a request, in order. */
export function idsOf(request: RecordedRequest): string[] {
  return entriesOf(request).map(({ message }) => String(message.messageId))
}

/** Accepts every entry. */
export const accepting: Answer = (response, request) => answeringEach(() => ({}))(response, request)

type Result = Partial<BatchResult>

/** One result for each entry, accepted but for what `resultOf` says. */
export function answeringEach(resultOf: (messageId: string) => Result): Answer {
  return (response, request) => {
    const results = idsOf(request).map((message_id) => ({
      message_id,
      status: 200,
      outcome: 'accepted',
      ...resultOf(message_id),
    }))
    json(200, { results })(response, request)
  }
}

/** The store's error form. */
export function refusing(status: number, message: string): Answer {
  return json(status, { error: { code: 'any', message } })
}

/** Refuses each body with one of these messages in it; accepts every other. */
export function refusingBodiesWith(
  messageIds: readonly string[],
  status: number,
  message: string,
): Answer {
  return (response, request) => {
    const isRefused = idsOf(request).some((id) => messageIds.includes(id))
    const answer = isRefused ? refusing(status, message) : accepting
    answer(response, request)
  }
}
