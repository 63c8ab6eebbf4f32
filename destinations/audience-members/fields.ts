// What every audience destination is told of a membership change. Defaults read the canonical event of a transition
// (design 3.2, 3.9): `audience_entered` or `audience_exited`, with the audience and the direction in its properties.
import type { ActionDefinition } from '@segment/actions-core'

type Fields = ActionDefinition<unknown>['fields']

const text = (label: string, description: string, path: string) => ({
  label,
  description,
  type: 'string' as const,
  default: { '@path': path },
})
const personal = (label: string, description: string, path: string) => ({
  ...text(label, description, path),
  category: 'hashedPII' as const,
})

export const TRANSITIONS =
  'tracklayer_event = "audience_entered" or tracklayer_event = "audience_exited"'

export const changeFields = {
  external_audience_id: {
    ...text(
      'Remote audience id',
      'Id that the platform gave the audience when it was created.',
      '$.properties.external_audience_id',
    ),
    required: true,
  },
  audience_key: text(
    'Audience key',
    'Key of the audience in Segment, for messages.',
    '$.properties.audience_key',
  ),
  is_member: {
    label: 'Is member',
    description: 'True adds the person to the audience, false removes the person.',
    type: 'boolean',
    required: true,
    default: { '@path': '$.properties.is_member' },
  },
  changed_at: {
    label: 'Changed at',
    description:
      'When the membership changed. Of several changes of a person in a batch the latest counts.',
    type: 'datetime',
    default: { '@path': '$.occurred_at' },
  },
  event_id: text(
    'Event id',
    'Id of the change, the same at every attempt.',
    '$.properties.event_id',
  ),
  user_id: text('User id', 'Your own id of the person.', '$.canonical_user_id'),
  anonymous_id: text('Anonymous id', 'Id of the person before it was known.', '$.anonymous_id'),
} satisfies Fields

export const contactFields = {
  email: personal(
    'Email',
    'Address as it is, or its SHA-256 where the platform takes hashes.',
    '$.user.email',
  ),
  phone: personal(
    'Phone',
    'Number as it is, or its SHA-256 where the platform takes hashes.',
    '$.user.phone',
  ),
} satisfies Fields

export const nameFields = {
  first_name: personal('First name', 'First name, hashed before it leaves.', '$.user.first_name'),
  last_name: personal('Last name', 'Last name, hashed before it leaves.', '$.user.last_name'),
} satisfies Fields

export const addressFields = {
  postal_code: text('Postal code', 'Postal code of the address.', '$.user.postal_code'),
  country: text(
    'Country',
    'Two-letter code of the address; also the country of a phone number without +.',
    '$.user.country',
  ),
} satisfies Fields

/**
 * The batch keys leave the direction out on purpose: the definition has to see an entry and an exit of one person side by
 * side to know which is the last, and makes a request for each direction itself.
 */
export function batchingFields(maxMembers: number, keys: readonly string[]): Fields {
  return {
    enable_batching: {
      label: 'Send in batches',
      description: 'Send many changes in one request.',
      type: 'boolean',
      unsafe_hidden: true,
      default: true,
    },
    batch_size: {
      label: 'Batch size',
      description: `Changes in one request, at most ${maxMembers}.`,
      type: 'integer',
      minimum: 1,
      maximum: maxMembers,
      unsafe_hidden: true,
      default: maxMembers,
    },
    batch_keys: {
      label: 'Batch keys',
      description: 'Changes that agree in these fields may share a request.',
      type: 'string',
      multiple: true,
      unsafe_hidden: true,
      default: [...keys],
    },
  }
}
