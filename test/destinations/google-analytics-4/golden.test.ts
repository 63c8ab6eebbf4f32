// What leaves for Google Analytics, byte for byte, through the mapping file and actions-core.
import definition from '../../../destinations/google-analytics-4/index.ts'
import { type RecordingServer, startRecordingServer, text } from '../../support/recording-server.ts'
import { canonicalEvents, type GoldenEvent } from '../golden/google/canonical-events.ts'
import { matching, readDraft } from '../golden/google/draft-file.ts'
import { expectGolden, readGolden } from '../golden/google/golden-request.ts'
import { hostOf } from '../google-data-manager/host.ts'

let server: RecordingServer
beforeAll(async () => {
  server = await startRecordingServer(text(204, ''))
})
afterAll(() => server.close())

const draft = readDraft('ga4')

test.each(Object.keys(canonicalEvents) as GoldenEvent[])(
  '%s leaves as the documentation has it',
  async (name) => {
    const event = canonicalEvents[name]
    const [subscription, ...others] = matching(draft, event)
    if (!subscription) throw new Error('want a subscription')
    expect(others).toEqual([])
    await hostOf(definition).executeAction(subscription.action, {
      event,
      mapping: subscription.mapping,
      settings: {
        measurement_id: 'G-AB12CD34EF',
        api_secret: 's3cret/key',
        base_url: server.url,
      },
    })
    expectGolden(server.requests.at(-1), readGolden('ga4', name))
  },
)
