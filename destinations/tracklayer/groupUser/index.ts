// A group message: which account a person belongs to, and what is known of the account.
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
      type: 'group',
      groupId: payload.group_id,
      traits: payload.traits,
    }),
}

const action: ActionDefinition<Settings, Payload> = {
  title: 'Group User',
  description: 'Stores which account a person belongs to, and what is known of the account.',
  defaultSubscription: 'type = "group"',
  fields: {
    group_id: {
      label: 'Group id',
      description: 'The id of the account.',
      type: 'string',
      category: 'identifier',
      required: true,
      default: { '@path': '$.groupId' },
    },
    traits: objectField('Traits', 'The traits of the account.', '$.traits'),
    ...envelopeFields,
    ...batchFields,
  },
  perform: (request, data) => sendOne(request, data, plan),
  performBatch: (request, data) => sendMany(request, data, plan),
}

export default action
