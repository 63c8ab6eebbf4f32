// A track message: an event of the mapping table is canonicalised here; every other one is stored as unmapped.
import type { ActionDefinition } from '@segment/actions-core'
import { batchFields, envelopeFields, objectField } from '../fields.ts'
import type { Settings } from '../generated-types.ts'
import { messageOf } from '../message.ts'
import type { Plan } from '../send.ts'
import { sendMany, sendOne } from '../send.ts'
import type { Payload } from './generated-types.ts'

const plan: Plan<Payload> = {
  as: 'message',
  messageOf: (payload) =>
    messageOf(payload, {
      type: 'track',
      event: payload.event,
      properties: payload.properties,
    }),
}

const action: ActionDefinition<Settings, Payload> = {
  title: 'Track Event',
  description: 'Stores an event, which TrackLayer then delivers to each destination once.',
  defaultSubscription: 'type = "track"',
  fields: {
    event: {
      label: 'Event name',
      description: 'Exact name of the event, as the mapping table lists it, e.g. Order Completed.',
      type: 'string',
      required: true,
      default: { '@path': '$.event' },
    },
    properties: objectField('Properties', 'The properties of the event.', '$.properties'),
    ...envelopeFields,
    ...batchFields,
  },
  perform: (request, data) => sendOne(request, data, plan),
  performBatch: (request, data) => sendMany(request, data, plan),
}

export default action
