// What pages about audiences read, with 30,000 members and the 75,000 transitions of their month.
import { AUDIENCE_PAGES, AUDIENCE_QUESTIONS, fillAudience } from '../../bench/data-sets/audience.ts'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { SizesPage } from '../../store/audience-sizes.ts'
import { useDatabase } from '../support/database.ts'
import { createCountedStore } from '../support/rows-read.ts'

const MEMBERS = 30_000
// Each of them has an event and a delivery.
const TRANSITIONS = 2.5 * MEMBERS

const database = useDatabase()
const TABLE = parseAudiencesFile(
  'audiences: { vip: { keys: [vip], destinations: [webhook] } }',
  'a.yaml',
)

const PAGES = { ...AUDIENCE_PAGES, ...AUDIENCE_QUESTIONS }

// What counts members looks at each once, and at their profile where it asks for that; the audit at everything there is.
// To read the members once more is too much for each of them.
const MOST_ROWS: Partial<Record<keyof typeof PAGES, number>> = {
  list: 3 * MEMBERS,
  one: 3 * MEMBERS,
  sizes: 2 * MEMBERS,
  audit: 2 * MEMBERS + 3 * TRANSITIONS,
}

test('the month of an audience is counted once, and no page reads a row twice', async () => {
  const { store, pool, read, excess } = createCountedStore(database, {
    destinations: ['webhook'],
    audiences: TABLE,
  })
  await fillAudience(pool, { members: MEMBERS, nowMs: store.clock.now() })
  const first = await read<SizesPage>(AUDIENCE_PAGES.sizes)
  expect(first.rows).toBeLessThanOrEqual(2 * MEMBERS + TRANSITIONS)
  const [audience] = first.body.audiences
  expect(audience?.sizes).toHaveLength(30)
  expect(audience?.sizes.at(-1)).toBe(MEMBERS)
  await pool.query('vacuum analyze')
  expect(await excess(PAGES, MOST_ROWS)).toEqual([])
}, 600_000)
