import type { DestinationExample } from '../example.ts'
import { lead, purchase } from '../example-events.ts'

const settings = {
  accessToken: 'tt-token',
  pixelCode: 'C0PIXEL1234567890',
  offlineEventSetId: '7000000000000000001',
  testEventCode: 'TEST456',
}
const headers = { 'access-token': 'tt-token', 'content-type': 'application/json' }
const path = '/open_api/v1.3/event/track/'

export const examples: readonly DestinationExample[] = [
  {
    name: 'a purchase in a shop: of the person only email and phone may be sent',
    in: purchase,
    action: 'sendEvent',
    mapping: {
      event: 'Purchase',
      event_time: { '@path': '$.occurred_at' },
      event_id: { '@path': '$.properties.event_id' },
      event_source: 'offline',
      user: {
        email: { '@path': '$.user.email' },
        phone: { '@path': '$.user.phone' },
        external_id: [{ '@path': '$.canonical_user_id' }],
        ip: { '@path': '$.context.ip' },
      },
      properties: {
        value: { '@path': '$.properties.value' },
        currency: { '@path': '$.properties.currency' },
        order_id: { '@path': '$.properties.order_id' },
        shop_id: 'cologne-1',
      },
    },
    settings,
    out: [
      {
        method: 'POST',
        path,
        headers,
        body: {
          event_source: 'offline',
          event_source_id: '7000000000000000001',
          test_event_code: 'TEST456',
          data: [
            {
              event: 'Purchase',
              event_time: 1776939330,
              event_id: 'seg_msg_01HX9',
              user: {
                email: ['86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d'],
                phone: ['663a4322addcdcc2be9435bfd2505066dc1048b89d33e48f363119f18bdd71e8'],
              },
              properties: {
                currency: 'EUR',
                value: 129.95,
                order_id: 'ORD-10492',
                shop_id: 'cologne-1',
              },
            },
          ],
        },
      },
    ],
  },
  {
    name: 'limited data use',
    in: { ...lead, platform_consent: { limited_data_use: true } },
    action: 'sendEvent',
    mapping: {
      event: 'Lead',
      event_time: { '@path': '$.occurred_at' },
      event_id: { '@path': '$.properties.event_id' },
      event_source: 'web',
      user: { ip: { '@path': '$.context.ip' }, ttclid: { '@path': '$.context.click_ids.ttclid' } },
      page: { url: { '@path': '$.context.page.url' } },
      limited_data_use: { '@path': '$.platform_consent.limited_data_use' },
    },
    settings,
    out: [
      {
        method: 'POST',
        path,
        headers,
        body: {
          event_source: 'web',
          event_source_id: 'C0PIXEL1234567890',
          test_event_code: 'TEST456',
          data: [
            {
              event: 'Lead',
              event_time: 1776844800,
              event_id: 'seg_msg_01HX5',
              user: { ttclid: 'E.C.P.v1abcDEF', ip: '203.0.113.7' },
              page: { url: 'https://shop.example/checkout/thanks?ref=mail' },
              limited_data_use: true,
            },
          ],
        },
      },
    ],
  },
]
