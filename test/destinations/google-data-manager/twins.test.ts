// The mapping files and definitions against the local twins of the vendors: what they would count.
import { createRandom } from '../../../core/clock.ts'
import analytics from '../../../destinations/google-analytics-4/index.ts'
import dataManager from '../../../destinations/google-data-manager/index.ts'
import { listen } from '../../../workspace/listen.ts'
import { createGa4Twin } from '../../../workspace/twins/ga4/ga4-twin.ts'
import { createGoogleTwin } from '../../../workspace/twins/google/google-twin.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { canonicalEvents } from '../golden/google/canonical-events.ts'
import { matching, readDraft } from '../golden/google/draft-file.ts'
import { hostOf } from './host.ts'

const clock = createManualClock(Date.parse('2026-04-25T08:30:00.000Z'))
const random = createRandom(1)
const auth = { accessToken: 'ya29.access', refreshToken: '' }

async function sendAll(
  definition: typeof analytics | typeof dataManager,
  draft: ReturnType<typeof readDraft>,
  settings: object,
) {
  for (const event of Object.values(canonicalEvents))
    for (const { action, mapping } of matching(draft, event))
      await hostOf(definition as typeof analytics).executeAction(action, {
        event,
        mapping,
        settings,
        auth,
      })
}

test('Google Ads counts purchase, lead and sign-up, and takes the refund as a restatement', async () => {
  const twin = createGoogleTwin({
    clock,
    random,
    tokens: [{ token: 'ya29.access' }],
    accountIds: ['1234567890'],
    conversionActions: [
      { id: '111', type: 'WEBPAGE' },
      { id: '222', type: 'UPLOAD_CLICKS' },
      { id: '333', type: 'UPLOAD_CLICKS' },
    ],
  })
  const server = await listen(twin.app, 0)
  try {
    await sendAll(dataManager, readDraft('google-ads'), {
      operating_account_id: '123-456-7890',
      conversion_actions: 'purchase=111, lead=222, sign_up=333',
      base_url: server.url,
    })
  } finally {
    await server.close()
  }
  expect(twin.summary()).toMatchObject({ received: 4, refused: {} })
  expect([...twin.counted().values()].map(({ event }) => event.transactionId)).toEqual([
    'ORD-10492',
    'seg_msg_02',
    'seg_msg_03',
  ])
  const [purchase] = twin.counted().values()
  // 129.95 was paid, 40 paid back.
  expect(purchase?.event).toMatchObject({ transactionId: 'ORD-10492', conversionValue: 89.95 })
})

test('Google Analytics counts all five, and the purchase once', async () => {
  const twin = createGa4Twin({
    clock,
    random,
    streams: [{ measurementId: 'G-AB12CD34EF', apiSecret: 's3cret' }],
  })
  const server = await listen(twin.app, 0)
  const settings = {
    measurement_id: 'G-AB12CD34EF',
    api_secret: 's3cret',
    base_url: server.url,
  }
  try {
    await sendAll(analytics, readDraft('ga4'), settings)
    await sendAll(analytics, readDraft('ga4'), settings)
    await hostOf(analytics).testAuthentication(settings)
  } finally {
    await server.close()
  }
  expect(twin.summary()).toMatchObject({ received: 10, duplicates: 1, refused: {} })
})
