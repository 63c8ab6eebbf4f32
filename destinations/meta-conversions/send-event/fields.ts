// The fields of an event as a person maps them: raw values under our names. Hashing and Meta's names come in build-event.
// Defaults read the canonical event (docs: mappings/destinations/meta.yaml shows the same mapping in YAML).
import type { InputField } from '@segment/actions-core'
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
const ifExists = (path: string, value: string | object, otherwise: string) => ({
  // biome-ignore lint/suspicious/noThenProperty: mapping-kit's own word
  '@if': { exists: from(path), then: value, else: otherwise },
})

const ACTION_SOURCES = [
  'website',
  'app',
  'email',
  'phone_call',
  'chat',
  'physical_store',
  'system_generated',
  'other',
]

const userData: InputField = {
  label: 'User data',
  description:
    'Who the person is, as raw values: they are normalised and hashed with SHA-256 by the rules of Meta before they leave.',
  type: 'object',
  category: 'identifier',
  additionalProperties: false,
  properties: {
    email: text('Email', 'Email address, raw or as a SHA-256 digest.'),
    phone: text('Phone', 'Phone number with its country code, or with a country in this object.'),
    first_name: text('First name', 'First name.'),
    last_name: text('Last name', 'Last name.'),
    city: text('City', 'City.'),
    region: text('Region', 'State or region; in the US its name or two letters.'),
    postal_code: text('Postal code', 'Postal code.'),
    country: text('Country', 'Country, as a name or an ISO 3166-1 code.'),
    birthday: text('Date of birth', 'Date of birth, e.g. 1990-04-23.'),
    gender: text('Gender', 'Gender; f and m have a form at Meta.'),
    external_id: {
      ...text('External ids', 'Your own ids of the person: user id, anonymous id.'),
      multiple: true,
    },
    client_ip_address: text('IP address', 'IPv4 or IPv6 address of the browser. Never hashed.'),
    client_user_agent: text(
      'User agent',
      'User agent of the browser. Required for website events.',
    ),
    fbc: text('Click id cookie', 'Value of the _fbc cookie.'),
    fbclid: text('Click id', 'fbclid of the landing page; becomes fbc where there is no cookie.'),
    fbp: text('Browser id cookie', 'Value of the _fbp cookie.'),
    lead_id: text('Lead id', 'Id of a lead from a Meta lead ad.'),
    subscription_id: text('Subscription id', 'Id of the subscription in this transaction.'),
    anon_id: text('Install id', 'Install id of the app. App events only.'),
    madid: text('Mobile advertiser id', 'IDFA or GAID. App events only.'),
  },
  default: {
    email: from('$.user.email'),
    phone: from('$.user.phone'),
    first_name: from('$.user.first_name'),
    last_name: from('$.user.last_name'),
    city: from('$.user.city'),
    region: from('$.user.region'),
    postal_code: from('$.user.postal_code'),
    country: from('$.user.country'),
    external_id: [from('$.canonical_user_id'), from('$.anonymous_id')],
    client_ip_address: from('$.context.ip'),
    client_user_agent: from('$.context.user_agent'),
    fbc: from('$.context.click_ids.fbc'),
    fbclid: from('$.context.click_ids.fbclid'),
    fbp: from('$.context.click_ids.fbp'),
  },
}

const customData: InputField = {
  label: 'Custom data',
  description: 'The business side of the event. A Purchase needs value and currency.',
  type: 'object',
  additionalProperties: false,
  properties: {
    value: number('Value', 'Amount of the event, in units of the currency.'),
    currency: text('Currency', 'ISO 4217 code of the currency, e.g. EUR.'),
    content_ids: {
      ...text('Content ids', 'Ids of the products, as in the catalogue.'),
      multiple: true,
    },
    contents: {
      label: 'Contents',
      description: 'The products one by one; a product without id is left out.',
      type: 'object',
      multiple: true,
      additionalProperties: false,
      properties: {
        id: text('Product id', 'Id of the product, as in the catalogue.'),
        quantity: number('Quantity', 'How many of the product.'),
        item_price: number('Price', 'Price of one.'),
        title: text('Title', 'Name of the product.'),
        brand: text('Brand', 'Brand of the product.'),
        category: text('Category', 'Category of the product.'),
        delivery_category: text('Delivery', 'in_store, curbside or home_delivery.'),
      },
    },
    content_type: text('Content type', 'product, or product_group when the ids are of groups.'),
    content_name: text('Content name', 'Name of the page or product.'),
    content_category: text('Content category', 'Category of the page or product.'),
    order_id: text('Order id', 'Id of the order.'),
    num_items: number('Number of items', 'Items at checkout. InitiateCheckout only.'),
    search_string: text('Search string', 'What was searched for. Search only.'),
    status: text('Status', 'Status of the registration. CompleteRegistration only.'),
    predicted_ltv: number('Predicted lifetime value', 'What the person is expected to bring.'),
    net_revenue: number('Net revenue', 'Value less costs, for optimisation by profit.'),
    delivery_category: text('Delivery', 'in_store, curbside or home_delivery.'),
  },
  default: {
    value: from('$.properties.value'),
    currency: from('$.properties.currency'),
    content_ids: from('$.properties.items'),
    contents: {
      '@arrayPath': [
        '$.properties.line_items',
        {
          id: from('$.item_id'),
          quantity: from('$.quantity'),
          item_price: from('$.price'),
          title: from('$.name'),
          brand: from('$.brand'),
          category: from('$.category'),
        },
      ],
    },
    content_type: 'product',
    order_id: from('$.properties.order_id'),
    search_string: from('$.properties.query'),
  },
}

