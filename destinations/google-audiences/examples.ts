import type { DestinationExample } from '../example.ts'
import { audienceEntered } from '../example-events.ts'

export const examples: readonly DestinationExample[] = [
  {
    name: 'a request that Google only checks, of a person who said nothing about consent',
    in: audienceEntered,
    action: 'syncAudience',
    mapping: {
      external_audience_id: { '@path': '$.properties.external_audience_id' },
      is_member: { '@path': '$.properties.is_member' },
      email: { '@path': '$.user.email' },
    },
    settings: { validate_only: 'true' },
    out: [
      {
        method: 'POST',
        path: '/v1/audienceMembers:ingest',
        headers: {},
        body: {
          destinations: [
            {
              operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '1234567890' },
              loginAccount: { accountType: 'GOOGLE_ADS', accountId: '9876543210' },
              productDestinationId: '120210001',
            },
          ],
          audienceMembers: [
            {
              userData: {
                userIdentifiers: [
                  {
                    emailAddress:
                      '86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d',
                  },
                ],
              },
            },
          ],
          encoding: 'HEX',
          termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' },
          validateOnly: true,
        },
      },
    ],
  },
]
