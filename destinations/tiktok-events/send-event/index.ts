import type { ActionDefinition, RequestClient } from '@segment/actions-core'
import { type SendPlan, sendBatch, sendOne } from '../../vendor-answers/send-batch.ts'
import { buildTikTokEvent, type TikTokEvent } from '../build-event.ts'
import type { EventSource } from '../event-sources.ts'
import type { Settings } from '../generated-types.ts'
import { MAX_EVENTS } from '../limits.ts'
import { postEvents } from '../post-events.ts'
import { fields } from './fields.ts'
import type { Payload } from './generated-types.ts'

// One action for every event: a batch then holds purchases and leads alike, and fills up sooner.
const sendEvent: ActionDefinition<Settings, Payload> = {
  title: 'Send event',
  description: 'Report a web, app or offline event to TikTok.',
  fields,
  perform: (request, { payload, settings }) => sendOne(payload, planOf(request, settings)),
  performBatch: (request, { payload, settings }) => sendBatch(payload, planOf(request, settings)),
}

const planOf = (request: RequestClient, settings: Settings): SendPlan<Payload, TikTokEvent> => ({
  maxEvents: MAX_EVENTS,
  build: buildTikTokEvent,
  // A request has one source and the one id that goes with it.
  groupOf: ({ event_source }) => event_source,
  send: (events, source) => postEvents(request, settings, source as EventSource, events),
})

export default sendEvent
