// What outcomes read of 100,000 events, a fifth of them conversions, and of an audience of 10,000, also when the planner
// knows nothing of the tables yet.
import { fillOutcomes, OUTCOME_PAGES } from '../../bench/data-sets/outcomes.ts'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { Outcomes } from '../../store/outcomes.ts'
import { useDatabase } from '../support/database.ts'
import { createCountedStore } from '../support/rows-read.ts'

const EVENTS = 100_000
const ORDERS = EVENTS / 5
const MEMBERS = EVENTS / 10
const PEOPLE = 3 * MEMBERS
const STATEMENTS = 3 * MEMBERS
const CONVERSIONS = ORDERS + ORDERS / 10 // with their refunds

// The conversions twice: what happened, and what was taken back of it. The events not at all.
const MOST_ROWS = STATEMENTS + PEOPLE + 2 * CONVERSIONS

const database = useDatabase()
const TABLE = parseAudiencesFile('audiences: { vip: { keys: [vip] } }', 'audiences.yaml')

test('a question reads its tables once each, before they are analyzed as after it', async () => {
  const { pool, read, excess } = createCountedStore(database, {
    destinations: [],
    audiences: TABLE,
  })
  await fillOutcomes(pool, { events: EVENTS })
  const fresh = await read<Outcomes>(OUTCOME_PAGES['all time'])
  expect(fresh.rows).toBeLessThanOrEqual(MOST_ROWS)
  await pool.query('analyze')
  expect(await excess(OUTCOME_PAGES, { 'all time': MOST_ROWS, 'one month': MOST_ROWS })).toEqual([])
  const known = await read<Outcomes>(OUTCOME_PAGES['all time'])
  const { period, audience } = known.body
  expect(known.body).toEqual(fresh.body)
  expect(audience).toEqual({ people: MEMBERS, entries: 2 * MEMBERS })
  expect(period.total.conversions).toBe(ORDERS)
  expect(period.member.conversions + period.not_member.conversions).toBe(ORDERS)
}, 600_000)
