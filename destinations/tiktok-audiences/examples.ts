import type { DestinationExample } from '../example.ts'
import { audienceEntered } from '../example-events.ts'

export const examples: readonly DestinationExample[] = [
  {
    name: 'an advertising id of Android beside the address',
    in: audienceEntered,
    action: 'syncAudience',
    mapping: {
      external_audience_id: { '@path': '$.properties.external_audience_id' },
      is_member: { '@path': '$.properties.is_member' },
      email: { '@path': '$.user.email' },
      gaid: '38400000-8cf0-11bd-b23e-10b96e40000d',
    },
    settings: {},
    out: [
      {
        method: 'POST',
        path: '/open_api/v1.3/segment/mapping/',
        headers: {},
        body: {
          advertiser_ids: ['7001'],
          action: 'add',
          id_schema: ['EMAIL_SHA256', 'GAID_SHA256'],
          batch_data: [
            [
              {
                id: '86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d',
                audience_ids: ['120210001'],
              },
              {
                id: 'd4181bb455a74b3bc8b37c75ac9b2c702eb6b9930bd040b861403b31ca85634d',
                audience_ids: ['120210001'],
              },
            ],
          ],
        },
      },
    ],
  },
]
