// The fields of an event as a person maps them: raw values under our names. Hashing and TikTok's names come in build-event.
// Defaults read the canonical event (mappings/destinations/tiktok.yaml shows the same mapping in YAML).
import type { InputField } from '@segment/actions-core'
import { EVENT_SOURCES } from '../event-sources.ts'
import { MAX_EVENTS } from '../limits.ts'

const text = (label: string, description: string): InputField => ({
  label,
  description,
  type: 'string',
})
const number = (label: string, description: string): InputField => ({
  label,
  description,
  type: 'number',
})
const from = (path: string) => ({ '@path': path })

const user: InputField = {
  label: 'User',
  description:
    'Who the person is, as raw values: they are normalised and hashed with SHA-256 by the rules of TikTok before they leave.',
  type: 'object',
  category: 'identifier',
  additionalProperties: false,
  properties: {
    email: text('Email', 'Email address, raw or as a SHA-256 digest.'),
    phone: text('Phone', 'Phone number with its country code, or with a country in this object.'),
    external_id: {
      ...text('External ids', 'Your own ids of the person: user id, anonymous id. Web only.'),
      multiple: true,
    },
    first_name: text('First name', 'First name. Web only.'),
    last_name: text('Last name', 'Last name. Web only.'),
    city: text('City', 'City. Web only.'),
    region: text('Region', 'State or region. Web only.'),
    postal_code: text('Postal code', 'Postal code. Web only.'),
    country: text('Country', 'Country, as a name or an ISO 3166-1 code. Web only.'),
    ttclid: text('Click id', 'ttclid of the landing page, whole and unchanged. Web only.'),
    ttp: text('Cookie id', 'Value of the _ttp cookie. Web only.'),
    ip: text('IP address', 'Public IPv4 or IPv6 address of the device. Web and app.'),
    user_agent: text('User agent', 'User agent of the device. Web and app.'),
    locale: text('Locale', 'Language, e.g. en-US. Web and app.'),
    idfa: text('IDFA', 'iOS advertising identifier. App only.'),
    idfv: text('IDFV', 'iOS vendor identifier. App only.'),
    gaid: text('GAID', 'Google advertising identifier. App only.'),
    att_status: text(
      'ATT status',
      'AUTHORIZED, DENIED, NOT_DETERMINED, RESTRICTED or NOT_APPLICABLE. App only.',
    ),
  },
  default: {
    email: from('$.user.email'),
    phone: from('$.user.phone'),
    external_id: [from('$.canonical_user_id'), from('$.anonymous_id')],
    first_name: from('$.user.first_name'),
    last_name: from('$.user.last_name'),
    city: from('$.user.city'),
    region: from('$.user.region'),
    postal_code: from('$.user.postal_code'),
    country: from('$.user.country'),
    ttclid: from('$.context.click_ids.ttclid'),
    ttp: from('$.context.click_ids.ttp'),
    ip: from('$.context.ip'),
    user_agent: from('$.context.user_agent'),
    locale: from('$.context.locale'),
  },
}

const properties: InputField = {
  label: 'Properties',
  description: 'The business side of the event. Reports on return need value and currency.',
  type: 'object',
  additionalProperties: false,
  properties: {
    value: number('Value', 'Amount of the event; left out when there is no currency.'),
    currency: text('Currency', 'ISO 4217 code of the currency, e.g. EUR.'),
    content_ids: {
      ...text('Content ids', 'Ids of the products, as in the catalogue.'),
      multiple: true,
    },
    contents: {
      label: 'Contents',
      description: 'The products one by one.',
      type: 'object',
      multiple: true,
      additionalProperties: false,
      properties: {
        price: number('Price', 'Price of one.'),
        quantity: number('Quantity', 'How many of the product.'),
        content_id: text('Product id', 'Id of the product, as in the catalogue.'),
        content_category: text('Category', 'Category of the product.'),
        content_name: text('Name', 'Name of the product.'),
        brand: text('Brand', 'Brand of the product.'),
      },
    },
    content_type: text('Content type', 'product, or product_group when the ids are of groups.'),
    num_items: { label: 'Number of items', description: 'How many items.', type: 'integer' },
    search_string: text('Search string', 'What was searched for.'),
    description: text('Description', 'Description of the item or page.'),
    order_id: text('Order id', 'Id of the order.'),
    shop_id: text('Shop id', 'Id of the shop.'),
    customer_type: text('Customer type', 'new or returning. Web and app.'),
  },
  default: {
    value: from('$.properties.value'),
    currency: from('$.properties.currency'),
    content_ids: from('$.properties.items'),
    contents: {
      '@arrayPath': [
        '$.properties.line_items',
        {
          price: from('$.price'),
          quantity: from('$.quantity'),
          content_id: from('$.item_id'),
          content_category: from('$.category'),
          content_name: from('$.name'),
          brand: from('$.brand'),
        },
      ],
    },
    content_type: 'product',
    search_string: from('$.properties.query'),
    order_id: from('$.properties.order_id'),
  },
}

export const fields: Record<string, InputField> = {
  event: {
    ...text('Event', 'A standard event, e.g. Purchase, or, for web and app, a name of your own.'),
    required: true,
  },
  event_time: {
    label: 'Event time',
    description: 'When it happened: ISO 8601 or Unix seconds.',
    type: 'datetime',
    required: true,
    default: from('$.occurred_at'),
  },
  event_id: {
    ...text(
      'Event id',
      'The same for every copy of the event, the pixel included: TikTok counts one of them within 48 hours. Not for app.',
    ),
    required: true,
    default: from('$.properties.event_id'),
  },
  event_source: {
    ...text('Event source', 'Where it happened; decides which id of the settings receives it.'),
    required: true,
    choices: EVENT_SOURCES.map((value) => ({ value, label: value })),
    default: 'web',
  },
  user,
  properties,
  page: {
    label: 'Page',
    description: 'The page of a web event, with all parameters of its address.',
    type: 'object',
    additionalProperties: false,
    properties: {
      url: text('Address', 'Address of the page.'),
      referrer: text('Referrer', 'Address of the page before.'),
    },
    default: { url: from('$.context.page.url'), referrer: from('$.context.page.referrer') },
  },
  app: {
    label: 'App',
    description: 'The app of an app event.',
    type: 'object',
    additionalProperties: false,
    properties: {
      app_id: text('App id', 'Id in the App Store or in Google Play, or the package name.'),
      app_name: text('App name', 'Name of the app.'),
      app_version: text('App version', 'Version of the app.'),
    },
  },
  limited_data_use: {
    label: 'Limited data use',
    description:
      'Limits what TikTok does with the event where the law of a US state says so. Web and app; needs the IP address.',
    type: 'boolean',
    default: from('$.platform_consent.limited_data_use'),
  },
  enable_batching: {
    label: 'Send in batches',
    description: 'Send up to 1000 events in one request.',
    type: 'boolean',
    unsafe_hidden: true,
    default: true,
  },
  batch_size: {
    label: 'Batch size',
    description: 'Events in one request; TikTok takes at most 1000.',
    type: 'number',
    unsafe_hidden: true,
    default: MAX_EVENTS,
    minimum: 1,
    maximum: MAX_EVENTS,
  },
  batch_keys: {
    label: 'Batch keys',
    description: 'Events with equal values of these fields share a request.',
    type: 'string',
    multiple: true,
    unsafe_hidden: true,
    default: ['event_source'],
  },
}
