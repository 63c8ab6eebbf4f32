// examples/churn-risk: a list for messages, a notice for people, and orders that are known for what they are.
import { consent, membership } from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { type PatternStage, setPattern } from './patterns.ts'

const database = useDatabase()
let stage: PatternStage
beforeEach(async () => {
  stage = await setPattern(database, 'churn-risk', {
    platforms: ['klaviyo-lists'],
    webhooks: ['customer-care', 'won-back'],
  })
})
afterEach(() => stage.close())

const atRisk = (who: string, isInside: boolean, minute: number) =>
  membership(who, isInside, minute, { key: 'churn_risk' })

test('customers at risk are on the list, and an order of theirs is one won back', async () => {
  await stage.store.send([consent('ann', true), consent('bob', false)])
  stage.start()
  await stage.store.send([atRisk('ann', true, 1), atRisk('bob', true, 1)])
  await stage.settled()
  // Messages need consent; that somebody looks after them does not.
  expect(await stage.membersAt('klaviyo-lists', 'churn_risk')).toEqual(['ann@example.com'])
  expect(stage.received('customer-care').sort()).toEqual([
    'audience_entered ann',
    'audience_entered bob',
  ])
  await stage.store.send([
    orderMessage('o1', { userId: 'ann' }),
    orderMessage('o2', { userId: 'happy' }),
  ])
  await stage.settled()
  await stage.store.send([atRisk('ann', false, 9)])
  await stage.settled()
  await stage.store.send([orderMessage('o3', { userId: 'ann' })])
  await stage.settled()
  expect(stage.received('won-back')).toEqual(['purchase ann'])
  expect(await stage.membersAt('klaviyo-lists', 'churn_risk')).toEqual([])
  expect(stage.received('customer-care')).toHaveLength(2)
})
