import type { DestinationExample } from '../example.ts'
import { lead, signUp } from '../example-events.ts'

const settings = { pixelId: '1234567890', accessToken: 'EAAB-token', testEventCode: 'TEST123' }
const headers = { authorization: 'Bearer EAAB-token', 'content-type': 'application/json' }
const path = '/v24.0/1234567890/events'

export const examples: readonly DestinationExample[] = [
  {
    name: 'limited data use, where Meta is to find out the state',
    in: { ...lead, platform_consent: { data_processing_options: ['LDU'] } },
    action: 'sendEvent',
    mapping: {
      event_name: 'Lead',
      event_time: { '@path': '$.occurred_at' },
      event_id: { '@path': '$.properties.event_id' },
      action_source: 'system_generated',
      user_data: { email: { '@path': '$.user.email' } },
      custom_properties: { lead_event_source: 'CRM' },
      data_processing_options: { '@path': '$.platform_consent.data_processing_options' },
    },
    settings,
    out: [
      {
        method: 'POST',
        path,
        headers,
        body: {
          data: [
            {
              event_name: 'Lead',
              event_time: 1776844800,
              event_id: 'seg_msg_01HX5',
              action_source: 'system_generated',
              user_data: {
                em: ['86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d'],
              },
              custom_data: { lead_event_source: 'CRM' },
              data_processing_options: ['LDU'],
              data_processing_options_country: 0,
              data_processing_options_state: 0,
            },
          ],
          test_event_code: 'TEST123',
        },
      },
    ],
  },
  {
    name: 'a click id without the cookie becomes fbc, with the time of the event',
    in: signUp,
    action: 'sendEvent',
    mapping: {
      event_name: 'CompleteRegistration',
      event_time: { '@path': '$.occurred_at' },
      event_id: { '@path': '$.properties.event_id' },
      action_source: 'website',
      user_data: { fbclid: 'IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk' },
    },
    settings,
    out: [
      {
        method: 'POST',
        path,
        headers,
        body: {
          data: [
            {
              event_name: 'CompleteRegistration',
              event_time: 1776845100,
              event_id: 'seg_msg_01HX6',
              action_source: 'website',
              user_data: {
                fbc: 'fb.1.1776845100000.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk',
              },
            },
          ],
          test_event_code: 'TEST123',
        },
      },
    ],
  },
]
