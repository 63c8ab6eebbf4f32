// The fields of a membership: a message of Engage needs no mapping by hand, a row of reverse ETL needs the audience's key and
// the columns that name the person.
import type { InputField } from '@segment/actions-core'
import { batchFields, envelopeFields, objectField } from '../fields.ts'

const fromPersonas = (name: string) => ({ '@path': `$.context.personas.${name}` })

export const fields: Record<string, InputField> = {
  audience_key: {
    label: 'Audience key',
    description:
      'Key of the audience, e.g. first_time_shopper. Name it for rows of reverse ETL, which carry none.',
    type: 'string',
    default: fromPersonas('computation_key'),
  },
  audience_id: {
    label: 'Audience id',
    description: 'Id under which Segment computes the audience. A recreated audience has another.',
    type: 'string',
    unsafe_hidden: true,
    default: fromPersonas('computation_id'),
  },
  external_audience_id: {
    label: 'External audience id',
    description: 'Id that TrackLayer gave the audience when Segment created it.',
    type: 'string',
    unsafe_hidden: true,
    default: fromPersonas('external_audience_id'),
  },
  message_type: {
    label: 'Type of the message',
    description: 'Engage sends memberships as identify or as track.',
    type: 'string',
    unsafe_hidden: true,
    required: true,
    choices: ['identify', 'track'],
    default: { '@path': '$.type' },
  },
  event: {
    label: 'Event name',
    description: 'Audience Entered or Audience Exited; new, updated or deleted for rows.',
    type: 'string',
    unsafe_hidden: true,
    default: { '@path': '$.event' },
  },
  properties: objectField(
    'Properties',
    'Properties of a track message. The membership stands here under the key of the audience.',
    '$.properties',
  ),
  traits: objectField(
    'Traits',
    'Traits of an identify message. The membership stands here under the key of the audience.',
    '$.traits',
  ),
  ...envelopeFields,
  ...batchFields,
}
