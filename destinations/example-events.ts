// Canonical events (design 3.2) that the examples of destinations start from: one person, five moments.
import type { CanonicalEvent } from '../core/canonical-event.ts'

const person = {
  canonical_user_id: 'cust_10482',
  anonymous_id: 'anon_8dca',
  user: {
    email: ' Jane.Doe@Example.com ',
    phone: '+49 151 23456789',
    first_name: 'Jane',
    last_name: "O'Neil-Doe",
    city: 'Köln',
    region: 'Nordrhein-Westfalen',
    postal_code: '50667',
    country: 'DE',
  },
  consent: { advertising: true, analytics: false },
  context: {
    ip: '203.0.113.7',
    user_agent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36',
    locale: 'de-DE',
    page: {
      url: 'https://shop.example/checkout/thanks?ref=mail',
      referrer: 'https://shop.example/checkout',
    },
    click_ids: {
      fbp: 'fb.1.1776939000000.1098115397',
      fbc: 'fb.1.1776938000000.IwAR0abcDEFghi',
      ttclid: 'E.C.P.v1abcDEF',
      ttp: '2F7h37YkS1j57AYSKTI7IHhJPYH',
    },
  },
  mapping_version: '2026-11-22+3f9c2a',
} as const

const lineItems = [
  {
    item_id: 'SKU-481',
    name: 'Trail shoe',
    price: 89.95,
    quantity: 1,
    brand: 'Peak',
    category: 'Shoes',
  },
  { item_id: 'SKU-812', name: 'Sock', price: 20, quantity: 2 },
]

export const purchase: CanonicalEvent = {
  segment_event: 'Order Completed',
  tracklayer_event: 'purchase',
  message_id: 'msg_01HX9',
  occurred_at: '2026-04-23T10:15:30.000Z',
  ...person,
  properties: {
    event_id: 'seg_msg_01HX9',
    order_id: 'ORD-10492',
    value: 129.95,
    currency: 'EUR',
    items: ['SKU-481', 'SKU-812'],
    line_items: lineItems,
  },
}

/** A lead of a form, from a person of whom the name and the address are unknown. */
export const lead: CanonicalEvent = {
  segment_event: 'Lead Submitted',
  tracklayer_event: 'lead',
  message_id: 'msg_01HX5',
  occurred_at: '2026-04-22T08:00:00.500Z',
  ...person,
  canonical_user_id: null,
  user: { email: 'jane.doe@example.com' },
  properties: { event_id: 'seg_msg_01HX5', lead_id: 'lead_77', value: 40, currency: 'EUR' },
}

export const signUp: CanonicalEvent = {
  segment_event: 'Signed Up',
  tracklayer_event: 'sign_up',
  message_id: 'msg_01HX6',
  occurred_at: '2026-04-22T08:05:00.000Z',
  ...person,
  properties: { event_id: 'seg_msg_01HX6' },
}

export const addToCart: CanonicalEvent = {
  segment_event: 'Product Added',
  tracklayer_event: 'add_to_cart',
  message_id: 'msg_01HX8',
  occurred_at: '2026-04-23T10:01:00.000Z',
  ...person,
  properties: {
    event_id: 'seg_msg_01HX8',
    value: 89.95,
    currency: 'EUR',
    items: ['SKU-481'],
    line_items: lineItems.slice(0, 1),
    price: 89.95,
    quantity: 1,
  },
}

/** Refunded by the back office: there is no page, no browser and no click. */
export const refund: CanonicalEvent = {
  segment_event: 'Order Refunded',
  tracklayer_event: 'refund',
  message_id: 'msg_01HXB',
  occurred_at: '2026-04-25T16:40:00.000Z',
  ...person,
  anonymous_id: null,
  context: {},
  properties: {
    event_id: 'seg_msg_01HXB',
    order_id: 'ORD-10492',
    refund_id: 'REF-9',
    value: 20,
    currency: 'EUR',
    items: ['SKU-812'],
    line_items: [{ item_id: 'SKU-812', name: 'Sock', price: 20, quantity: 1 }],
  },
}

/** Jane enters an audience that every platform knows under this id. */
export const audienceEntered: CanonicalEvent = {
  segment_event: 'Audience Entered',
  tracklayer_event: 'audience_entered',
  message_id: 'msg_01HXC',
  occurred_at: '2026-04-26T09:00:00.000Z',
  ...person,
  properties: {
    event_id: 'mem_01HXC',
    audience_id: 'aud_2JVIP',
    audience_key: 'vip_customers',
    audience_name: 'VIP customers',
    computation_id: 'aud_2JVIP',
    external_audience_id: '120210001',
    is_member: true,
    reason: 'entered',
  },
}

/** And leaves it two days later. */
export const audienceExited: CanonicalEvent = {
  ...audienceEntered,
  segment_event: 'Audience Exited',
  tracklayer_event: 'audience_exited',
  message_id: 'msg_01HXD',
  occurred_at: '2026-04-28T09:00:00.000Z',
  properties: {
    ...audienceEntered.properties,
    event_id: 'mem_01HXD',
    is_member: false,
    reason: 'exited',
  },
}

export const exampleEvents = { purchase, lead, sign_up: signUp, add_to_cart: addToCart, refund }
