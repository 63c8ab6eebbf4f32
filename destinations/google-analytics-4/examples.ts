import type { DestinationExample } from '../example.ts'
import { addToCart, refund } from '../example-events.ts'

const settings = { measurement_id: 'G-AB12CD34EF', api_secret: 'secret' }
const path = '/mp/collect?measurement_id=G-AB12CD34EF&api_secret=secret'
const headers = { 'content-type': 'application/json' }

export const examples: readonly DestinationExample[] = [
  {
    name: 'a browser without the Google tag is the client that its anonymous_id makes',
    in: addToCart,
    action: 'addToCart',
    mapping: {
      anonymous_id: { '@path': '$.anonymous_id' },
      occurred_at: { '@path': '$.occurred_at' },
      value: { '@path': '$.properties.value' },
      currency: { '@path': '$.properties.currency' },
      items: [{ item_id: { '@path': '$.properties.line_items[0].item_id' } }],
    },
    settings,
    out: [
      {
        method: 'POST',
        path,
        headers,
        body: {
          client_id: '1048570872.1995173588',
          events: [
            {
              name: 'add_to_cart',
              timestamp_micros: 1776938460000000,
              params: { items: [{ item_id: 'SKU-481' }], value: 89.95, currency: 'EUR' },
            },
          ],
        },
      },
    ],
  },
  {
    name: 'a refund names the order and what was paid back',
    in: {
      ...refund,
      platform_consent: { ad_user_data: 'DENIED', ad_personalization: 'DENIED' },
    },
    action: 'refund',
    mapping: {
      client_id: 'GA1.1.1234567890.1700000000',
      user_id: { '@path': '$.canonical_user_id' },
      occurred_at: { '@path': '$.occurred_at' },
      transaction_id: { '@path': '$.properties.order_id' },
      value: { '@path': '$.properties.value' },
      currency: { '@path': '$.properties.currency' },
      ad_user_data: { '@path': '$.platform_consent.ad_user_data' },
      ad_personalization: { '@path': '$.platform_consent.ad_personalization' },
    },
    settings,
    out: [
      {
        method: 'POST',
        path,
        headers,
        body: {
          client_id: '1234567890.1700000000',
          user_id: 'cust_10482',
          consent: { ad_user_data: 'DENIED', ad_personalization: 'DENIED' },
          events: [
            {
              name: 'refund',
              timestamp_micros: 1777135200000000,
              params: { transaction_id: 'ORD-10492', value: 20, currency: 'EUR' },
            },
          ],
        },
      },
    ],
  },
]
