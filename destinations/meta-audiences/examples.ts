import type { DestinationExample } from '../example.ts'
import { audienceExited } from '../example-events.ts'

export const examples: readonly DestinationExample[] = [
  {
    name: 'who leaves is taken out by user id and address',
    in: audienceExited,
    action: 'syncAudience',
    mapping: {
      external_audience_id: { '@path': '$.properties.external_audience_id' },
      is_member: { '@path': '$.properties.is_member' },
      event_id: { '@path': '$.properties.event_id' },
      user_id: { '@path': '$.canonical_user_id' },
      email: { '@path': '$.user.email' },
    },
    settings: {},
    out: [
      {
        method: 'DELETE',
        path: '/v24.0/120210001/users',
        headers: {},
        body: {
          session: {
            session_id: 1382612383414039,
            batch_seq: 1,
            last_batch_flag: true,
            estimated_num_total: 1,
          },
          payload: {
            schema: ['EXTERN_ID', 'EMAIL'],
            data: [
              [
                '643eb5e088470a5d0eda00a63788177a589ff29836f5bfc144f1ef76a325b720',
                '86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d',
              ],
            ],
          },
        },
      },
    ],
  },
]
