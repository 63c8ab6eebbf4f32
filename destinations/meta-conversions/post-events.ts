// POST /{version}/{pixel}/events. The token goes as a bearer: as a query parameter it would stand in every log.
import type { RequestClient } from '@segment/actions-core'
import { answerOf } from '../vendor-answers/answer.ts'
import type { Sent } from '../vendor-answers/send-batch.ts'
import type { Settings } from './generated-types.ts'
import { readMetaAnswer } from './read-answer.ts'

export const DEFAULT_BASE_URL = 'https://graph.facebook.com'
/** Graph serves a version for two years at least; v24.0 came in October 2025. */
export const DEFAULT_API_VERSION = 'v24.0'

export async function postEvents(
  request: RequestClient,
  settings: Settings,
  events: readonly object[],
): Promise<Sent> {
  const version = settings.apiVersion || DEFAULT_API_VERSION
  const pixel = encodeURIComponent(settings.pixelId)
  const response = await request(
    `${settings.baseUrl || DEFAULT_BASE_URL}/${version}/${pixel}/events`,
    {
      method: 'post',
      json: {
        data: events,
        ...(settings.testEventCode ? { test_event_code: settings.testEventCode } : {}),
      },
      redirect: 'manual',
      throwHttpErrors: false,
    },
  )
  const answer = answerOf(response)
  const verdict = readMetaAnswer(answer, events.length, settings.accessToken)
  return { verdict, body: answer.body }
}
