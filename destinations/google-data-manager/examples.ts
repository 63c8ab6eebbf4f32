import type { DestinationExample } from '../example.ts'
import { lead, refund } from '../example-events.ts'

const settings = {
  operating_account_id: '123-456-7890',
  conversion_actions: 'purchase=111, lead=222',
}
const path = '/v1/events:ingest'
const headers = { 'content-type': 'application/json' }
const destination = (productDestinationId: string) => ({
  operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1234567890' },
  productDestinationId,
})

export const examples: readonly DestinationExample[] = [
  {
    name: 'a lead is matched by the address that the form asked for',
    in: {
      ...lead,
      platform_consent: { ad_user_data: 'GRANTED', ad_personalization: 'UNSPECIFIED' },
    },
    action: 'uploadConversion',
    mapping: {
      conversion: { '@path': '$.tracklayer_event' },
      transaction_id: { '@path': '$.properties.event_id' },
      occurred_at: { '@path': '$.occurred_at' },
      value: { '@path': '$.properties.value' },
      currency: { '@path': '$.properties.currency' },
      email: { '@path': '$.user.email' },
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
          destinations: [destination('222')],
          encoding: 'HEX',
          events: [
            {
              transactionId: 'seg_msg_01HX5',
              eventTimestamp: '2026-04-22T08:00:00.500Z',
              eventSource: 'WEB',
              conversionValue: 40,
              currency: 'EUR',
              userData: {
                userIdentifiers: [
                  {
                    emailAddress:
                      '86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d',
                  },
                ],
              },
              consent: { adUserData: 'CONSENT_GRANTED' },
            },
          ],
        },
      },
    ],
  },
  {
    name: 'a full refund leaves the order counted with the value 0',
    in: { ...refund, properties: { ...refund.properties, remaining_value: 0 } },
    action: 'restateConversion',
    mapping: {
      conversion: 'purchase',
      transaction_id: { '@path': '$.properties.order_id' },
      occurred_at: { '@path': '$.occurred_at' },
      restated_value: { '@path': '$.properties.remaining_value' },
      currency: { '@path': '$.properties.currency' },
      gclid: 'Cj0KCQ-example',
    },
    settings,
    out: [
      {
        method: 'POST',
        path,
        headers,
        body: {
          destinations: [destination('111')],
          encoding: 'HEX',
          events: [
            {
              transactionId: 'ORD-10492',
              eventTimestamp: '2026-04-25T16:40:00.000Z',
              eventSource: 'WEB',
              conversionValue: 0,
              currency: 'EUR',
              adIdentifiers: { gclid: 'Cj0KCQ-example' },
            },
          ],
        },
      },
    ],
  },
]
