// One subscription as a user of Action Destinations would write it for an order: 25 fields in mapping-kit directives,
// and the JSON schema that its fields become.

const path = (place: string) => ({ '@path': place })
const firstOf = (place: string, other: string) => ({
  // biome-ignore lint/suspicious/noThenProperty: the directive's own word
  '@if': { exists: path(place), then: path(place), else: path(other) },
})

export const PEER_MAPPING = {
  segment_event: path('$.event'),
  tracklayer_event: 'purchase',
  message_id: path('$.messageId'),
  event_id: { '@template': 'seg_{{messageId}}' },
  occurred_at: path('$.timestamp'),
  canonical_user_id: path('$.userId'),
  anonymous_id: path('$.anonymousId'),
  email: firstOf('$.context.traits.email', '$.properties.email'),
  phone: firstOf('$.context.traits.phone', '$.properties.phone'),
  first_name: path('$.context.traits.firstName'),
  last_name: path('$.context.traits.lastName'),
  city: path('$.context.traits.address.city'),
  postal_code: path('$.context.traits.address.postalCode'),
  country: path('$.context.traits.address.country'),
  consent: path('$.context.consent.categoryPreferences'),
  ip: path('$.context.ip'),
  user_agent: path('$.context.userAgent'),
  locale: path('$.context.locale'),
  page: path('$.context.page'),
  campaign: path('$.context.campaign'),
  order_id: firstOf('$.properties.order_id', '$.properties.orderId'),
  value: firstOf('$.properties.revenue', '$.properties.total'),
  currency: { '@case': { operator: 'upper', value: path('$.properties.currency') } },
  coupon: path('$.properties.coupon'),
  line_items: {
    '@arrayPath': [
      '$.properties.products',
      {
        item_id: path('$.sku'),
        name: path('$.name'),
        brand: path('$.brand'),
        category: path('$.category'),
        price: path('$.price'),
        quantity: path('$.quantity'),
      },
    ],
  },
}

const text = { type: 'string' }
const object = { type: 'object' }

export const PEER_SCHEMA = {
  type: 'object',
  required: ['segment_event', 'tracklayer_event', 'message_id', 'event_id', 'occurred_at'],
  properties: {
    ...Object.fromEntries(Object.keys(PEER_MAPPING).map((name) => [name, text])),
    consent: { type: 'object', additionalProperties: { type: 'boolean' } },
    page: object,
    campaign: object,
    value: { type: 'number' },
    line_items: {
      type: 'array',
      items: {
        type: 'object',
        required: ['item_id'],
        properties: {
          item_id: text,
          name: text,
          brand: text,
          category: text,
          price: { type: 'number' },
          quantity: { type: 'integer' },
        },
      },
    },
  },
}
