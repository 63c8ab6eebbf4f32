// An identify message: what is known of a person, and what they say of consent. Computed traits of Engage are among it.
import type { ActionDefinition } from '@segment/actions-core'
import type { Data } from '../contract.ts'
import core from '../core.ts'
import { batchFields, envelopeFields, objectField } from '../fields.ts'
import type { Settings } from '../generated-types.ts'
import { messageOf } from '../message.ts'
import type { Plan } from '../send.ts'
import { sendMany, sendOne } from '../send.ts'
import type { Payload } from './generated-types.ts'

const plan: Plan<Payload> = {
  as: 'message',
  messageOf: (payload) => withComputedTrait(messageOf(payload, identifyOf(payload))),
}

function identifyOf({ traits }: Payload): Data {
  return { type: 'identify', traits }
}

// Sent as an event, a computed trait comes with its own name as `trait_key`, which is no trait of anybody.
function withComputedTrait(message: Data): Data {
  const { trait_key: key, ...traits } = (message.traits || {}) as Record<string, unknown>
  const trait = key === undefined ? null : core.computedTrait(message)
  return trait && trait.name === key ? { ...message, traits } : message
}

const action: ActionDefinition<Settings, Payload> = {
  title: 'Identify User',
  description: 'Stores what is known of a person: traits, computed traits, and consent.',
  defaultSubscription: 'type = "identify"',
  fields: {
    traits: objectField('Traits', 'The traits of the person.', '$.traits'),
    ...envelopeFields,
    ...batchFields,
  },
  perform: (request, data) => sendOne(request, data, plan),
  performBatch: (request, data) => sendMany(request, data, plan),
}

export default action
