// examples/vip-sync, from what Engage sends to the platforms' members and the receivers' requests.
import { consent, membership } from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { sha256 } from '../workspace/twins/twin-stage.ts'
import { type PatternStage, setPattern } from './patterns.ts'

const database = useDatabase()
let stage: PatternStage
beforeEach(async () => {
  stage = await setPattern(database, 'vip-sync', {
    platforms: ['meta-audiences', 'klaviyo-lists'],
    webhooks: ['suppression-list', 'order-alerts'],
  })
})
afterEach(() => stage.close())

const vip = (who: string, isInside: boolean, minute: number) =>
  membership(who, isInside, minute, { key: 'vip_customers' })
const suppressed = (who: string, minute: number) =>
  membership(who, true, minute, { key: 'suppressed' })
const order = (userId: string) => orderMessage(`o-${userId}`, { userId })

test('VIPs are members at both platforms; the suppressed are told to the list, and their orders to nobody', async () => {
  await stage.store.send(['ann', 'bob', 'cyd'].map((who) => consent(who, true)))
  stage.start()
  await stage.store.send([vip('ann', true, 1), vip('bob', true, 1), vip('cyd', true, 1)])
  await stage.store.send([suppressed('bob', 2), vip('cyd', false, 3)])
  await stage.settled()
  await stage.store.send([order('ann'), order('bob'), order('stranger')])
  await stage.settled()

  const at = (folder: string) => stage.membersAt(folder, 'vip_customers')
  const hashes = ['ann', 'bob'].map((who) => sha256(`${who}@example.com`)).sort()
  expect(await at('meta-audiences')).toEqual(hashes)
  expect(await at('klaviyo-lists')).toEqual(['ann@example.com', 'bob@example.com'])
  expect(stage.received('suppression-list')).toEqual(['audience_entered bob'])
  expect(stage.received('order-alerts')).toEqual(['purchase ann'])
  for (const each of (await stage.audit('vip')).destinations)
    expect(each).toMatchObject({ ours: 2, acknowledged: 2, missing: 0, extra: 0 })
})
