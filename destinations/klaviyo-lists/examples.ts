import type { DestinationExample } from '../example.ts'
import { audienceEntered } from '../example-events.ts'

export const examples: readonly DestinationExample[] = [
  {
    name: 'a profile whose id is known goes straight to the list',
    in: audienceEntered,
    action: 'syncAudience',
    mapping: {
      external_audience_id: { '@path': '$.properties.external_audience_id' },
      is_member: { '@path': '$.properties.is_member' },
      profile_id: '01J0JANE',
    },
    settings: {},
    out: [
      {
        method: 'POST',
        path: '/api/lists/120210001/relationships/profiles',
        headers: {},
        body: { data: [{ type: 'profile', id: '01J0JANE' }] },
      },
    ],
  },
]
