// examples/abandoned-cart: who buys is taken out, and so is who was not heard of for a week.
import { readFileSync } from 'node:fs'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import { expireMemberships } from '../../store/retention.ts'
import { consent, membership } from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { sha256 } from '../workspace/twins/twin-stage.ts'
import { type PatternStage, setPattern } from './patterns.ts'

const database = useDatabase()
const PLATFORMS = ['meta-audiences', 'tiktok-audiences']
const WEEK_MS = 7 * 24 * 60 * 60 * 1000
let stage: PatternStage
beforeEach(async () => {
  stage = await setPattern(database, 'abandoned-cart', { platforms: PLATFORMS })
})
afterEach(() => stage.close())

const left = (who: string, isInside: boolean, minute: number) =>
  membership(who, isInside, minute, { key: 'abandoned_cart' })
const hashes = (...people: string[]) => people.map((who) => sha256(`${who}@example.com`)).sort()
const members = () => Promise.all(PLATFORMS.map((at) => stage.membersAt(at, 'abandoned_cart')))

test('carts are shown again until they are bought, or a week has passed', async () => {
  await stage.store.send([consent('ann', true), consent('bob', true), consent('cyd', false)])
  stage.start()
  await stage.store.send(['ann', 'bob', 'cyd'].map((who) => left(who, true, 1)))
  await stage.settled()
  expect(await members()).toEqual([hashes('ann', 'bob'), hashes('ann', 'bob')])

  await stage.store.send([left('ann', false, 30)])
  await stage.settled()
  expect(await members()).toEqual([hashes('bob'), hashes('bob')])

  stage.clock.advance(WEEK_MS)
  const path = 'examples/abandoned-cart/mappings/audiences.yaml'
  const expired = await expireMemberships(stage.store.database, 'production', {
    table: parseAudiencesFile(readFileSync(path, 'utf8'), path),
    destinations: PLATFORMS,
    mappingVersion: 'test',
  })
  expect(expired.get('abandoned_cart')).toBe(2)
  await stage.settled()
  expect(await members()).toEqual([[], []])
})
