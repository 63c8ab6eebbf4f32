import type { ActionDefinition } from '@segment/actions-core'
import { buildEvent } from '../build-event.ts'
import { type Build, deliverBatch, deliverOne } from '../deliver.ts'
import { batchingFields, conversionFields, identityFields } from '../fields.ts'
import type { Settings } from '../generated-types.ts'
import type { Payload } from './generated-types.ts'

const build: Build<Payload> = buildEvent

const action: ActionDefinition<Settings, Payload> = {
  title: 'Upload conversion',
  description:
    'Sends a conversion to Google Ads: to a conversion action of clicks (offline conversions, enhanced conversions for leads) or as an additional source of a website conversion action.',
  defaultSubscription: 'tracklayer_event = "purchase"',
  fields: {
    ...conversionFields,
    ...identityFields,
    transaction_id: {
      label: 'Transaction id',
      description:
        'Identifies the conversion: the order id, so that the tag, this upload and a later restatement are one conversion. Events without an order send their event id.',
      type: 'string',
      required: true,
      default: {
        '@if': {
          exists: { '@path': '$.properties.order_id' },
          // biome-ignore lint/suspicious/noThenProperty: mapping-kit's own key
          then: { '@path': '$.properties.order_id' },
          else: { '@path': '$.properties.event_id' },
        },
      },
    },
    value: {
      label: 'Value',
      description: 'What the conversion is worth.',
      type: 'number',
      default: { '@path': '$.properties.value' },
    },
    currency: {
      label: 'Currency',
      description: 'Currency of the value, ISO 4217.',
      type: 'string',
      default: { '@path': '$.properties.currency' },
    },
    line_items: {
      label: 'Line items',
      description: 'The products of the cart, for conversions with cart data.',
      type: 'object',
      multiple: true,
      defaultObjectUI: 'arrayeditor',
      properties: {
        item_id: {
          label: 'Product id',
          description: 'Product id as in the Merchant Center feed.',
          type: 'string',
        },
        quantity: { label: 'Quantity', description: 'How many.', type: 'number' },
        price: {
          label: 'Price',
          description: 'Price of one, without tax, shipping and discounts of the whole order.',
          type: 'number',
        },
      },
      default: {
        '@arrayPath': [
          '$.properties.line_items',
          {
            item_id: { '@path': '$.item_id' },
            quantity: { '@path': '$.quantity' },
            price: { '@path': '$.price' },
          },
        ],
      },
    },
    discount: {
      label: 'Discount',
      description: 'Sum of all discounts of the order.',
      type: 'number',
      default: { '@path': '$.properties.discount' },
    },
    user_agent: {
      label: 'User agent',
      description: 'The browser at the time of the event.',
      type: 'string',
      default: { '@path': '$.context.user_agent' },
    },
    ip_address: {
      label: 'IP address',
      description:
        'The address at the time of the event. Not mapped by default: Google does not take it for people in the EEA, the United Kingdom and Switzerland.',
      type: 'string',
    },
    ...batchingFields,
  },
  perform: (request, input) => deliverOne(request, input, build),
  performBatch: (request, input) => deliverBatch(request, input, build),
}

export default action