const appData: InputField = {
  label: 'App data',
  description: 'Required by Meta for action source app: the two permissions and extinfo.',
  type: 'object',
  additionalProperties: false,
  properties: {
    advertiser_tracking_enabled: {
      label: 'Advertiser tracking',
      description: 'Whether the person allowed advertising tracking in the app.',
      type: 'boolean',
    },
    application_tracking_enabled: {
      label: 'Application tracking',
      description: 'Whether the person allowed tracking by the app itself.',
      type: 'boolean',
    },
    extinfo: {
      ...text('Extinfo', 'The 16 values on device and app in the order that Meta documents.'),
      multiple: true,
    },
  },
}

export const fields: Record<string, InputField> = {
  event_name: {
    ...text('Event name', 'A standard event, e.g. Purchase, or a name of your own.'),
    required: true,
  },
  event_time: {
    label: 'Event time',
    description: 'When it happened: ISO 8601 or Unix seconds. Meta takes at most 7 days ago.',
    type: 'datetime',
    required: true,
    default: from('$.occurred_at'),
  },
  event_id: {
    ...text(
      'Event id',
      'The same for every copy of the event, the pixel included: Meta counts one of them within 48 hours.',
    ),
    required: true,
    default: from('$.properties.event_id'),
  },
  action_source: {
    ...text('Action source', 'Where it happened.'),
    required: true,
    choices: ACTION_SOURCES.map((value) => ({ value, label: value })),
    // Meta requires address and user agent of a website event; what has no browser came from a server.
    default: ifExists(
      '$.context.page.url',
      ifExists('$.context.user_agent', 'website', 'system_generated'),
      'system_generated',
    ),
  },
  event_source_url: {
    ...text('Page address', 'Address of the page. Required for website events.'),
    default: from('$.context.page.url'),
  },
  referrer_url: {
    ...text('Referrer', 'Address of the page before.'),
    default: from('$.context.page.referrer'),
  },
  opt_out: {
    label: 'Opt out',
    description: 'Use the event for attribution only, not to optimise delivery.',
    type: 'boolean',
  },
  user_data: userData,
  custom_data: customData,
  custom_properties: {
    label: 'Custom properties',
    description: 'Further properties of your own, sent within custom_data.',
    type: 'object',
    defaultObjectUI: 'keyvalue',
  },
  app_data: appData,
  data_processing_options: {
    ...text(
      'Data processing options',
      'LDU limits the use of data of people in certain US states; an empty list says that nothing is limited.',
    ),
    multiple: true,
    default: from('$.platform_consent.data_processing_options'),
  },
  data_processing_options_country: {
    label: 'Data processing country',
    description: '1 for the United States, 0 to let Meta find it out. With LDU 0 when absent.',
    type: 'integer',
    default: from('$.platform_consent.data_processing_options_country'),
  },
  data_processing_options_state: {
    label: 'Data processing state',
    description: 'e.g. 1000 for California, 0 to let Meta find it out. With LDU 0 when absent.',
    type: 'integer',
    default: from('$.platform_consent.data_processing_options_state'),
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
    description: 'Events in one request; Meta takes at most 1000.',
    type: 'number',
    unsafe_hidden: true,
    default: MAX_EVENTS,
    minimum: 1,
    maximum: MAX_EVENTS,
  },
}
