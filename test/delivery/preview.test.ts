// A preview follows delivery down to its requests and sends nothing, whatever the destination; a test event is sent for
// real, in the platform's test mode.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { CanonicalEvent } from '../../core/canonical-event.ts'
import { createRandom } from '../../core/clock.ts'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import { createVault } from '../../core/vault.ts'
import { createDestination } from '../../delivery/definitions.ts'
import type { TokenStore } from '../../delivery/host/token-source.ts'
import { testRunOf } from '../../delivery/test-modes.ts'
import { createTransport } from '../../delivery/transport.ts'
import { tryDestination } from '../../delivery/try-destination.ts'
import { listen } from '../../workspace/listen.ts'
import { createGa4Twin } from '../../workspace/twins/ga4/ga4-twin.ts'
import { CATALOGUE, NO_RETURNS } from '../support/delivery.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { agreedOrder } from '../support/replay-stage.ts'
import { ACCOUNT, batchOf } from '../support/signed-batch.ts'

const clock = createManualClock()
const canonical = batchOf([agreedOrder('o1')]).batch[0]?.canonical as CanonicalEvent
const delivery = {
  id: '1',
  attempt: 1,
  canonical,
  canonicalUserId: 'user-o1',
  receivedAt: new Date(clock.now()),
  consents: [],
}
const fileOf = (name: string) =>
  parseDestinationFile(readFileSync(`mappings/destinations/${name}.yaml`, 'utf8'), `${name}.yaml`)

const SETTINGS: Record<string, Record<string, string>> = {
  meta: { pixelId: '77', accessToken: 'secret-token' },
  tiktok: { pixelCode: 'C1', accessToken: 'secret-token' },
  ga4: { measurement_id: 'G-AB12CD34EF', api_secret: 'secret-token' },
  'google-ads': {
    operating_account_id: '1234567890',
    login_account_id: '1234567890',
    conversion_actions: 'purchase=1',
  },
  webhook: { url: 'https://receiver.example/hook', secret: 'secret-token-000000' },
  segment: { url: 'https://receiver.example/hook', secret: 'secret-token-000000' },
  // Nobody listens there: an attempt to connect would end as a failure.
  warehouse: {
    connection_string: 'postgres://x:secret-token@127.0.0.1:1/x',
    dialect: 'postgres',
    schema: 's',
    table: 't',
  },
}

// A rehearsal neither reads nor renews what the account signs in with.
const UNTOUCHED = {
  database: { clock, random: createRandom(7) },
  vault: createVault('a'.repeat(64), randomBytes),
} as unknown as TokenStore

function destinationOf(name: string) {
  const { oauth: _, ...file } = fileOf(name)
  const oauth = { client_id: 'c', client_secret: 'secret-token', refresh_token: 'secret-token' }
  return createDestination({
    name,
    account: ACCOUNT,
    environment: 'production',
    file: name === 'google-ads' ? { ...file, oauth } : file,
    settings: SETTINGS[name] ?? {},
    catalogue: CATALOGUE,
    tokenStore: UNTOUCHED,
    returns: { ...NO_RETURNS, returns: { purchase: { event: 'Purchase Confirmed' } } },
    transport: () => Promise.reject(new Error('something left the house')),
    clock,
  })
}

test.each(Object.keys(SETTINGS))('%s: is previewed without a request', async (name) => {
  const [first, second] = await destinationOf(name).preview([delivery, delivery])
  expect(first).toMatchObject({ kind: 'sent', reason: null })
  expect(first?.request?.payload).toEqual(expect.any(Object))
  expect(first?.requests).toHaveLength(name === 'warehouse' ? 0 : 1)
  // Each alone: what the first one asked for is not the second one's.
  expect(second?.requests).toHaveLength(name === 'warehouse' ? 0 : 1)
  const shown = JSON.stringify([first, second])
  expect(shown).not.toMatch(/secret-token|o1@example\.com|[0-9a-f]{64}/)
})

test('an event that the definition would not take is shown as refused', async () => {
  const { user: _, context: __, anonymous_id: ___, ...rest } = canonical
  const nobody = {
    ...rest,
    user: {},
    context: {},
    anonymous_id: null,
    canonical_user_id: null,
  } as CanonicalEvent
  const [preview] = await destinationOf('ga4').preview([
    { ...delivery, canonical: nobody, canonicalUserId: null },
  ])
  expect(preview).toMatchObject({ kind: 'refused', requests: [] })
  expect(preview?.reason).toMatch(/client/i)
})

describe('a test event', () => {
  const transport = createTransport({ allowPrivateAddresses: true })
  afterAll(() => transport.close())

  test('goes to the validation server of GA4, which counts nothing', async () => {
    const twin = createGa4Twin({
      clock,
      random: createRandom(1),
      streams: [{ measurementId: 'G-AB12CD34EF', apiSecret: 'secret' }],
    })
    const server = await listen(twin.app, 0)
    try {
      const run = testRunOf('ga4', fileOf('ga4'), { sendReal: false })
      const tried = await tryDestination({
        account: ACCOUNT,
        name: 'ga4',
        environment: 'production',
        file: run.file,
        catalogue: CATALOGUE,
        returns: NO_RETURNS,
        variables: {
          GA4_MEASUREMENT_ID_PRODUCTION: 'G-AB12CD34EF',
          GA4_API_SECRET_PRODUCTION: 'secret',
          GA4_BASE_URL_PRODUCTION: server.url,
        },
        transport: transport.send,
        clock,
        canonical,
      })
      expect(tried).toMatchObject({
        result: { kind: 'delivered' },
        exchanges: [{ status: 200, request: { url: `${server.url}/debug/mp/collect` } }],
        lastBody: '{"validationMessages":[]}',
      })
      expect(twin.summary().received).toBe(0)
      const faults = run.faultsIn({
        validationMessages: [{ fieldPath: 'events', description: 'no' }],
      })
      expect(faults).toEqual(['events: no'])
    } finally {
      await server.close()
    }
  })

  test.each([
    { name: 'meta', given: { testCode: 'T1' }, settings: { testEventCode: 'T1' } },
    { name: 'tiktok', given: { testCode: 'T1' }, settings: { testEventCode: 'T1' } },
    { name: 'google-ads', given: {}, settings: { validate_only: 'true' } },
  ])('to $name carries its test mode', ({ name, given, settings }) => {
    const { file } = testRunOf(name, fileOf(name), { ...given, sendReal: false })
    expect(file.settings).toMatchObject(settings)
  })

  test('is refused where it would count, unless that is meant', () => {
    const file = fileOf('webhook')
    expect(() => testRunOf('webhook', file, { sendReal: false })).toThrow(/--send-real/)
    expect(testRunOf('webhook', file, { sendReal: true }).file).toBe(file)
    expect(() => testRunOf('meta', fileOf('meta'), { sendReal: false })).toThrow(/--test-code/)
  })

  test('of a destination that is off names what is missing', async () => {
    const off = await tryDestination({
      account: ACCOUNT,
      name: 'meta',
      environment: 'production',
      file: fileOf('meta'),
      catalogue: CATALOGUE,
      returns: NO_RETURNS,
      variables: {},
      transport: transport.send,
      clock,
      canonical,
    })
    expect(off).toEqual({ missing: ['META_PIXEL_ID_PRODUCTION', 'META_ACCESS_TOKEN_PRODUCTION'] })
  })
})
