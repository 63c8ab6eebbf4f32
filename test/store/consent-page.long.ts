// What the consent page reads of 200,000 deliveries, 10,000 of them held.
import { CONSENT_PAGES, fillConsents } from '../../bench/data-sets/consent.ts'
import { useDatabase } from '../support/database.ts'
import { createCountedStore } from '../support/rows-read.ts'

const EVENTS = 50_000
const DELIVERIES = 4 * EVENTS
const HELD = DELIVERIES / 20
const DAYS = 3

const database = useDatabase()

// Counts look at what is held and at what was settled in their window. Which destination holds something stands in the
// index of what is held, without an order of its own.
const MOST_ROWS: Partial<Record<keyof typeof CONSENT_PAGES, number>> = {
  'held at a destination that holds nothing': 2 * HELD,
  'counts of an hour': 2 * HELD + DELIVERIES / DAYS / 24,
  'counts of a day': 2 * HELD + DELIVERIES / DAYS,
  'counts of a week': 2 * HELD + DELIVERIES,
}

test('every list by index, whatever lies around it; counts of their window alone', async () => {
  const { store, pool, read, excess } = createCountedStore(database)
  await fillConsents(pool, { events: EVENTS, nowMs: store.clock.now() })
  await pool.query('vacuum analyze')
  expect(await excess(CONSENT_PAGES, MOST_ROWS)).toEqual([])
  const { body } = await read<{ revocations: unknown[] }>(CONSENT_PAGES.revocations)
  expect(body.revocations[0]).toMatchObject({ withdrawn: { d2: expect.any(Number) } })
}, 600_000)
