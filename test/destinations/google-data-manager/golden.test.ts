// What leaves for Google Ads, byte for byte, through the mapping file and actions-core.
import definition from '../../../destinations/google-data-manager/index.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { canonicalEvents, type GoldenEvent } from '../golden/google/canonical-events.ts'
import { matching, readDraft } from '../golden/google/draft-file.ts'
import { expectGolden, readGolden } from '../golden/google/golden-request.ts'
import { hostOf } from './host.ts'

let server: RecordingServer
beforeAll(async () => {
  server = await startRecordingServer(json(200, { requestId: 'dm-1' }))
})
afterAll(() => server.close())

const auth = { accessToken: 'ya29.access', refreshToken: '1//refresh' }
const settings = () => ({
  operating_account_id: '123-456-7890',
  login_account_id: '9876543210',
  conversion_actions: 'purchase=111, lead=222, sign_up=333',
  conversion_action_id: '444',
  merchant_id: '556677',
  merchant_feed_label: 'DE',
  merchant_feed_language_code: 'de',
  base_url: server.url,
})
const draft = readDraft('google-ads')

test.each(['purchase', 'lead', 'sign_up', 'refund'] as const)(
  '%s leaves as the documentation has it',
  async (name) => {
    const event = canonicalEvents[name]
    const [subscription] = matching(draft, event)
    if (!subscription) throw new Error('want a subscription')
    const { action, mapping } = subscription
    await hostOf(definition).executeAction(action, { event, mapping, settings: settings(), auth })
    expectGolden(server.requests.at(-1), readGolden('google', name))
  },
)

test('add_to_cart, which no subscription of the file takes, leaves through the field defaults', async () => {
  const event = canonicalEvents.add_to_cart
  expect(matching(draft, event)).toEqual([])
  const preset = definition.presets?.[0]?.mapping ?? {}
  await hostOf(definition).executeAction('uploadConversion', {
    event,
    mapping: structuredClone(preset) as never,
    settings: settings(),
    auth,
  })
  expectGolden(server.requests.at(-1), readGolden('google', 'add_to_cart'))
})

test('a batch leaves as one request with the same events', async () => {
  const names: GoldenEvent[] = ['lead', 'lead']
  const events = names.map((name) => canonicalEvents[name])
  const [subscription] = matching(draft, events[0] as object)
  const nodes = await hostOf(definition).executeBatch('uploadConversion', {
    events,
    mapping: subscription?.mapping ?? {},
    settings: settings(),
    auth,
  })
  const { body } = readGolden('google', 'lead') as { body: { events: unknown[] } }
  const both = { ...body, events: [...body.events, ...body.events] }
  expect(server.requests.at(-1)?.body.toString()).toBe(JSON.stringify(both))
  expect(nodes).toMatchObject([
    { status: 200, sent: body.events[0], body: { requestId: 'dm-1' } },
    { status: 200, sent: body.events[0], body: { requestId: 'dm-1' } },
  ])
})
