// POST /open_api/v1.3/event/track/: the current path of Events API 2.0; v1.3 has no end date ("Timelines").
import { IntegrationError, type RequestClient } from '@segment/actions-core'
import { answerOf } from '../vendor-answers/answer.ts'
import type { Sent } from '../vendor-answers/send-batch.ts'
import type { EventSource } from './event-sources.ts'
import type { Settings } from './generated-types.ts'
import { readTikTokAnswer } from './read-answer.ts'

export const DEFAULT_BASE_URL = 'https://business-api.tiktok.com'

export async function postEvents(
  request: RequestClient,
  settings: Settings,
  source: EventSource,
  events: readonly object[],
): Promise<Sent> {
  const response = await request(
    `${settings.baseUrl || DEFAULT_BASE_URL}/open_api/v1.3/event/track/`,
    {
      method: 'post',
      json: {
        event_source: source,
        event_source_id: sourceId(settings, source),
        ...(settings.testEventCode ? { test_event_code: settings.testEventCode } : {}),
        data: events,
      },
      redirect: 'manual',
      throwHttpErrors: false,
    },
  )
  const answer = answerOf(response)
  return { verdict: readTikTokAnswer(answer, settings.accessToken), body: answer.body }
}

const SETTING_OF = {
  web: 'pixelCode',
  app: 'tiktokAppId',
  offline: 'offlineEventSetId',
} as const satisfies Record<EventSource, keyof Settings>

/** @throws IntegrationError SETTINGS_INVALID when the settings have no id for the source */
function sourceId(settings: Settings, source: EventSource): string {
  const id = settings[SETTING_OF[source]]
  if (id) return id
  const message = `Cannot send ${source} events: the setting ${SETTING_OF[source]} is empty`
  throw new IntegrationError(message, 'SETTINGS_INVALID', 403)
}

/** The sources that the settings have an id for. */
export function sourcesOf(settings: Settings): readonly EventSource[] {
  return (Object.keys(SETTING_OF) as EventSource[]).filter((source) => settings[SETTING_OF[source]])
}
