// The canonical events (design 3.2, with the `platform_consent` that delivery adds) behind the golden requests.

const person = {
  message_id: 'msg_01HX9',
  canonical_user_id: 'cust_10482',
  anonymous_id: 'anon_8dca',
  user: {
    email: ' Jane.Doe.X+t@Gmail.com ',
    phone: '0151 1234 5678',
    first_name: 'Jane',
    last_name: "O'Doe",
    city: 'Köln',
    postal_code: '50667',
    country: 'DE',
  },
  consent: { advertising: true, analytics: true },
  platform_consent: {
    ad_storage: 'GRANTED',
    ad_user_data: 'GRANTED',
    ad_personalization: 'DENIED',
    analytics_storage: 'GRANTED',
  },
  context: {
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
    ip: '203.0.113.9',
    click_ids: { gclid: 'Cj0KCQiA-example-click-0001', _ga: 'GA1.1.1234567890.1700000000' },
  },
  mapping_version: '2026-11-22+3f9c2a',
}

const mug = {
  item_id: 'SKU-481',
  name: 'Mug',
  brand: 'Acme',
  category: 'Kitchen',
  price: 89.95,
  quantity: 1,
}
const plate = { item_id: 'SKU-812', name: 'Plate', price: 20, quantity: 2 }

export const canonicalEvents = {
  purchase: {
    ...person,
    segment_event: 'Order Completed',
    tracklayer_event: 'purchase',
    occurred_at: '2026-04-23T10:15:30.000Z',
    properties: {
      event_id: 'seg_msg_01HX9',
      order_id: 'ORD-10492',
      value: 129.95,
      currency: 'EUR',
      tax: 20.75,
      shipping: 4.9,
      discount: 5,
      coupon: 'SPRING',
      items: ['SKU-481', 'SKU-812'],
      line_items: [mug, plate],
    },
  },
  lead: {
    ...person,
    segment_event: 'Lead Submitted',
    tracklayer_event: 'lead',
    occurred_at: '2026-04-23T11:00:00.000Z',
    properties: {
      event_id: 'seg_msg_02',
      lead_id: 'L-77',
      lead_source: 'webinar',
      value: 40,
      currency: 'EUR',
    },
  },
  sign_up: {
    ...person,
    context: { user_agent: 'Mozilla/5.0 (X11; Linux x86_64)' },
    segment_event: 'Signed Up',
    tracklayer_event: 'sign_up',
    occurred_at: '2026-04-23T11:30:00.000Z',
    properties: { event_id: 'seg_msg_03', method: 'email' },
  },
  add_to_cart: {
    ...person,
    canonical_user_id: null,
    user: {},
    context: { click_ids: { wbraid: 'CjwKCAiA-example-wbraid-01' } },
    platform_consent: {
      ad_storage: 'UNSPECIFIED',
      ad_user_data: 'UNSPECIFIED',
      ad_personalization: 'UNSPECIFIED',
      analytics_storage: 'GRANTED',
    },
    segment_event: 'Product Added',
    tracklayer_event: 'add_to_cart',
    occurred_at: '2026-04-23T09:59:00.000Z',
    properties: {
      event_id: 'seg_msg_04',
      value: 89.95,
      currency: 'EUR',
      items: ['SKU-481'],
      line_items: [mug],
    },
  },
  refund: {
    ...person,
    segment_event: 'Order Refunded',
    tracklayer_event: 'refund',
    occurred_at: '2026-04-25T08:00:00.000Z',
    properties: {
      event_id: 'seg_msg_05',
      refund_id: 'R-1',
      order_id: 'ORD-10492',
      value: 40,
      remaining_value: 89.95,
      currency: 'EUR',
      items: ['SKU-812'],
      line_items: [plate],
    },
  },
}

export type GoldenEvent = keyof typeof canonicalEvents
