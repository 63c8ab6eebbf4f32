// One person's membership of one audience, in every shape in which Engage, journeys and reverse ETL send it. What a message
// says is read in the core, here and once more in the store.
import type { ActionDefinition } from '@segment/actions-core'
import type { AudienceSettings, Settings } from '../generated-types.ts'
import { messageOf } from '../message.ts'
import type { Plan } from '../send.ts'
import { sendMany, sendOne } from '../send.ts'
import { fields } from './fields.ts'
import type { Payload } from './generated-types.ts'
import { withAudience } from './with-audience.ts'

const plan: Plan<Payload> = {
  as: 'membership',
  messageOf: (payload) =>
    messageOf(withAudience(payload), {
      type: payload.message_type,
      event: payload.event,
      properties: payload.properties,
      traits: payload.traits,
    }),
}

const action: ActionDefinition<Settings, Payload, AudienceSettings> = {
  title: 'Sync Audience',
  description: 'Enters people into an audience, and takes them out of it.',
  defaultSubscription:
    'context.personas.computation_class = "audience" or context.personas.computation_class = "journey_step"',
  fields,
  perform: (request, data) => sendOne(request, data, plan),
  performBatch: (request, data) => sendMany(request, data, plan),
}

export default action
