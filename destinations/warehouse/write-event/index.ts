import type { ActionDefinition } from '@segment/actions-core'
import { deliverBatch, deliverOne } from '../deliver.ts'
import type { Settings } from '../generated-types.ts'
import type { Payload } from './generated-types.ts'

const action: ActionDefinition<Settings, Payload> = {
  title: 'Write event',
  description:
    'Writes the event as a row of one wide table. A row that is there already is brought up to date; columns that are missing are added.',
  defaultSubscription: 'tracklayer_event != null',
  fields: {
    event_id: {
      label: 'Event id',
      description: 'Our id of the event. With the event’s name it finds the row again.',
      type: 'string',
      required: true,
      default: { '@path': '$.properties.event_id' },
    },
    event_name: {
      label: 'Event name',
      description: 'Canonical name of the event.',
      type: 'string',
      required: true,
      default: { '@path': '$.tracklayer_event' },
    },
    occurred_at: {
      label: 'Time',
      description: 'When the event happened.',
      type: 'datetime',
      default: { '@path': '$.occurred_at' },
    },
    segment_event: {
      label: 'Segment event',
      description: 'Name of the event in Segment.',
      type: 'string',
      default: { '@path': '$.segment_event' },
    },
    message_id: {
      label: 'Message id',
      description: 'Id of the message in Segment.',
      type: 'string',
      default: { '@path': '$.message_id' },
    },
    canonical_user_id: {
      label: 'User id',
      description: 'The known user.',
      type: 'string',
      default: { '@path': '$.canonical_user_id' },
    },
    anonymous_id: {
      label: 'Anonymous id',
      description: 'The browser or device.',
      type: 'string',
      default: { '@path': '$.anonymous_id' },
    },
    mapping_version: {
      label: 'Mapping version',
      description: 'Version of the mapping table that made the event.',
      type: 'string',
      default: { '@path': '$.mapping_version' },
    },
    consent: {
      label: 'Consent',
      description: 'Consent categories of the message, as one JSON column.',
      type: 'object',
      default: { '@path': '$.consent' },
    },
    user: {
      label: 'User',
      description: 'The person: each field becomes a column user_…',
      type: 'object',
    },
    context: {
      label: 'Context',
      description: 'The context: each field becomes a column context_…',
      type: 'object',
      default: { '@path': '$.context' },
    },
    properties: {
      label: 'Properties',
      description: 'The properties: each becomes a column of its own.',
      type: 'object',
      default: { '@path': '$.properties' },
    },
    enable_batching: {
      label: 'Write in batches',
      description: 'Write many rows in one transaction.',
      type: 'boolean',
      unsafe_hidden: true,
      default: true,
    },
    batch_size: {
      label: 'Batch size',
      description: 'Rows in one transaction.',
      type: 'integer',
      minimum: 1,
      maximum: 5000,
      unsafe_hidden: true,
      default: 500,
    },
  },
  perform: (_request, input) => deliverOne(input),
  performBatch: (_request, input) => deliverBatch(input),
}

export default action
