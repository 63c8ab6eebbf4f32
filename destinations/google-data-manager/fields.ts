// The fields both actions share. Defaults read the canonical event (design 3.2) and the `platform_consent` that
// delivery adds to it.
import type { ActionDefinition } from '@segment/actions-core'

type Fields = ActionDefinition<unknown>['fields']

const signalChoices = [
  { label: 'Granted', value: 'GRANTED' },
  { label: 'Denied', value: 'DENIED' },
  { label: 'Unspecified', value: 'UNSPECIFIED' },
]

// Page "EventSource".
const sourceChoices = [
  { label: 'Web', value: 'WEB' },
  { label: 'App', value: 'APP' },
  { label: 'In store', value: 'IN_STORE' },
  { label: 'Phone', value: 'PHONE' },
  { label: 'Message', value: 'MESSAGE' },
  { label: 'Other', value: 'OTHER' },
]

export const conversionFields: Fields = {
  conversion: {
    label: 'Conversion',
    description:
      'Name of the conversion, which the setting "Conversion actions" turns into the id of a conversion action.',
    type: 'string',
    default: { '@path': '$.tracklayer_event' },
  },
  conversion_action_id: {
    label: 'Conversion action id',
    description:
      'Numeric id of the Google Ads conversion action, if it is not to come from the settings.',
    type: 'string',
  },
  occurred_at: {
    label: 'Time',
    description: 'When the event happened: ISO 8601 with a zone, or Unix seconds.',
    type: 'datetime',
    required: true,
    default: { '@path': '$.occurred_at' },
  },
  event_source: {
    label: 'Event source',
    description: 'Where the event happened. It must agree with the conversion action.',
    type: 'string',
    choices: sourceChoices,
    default: 'WEB',
  },
}

export const identityFields: Fields = {
  gclid: {
    label: 'gclid',
    description: 'The Google click id of the ad click.',
    type: 'string',
    default: { '@path': '$.context.click_ids.gclid' },
  },
  gbraid: {
    label: 'gbraid',
    description: 'The click id of clicks on iOS that lead into an app.',
    type: 'string',
    default: { '@path': '$.context.click_ids.gbraid' },
  },
  wbraid: {
    label: 'wbraid',
    description: 'The click id of clicks in an app on iOS that lead to the web.',
    type: 'string',
    default: { '@path': '$.context.click_ids.wbraid' },
  },
  session_attributes: {
    label: 'Session attributes',
    description: 'Encoded session attributes that the Google tag gave, for attribution.',
    type: 'string',
  },
  email: {
    label: 'Email',
    description: 'Address as it is, or its SHA-256. Normalised and hashed before it leaves.',
    type: 'string',
    category: 'hashedPII',
    default: { '@path': '$.user.email' },
  },
  phone: {
    label: 'Phone',
    description: 'Number as it is, or its SHA-256. Brought to E.164 and hashed before it leaves.',
    type: 'string',
    category: 'hashedPII',
    default: { '@path': '$.user.phone' },
  },
  first_name: {
    label: 'First name',
    description: 'Hashed before it leaves. Sent only with last name, country and postal code.',
    type: 'string',
    category: 'hashedPII',
    default: { '@path': '$.user.first_name' },
  },
  last_name: {
    label: 'Last name',
    description: 'Hashed before it leaves. Sent only with first name, country and postal code.',
    type: 'string',
    category: 'hashedPII',
    default: { '@path': '$.user.last_name' },
  },
  country: {
    label: 'Country',
    description: 'Two-letter code of the address; also the country of a phone number without +.',
    type: 'string',
    default: { '@path': '$.user.country' },
  },
  postal_code: {
    label: 'Postal code',
    description: 'Postal code of the address, not hashed.',
    type: 'string',
    default: { '@path': '$.user.postal_code' },
  },
  ad_user_data: {
    label: 'Consent: ad user data',
    description:
      'Whether the person lets Google use the data for advertising. Denied: no identifier of the person is sent.',
    type: 'string',
    choices: signalChoices,
    default: { '@path': '$.platform_consent.ad_user_data' },
  },
  ad_personalization: {
    label: 'Consent: ad personalization',
    description: 'Whether the person lets Google personalise ads.',
    type: 'string',
    choices: signalChoices,
    default: { '@path': '$.platform_consent.ad_personalization' },
  },
}

export const batchingFields: Fields = {
  enable_batching: {
    label: 'Send in batches',
    description: 'Send many events in one request.',
    type: 'boolean',
    unsafe_hidden: true,
    default: true,
  },
  batch_size: {
    label: 'Batch size',
    description: 'Events in one request, at most 2000.',
    type: 'integer',
    minimum: 1,
    maximum: 2000,
    unsafe_hidden: true,
    default: 2000,
  },
  batch_keys: {
    label: 'Batch keys',
    description: 'Events that agree in these fields may share a request.',
    type: 'string',
    multiple: true,
    unsafe_hidden: true,
    default: ['conversion', 'conversion_action_id'],
  },
}
