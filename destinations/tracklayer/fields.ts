// Fields that several actions share. Together they are a Segment message again: what a mapping leaves out does not leave
// Segment.
import type { InputField } from '@segment/actions-core'

type Fields = Record<string, InputField>

/** Who, when, and in what circumstances. */
export const envelopeFields: Fields = {
  user_id: {
    label: 'User id',
    description: 'The id by which you know the person. It is the key of the profile in TrackLayer.',
    type: 'string',
    category: 'identifier',
    default: { '@path': '$.userId' },
  },
  anonymous_id: {
    label: 'Anonymous id',
    description: 'The id of a person, or of a device, before the user id is known.',
    type: 'string',
    category: 'identifier',
    default: { '@path': '$.anonymousId' },
  },
  timestamp: {
    label: 'Timestamp',
    description: 'When it happened, as an ISO 8601 instant.',
    type: 'string',
    default: { '@path': '$.timestamp' },
  },
  message_id: {
    label: 'Message id',
    description: 'The id of the message. TrackLayer stores each id once, however often it arrives.',
    type: 'string',
    default: { '@path': '$.messageId' },
  },
  context: {
    label: 'Context',
    description:
      'The context of the message. TrackLayer reads consent, click ids, traits, page and campaign from it; without consent, nothing is known of it.',
    type: 'object',
    allowNull: true,
    default: { '@path': '$.context' },
  },
  envelope: {
    label: 'Envelope',
    description: 'What Segment noted about the message: when it was sent and received, and how.',
    type: 'object',
    unsafe_hidden: true,
    default: {
      originalTimestamp: { '@path': '$.originalTimestamp' },
      sentAt: { '@path': '$.sentAt' },
      receivedAt: { '@path': '$.receivedAt' },
      channel: { '@path': '$.channel' },
      integrations: { '@path': '$.integrations' },
    },
  },
  loop_mark: {
    label: 'Loop mark',
    description: 'Tells what TrackLayer itself sent to Segment, which never goes back to it.',
    type: 'object',
    unsafe_hidden: true,
    allowNull: true,
    default: { '@path': '$.context.tracklayer' },
  },
}

/** How Segment forms batches. */
export const batchFields: Fields = {
  enable_batching: {
    label: 'Send in batches',
    description: 'Sends many messages in one signed request.',
    type: 'boolean',
    default: true,
  },
  batch_size: {
    label: 'Batch size',
    description: 'Most messages in one request. The store takes 1,000 at most.',
    type: 'number',
    unsafe_hidden: true,
    minimum: 1,
    maximum: 1000,
    default: 1000,
  },
}

/** An object of the message. */
export function objectField(label: string, description: string, path: string): InputField {
  return { label, description, type: 'object', allowNull: true, default: { '@path': path } }
}
