// examples/lookalike-seed: nobody before there are enough, nobody without consent, and nobody taken out but who asks for it.
import { consent, membership } from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { sha256 } from '../workspace/twins/twin-stage.ts'
import { type PatternStage, setPattern } from './patterns.ts'

const database = useDatabase()
const PLATFORMS = ['meta-audiences', 'google-audiences']
let stage: PatternStage
beforeEach(async () => {
  stage = await setPattern(database, 'lookalike-seed', { platforms: PLATFORMS })
})
afterEach(() => stage.close())

const best = (who: string, isInside: boolean, minute: number) =>
  membership(who, isInside, minute, { key: 'best_customers' })
const hashes = (...people: string[]) => people.map((who) => sha256(`${who}@example.com`)).sort()
const members = () => Promise.all(PLATFORMS.map((at) => stage.membersAt(at, 'best_customers')))

test('the seed is sent once it is large enough, grows, and lets go only of who withdraws', async () => {
  await stage.store.send(['ann', 'bob', 'cyd', 'dan'].map((who) => consent(who, who !== 'dan')))
  stage.start()
  await stage.store.send([best('ann', true, 1), best('bob', true, 1)])
  await stage.settled()
  expect(await members()).toEqual([[], []])
  expect(await stage.states('meta-audiences')).toEqual(
    Array(2).fill('entered held below_minimum_size'),
  )
  await stage.store.send([best('cyd', true, 2), best('dan', true, 2)])
  await stage.settled()
  const three = hashes('ann', 'bob', 'cyd')
  expect(await members()).toEqual([three, three])

  await stage.store.send([best('ann', false, 3)])
  await stage.settled()
  expect(await members()).toEqual([three, three])

  await stage.store.send([consent('bob', false, 4)])
  await stage.settled()
  const two = hashes('ann', 'cyd')
  expect(await members()).toEqual([two, two])
})
