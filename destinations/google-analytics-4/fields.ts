// Fields of the actions. Defaults read the canonical event (design 3.2) and the `platform_consent` that delivery adds.
import type { ActionDefinition } from '@segment/actions-core'

type Fields = ActionDefinition<unknown>['fields']

const signalChoices = [
  { label: 'Granted', value: 'GRANTED' },
  { label: 'Denied', value: 'DENIED' },
  { label: 'Unspecified', value: 'UNSPECIFIED' },
]

export const clientFields: Fields = {
  client_id: {
    label: 'Client id',
    description:
      'The browser as the Google tag knows it: its client id, or the value of the cookie _ga.',
    type: 'string',
    default: { '@path': '$.context.click_ids._ga' },
  },
  anonymous_id: {
    label: 'Anonymous id',
    description: 'Without a client id, one is derived of this; the same value gives the same id.',
    type: 'string',
    default: { '@path': '$.anonymous_id' },
  },
  user_id: {
    label: 'User id',
    description: 'The known user. Must not be an address or anything else that Google can read.',
    type: 'string',
    default: { '@path': '$.canonical_user_id' },
  },
  session_id: {
    label: 'Session id',
    description: 'Id of the session in the Google tag, for attribution and the realtime report.',
    type: 'string',
    default: { '@path': '$.context.click_ids.ga_session_id' },
  },
  engagement_time_msec: {
    label: 'Engagement time',
    description:
      'Milliseconds of engagement. Without it the event counts for no active user in reports.',
    type: 'integer',
    default: 1,
  },
  occurred_at: {
    label: 'Time',
    description:
      'When the event happened: ISO 8601 with a zone, or Unix seconds. At most 72 hours ago.',
    type: 'datetime',
    required: true,
    default: { '@path': '$.occurred_at' },
  },
  event_id: {
    label: 'Event id',
    description: 'Our id of the event, as the custom parameter event_id.',
    type: 'string',
    default: { '@path': '$.properties.event_id' },
  },
  ad_user_data: {
    label: 'Consent: ad user data',
    description: 'Whether the person lets Google use the data for advertising.',
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
  params: {
    label: 'Other parameters',
    description:
      'Custom parameters: text, numbers or booleans under names of letters, digits and _. At most 25 with all others.',
    type: 'object',
    additionalProperties: true,
    defaultObjectUI: 'keyvalue',
  },
  enable_batching: {
    label: 'Send in batches',
    description: 'Send events of one client in one request.',
    type: 'boolean',
    unsafe_hidden: true,
    default: true,
  },
  batch_size: {
    label: 'Batch size',
    description: 'Events taken at once; they are grouped by client, 25 to a request.',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    unsafe_hidden: true,
    default: 250,
  },
}

export const moneyFields: Fields = {
  value: {
    label: 'Value',
    description: 'What the event is worth.',
    type: 'number',
    default: { '@path': '$.properties.value' },
  },
  currency: {
    label: 'Currency',
    description: 'Currency of the value, ISO 4217. Needed with a value.',
    type: 'string',
    default: { '@path': '$.properties.currency' },
  },
}

const transactionId: Fields[string] = {
  label: 'Transaction id',
  description: 'The order id. Analytics counts a purchase with a known one once.',
  type: 'string',
  required: true,
  default: { '@path': '$.properties.order_id' },
}

export const orderFields: Fields = {
  transaction_id: transactionId,
  tax: {
    label: 'Tax',
    description: 'Tax of the order.',
    type: 'number',
    default: { '@path': '$.properties.tax' },
  },
  shipping: {
    label: 'Shipping',
    description: 'Shipping cost of the order.',
    type: 'number',
    default: { '@path': '$.properties.shipping' },
  },
  coupon: couponField(),
  affiliation: {
    label: 'Affiliation',
    description: 'The shop or partner that the order came through.',
    type: 'string',
    default: { '@path': '$.properties.affiliation' },
  },
}

export const checkoutFields: Fields = { coupon: couponField() }

export const itemFields: Fields = {
  items: {
    label: 'Items',
    description: 'The products; each needs an item_id or an item_name. At most 200.',
    type: 'object',
    multiple: true,
    additionalProperties: true,
    defaultObjectUI: 'arrayeditor',
    properties: {
      item_id: { label: 'Item id', description: 'The SKU.', type: 'string' },
      item_name: { label: 'Name', description: 'The product’s name.', type: 'string' },
      item_brand: { label: 'Brand', description: 'The brand.', type: 'string' },
      item_category: { label: 'Category', description: 'The category.', type: 'string' },
      item_variant: { label: 'Variant', description: 'Colour, size or the like.', type: 'string' },
      price: { label: 'Price', description: 'Price of one.', type: 'number' },
      quantity: { label: 'Quantity', description: 'How many.', type: 'number' },
    },
    default: {
      '@arrayPath': [
        '$.properties.line_items',
        {
          item_id: { '@path': '$.item_id' },
          item_name: { '@path': '$.name' },
          item_brand: { '@path': '$.brand' },
          item_category: { '@path': '$.category' },
          item_variant: { '@path': '$.variant' },
          price: { '@path': '$.price' },
          quantity: { '@path': '$.quantity' },
        },
      ],
    },
  },
}

function couponField(): Fields[string] {
  return {
    label: 'Coupon',
    description: 'Code of the coupon.',
    type: 'string',
    default: { '@path': '$.properties.coupon' },
  }
}
