import type { JsonObject } from '../../core/json.ts'
import type { DestinationExample } from '../example.ts'
import { purchase } from '../example-events.ts'

/** Nothing leaves over HTTP: `row` is what is in the table afterwards, without columns that are null. */
export interface WarehouseExample extends DestinationExample {
  readonly row: JsonObject
}

export const examples: readonly WarehouseExample[] = [
  {
    name: 'a purchase is a row; lists and objects are JSON columns',
    in: purchase,
    action: 'writeEvent',
    mapping: {
      event_id: { '@path': '$.properties.event_id' },
      event_name: { '@path': '$.tracklayer_event' },
      occurred_at: { '@path': '$.occurred_at' },
      canonical_user_id: { '@path': '$.canonical_user_id' },
      consent: { '@path': '$.consent' },
      user: { country: { '@path': '$.user.country' } },
      context: { page: { '@path': '$.context.page' } },
      properties: { '@path': '$.properties' },
    },
    settings: { schema: 'tracklayer', table: 'events', dialect: 'postgres' },
    out: [],
    row: {
      event_id: 'seg_msg_01HX9',
      event_name: 'purchase',
      occurred_at: '2026-04-23T10:15:30.000Z',
      canonical_user_id: 'cust_10482',
      consent: { advertising: true, analytics: false },
      user_country: 'DE',
      context_page: {
        url: 'https://shop.example/checkout/thanks?ref=mail',
        referrer: 'https://shop.example/checkout',
      },
      order_id: 'ORD-10492',
      value: '129.95',
      currency: 'EUR',
      items: ['SKU-481', 'SKU-812'],
      line_items: [
        {
          item_id: 'SKU-481',
          name: 'Trail shoe',
          price: 89.95,
          quantity: 1,
          brand: 'Peak',
          category: 'Shoes',
        },
        { item_id: 'SKU-812', name: 'Sock', price: 20, quantity: 2 },
      ],
    },
  },
]
