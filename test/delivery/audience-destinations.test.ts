// The files of the audience destinations under the house's own host: methods, queries and bodies that no event destination
// uses, and consent. From a claimed delivery to a member at the twin.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRandom } from '../../core/clock.ts'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import { createVault } from '../../core/vault.ts'
import { createDestination } from '../../delivery/definitions.ts'
import { createTransport } from '../../delivery/transport.ts'
import type { ClaimedDelivery } from '../../store/deliveries.ts'
import { listen } from '../../workspace/listen.ts'
import {
  type ChangeOf,
  change,
  emails,
  platformCases,
  remoteOf,
} from '../destinations/audiences/platforms.ts'
import { useDatabase } from '../support/database.ts'
import { CATALOGUE, NO_RETURNS } from '../support/delivery.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { json, startRecordingServer } from '../support/recording-server.ts'
import { ACCOUNT } from '../support/signed-batch.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
afterAll(() => transport.close())

let claims = 0

function claimed(of: ChangeOf, isAllowed = true): ClaimedDelivery {
  const { platform_consent, id, ...canonical } = change(of)
  claims += 1
  return {
    id: String(claims),
    attempt: 1,
    canonical: { ...canonical, consent: { Advertising: isAllowed, Marketing: isAllowed } } as never,
    canonicalUserId: canonical.canonical_user_id,
    receivedAt: new Date('2026-04-28T10:00:00.000Z'),
    consents: [],
  }
}

test.each(platformCases)('%s: entries, exits and a refusal in one batch', async (_, platform) => {
  const { twin, members } = platform.stage()
  const server = await listen(twin.app, 0)
  // Google's connection is renewed elsewhere than at its API.
  const tokens = await startRecordingServer(json(200, { access_token: 'good' }))
  try {
    const settings = {
      ...(platform.settings(server.url) as Record<string, string>),
      token_url: tokens.url,
    }
    const path = `mappings/destinations/${platform.folder}.yaml`
    const clock = createManualClock(Date.parse('2026-04-28T10:00:00.000Z'))
    const { deliver } = createDestination({
      name: platform.folder,
      account: ACCOUNT,
      environment: 'production',
      file: parseDestinationFile(readFileSync(path, 'utf8'), path),
      settings,
      returns: NO_RETURNS,
      catalogue: CATALOGUE,
      transport: transport.send,
      clock,
      tokenStore: {
        database: { pool: database.pool, clock, random: createRandom(7) },
        vault: createVault('0'.repeat(64), randomBytes),
      },
    })
    const { externalId: audience } = await remoteOf(platform).createAudience({
      settings,
      audienceName: 'VIP customers',
    })
    await deliver([claimed({ who: 'ann', audience }), claimed({ who: 'bob', audience })])
    const results = await deliver([
      claimed({ who: 'ann', audience, isMember: false }),
      claimed({ who: 'cyd', audience }, false),
      claimed({ who: 'dan', audience }),
      claimed({ who: 'eve', audience: '404404' }),
    ])
    expect(results).toMatchObject([
      { kind: 'delivered' },
      { kind: 'filtered', reason: 'consent_denied' },
      { kind: 'delivered' },
      { kind: 'failed', isAudience: true, isCredential: false },
    ])
    expect([...members(audience)].sort()).toEqual(emails('bob', 'dan').map(platform.kept).sort())
  } finally {
    await server.close()
    await tokens.close()
  }
})
