import type { ActionDefinition, RequestClient } from '@segment/actions-core'
import { type SendPlan, sendBatch, sendOne } from '../../vendor-answers/send-batch.ts'
import { buildMetaEvent, type MetaEvent } from '../build-event.ts'
import type { Settings } from '../generated-types.ts'
import { MAX_EVENTS } from '../limits.ts'
import { postEvents } from '../post-events.ts'
import { fields } from './fields.ts'
import type { Payload } from './generated-types.ts'

// One action for every event: a batch then holds purchases and leads alike, and fills up sooner.
const sendEvent: ActionDefinition<Settings, Payload> = {
  title: 'Send event',
  description: 'Send a server event to a Meta pixel or dataset.',
  fields,
  perform: (request, { payload, settings }) => sendOne(payload, planOf(request, settings)),
  performBatch: (request, { payload, settings }) => sendBatch(payload, planOf(request, settings)),
}

const planOf = (request: RequestClient, settings: Settings): SendPlan<Payload, MetaEvent> => ({
  maxEvents: MAX_EVENTS,
  build: buildMetaEvent,
  groupOf: () => '',
  send: (events) => postEvents(request, settings, events),
})

export default sendEvent
