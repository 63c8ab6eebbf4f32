// The mapping that an action's fields suggest, beside actions-core's `defaultValues`.
import { defaultValues } from '@segment/actions-core'
import { fieldDefaults } from '../../../core/mapping-kit/field-defaults.ts'

const email = { '@path': '$.traits.email' }
const fields = {
  event_name: { label: 'Name', type: 'string', default: { '@path': '$.event' } },
  optOut: { label: 'Opt out', type: 'boolean', default: false },
  none: { label: 'None', type: 'string' },
  nothing: { label: 'Null', type: 'string', default: null },
  profile: {
    label: 'Profile',
    type: 'object',
    properties: {
      email: { label: 'Email', type: 'string', default: email },
      phone: { label: 'Phone', type: 'string' },
      address: {
        label: 'Address',
        type: 'object',
        properties: { city: { label: 'City', type: 'string', default: 'Berlin' } },
      },
    },
  },
  user: {
    label: 'User',
    type: 'object',
    default: { email: 'own' },
    properties: {
      email: { label: 'Email', type: 'string', default: email },
      id: { label: 'Id', type: 'string', default: 'id' },
    },
  },
  whole: {
    label: 'Whole',
    type: 'object',
    default: { '@path': '$.context' },
    properties: { ip: { label: 'IP', type: 'string', default: 'ip' } },
  },
  items: {
    label: 'Items',
    type: 'object',
    multiple: true,
    properties: { id: { label: 'Id', type: 'string', default: 'id' } },
  },
  bare: { label: 'Bare', type: 'object', properties: { x: { label: 'X', type: 'string' } } },
} as const

describe('fieldDefaults()', () => {
  test('equals defaultValues()', () => {
    expect(fieldDefaults(fields)).toEqual(defaultValues(fields as never))
    expect(Object.keys(fieldDefaults(fields))).toEqual([
      'event_name',
      'optOut',
      'nothing',
      'user',
      'whole',
    ])
  })

  test('nested: also the defaults of properties, below what the field says itself', () => {
    expect(fieldDefaults(fields, { nested: true })).toEqual({
      ...defaultValues(fields as never),
      profile: { email, address: { city: 'Berlin' } },
      user: { email: 'own', id: 'id' },
    })
  })

  test('is a copy: the definition does not change with it', () => {
    const mapping = fieldDefaults(fields) as { event_name: { '@path': string } }
    mapping.event_name['@path'] = 'changed'
    expect(fields.event_name.default['@path']).toBe('$.event')
  })
})
