// What the list of events reads of 100,000 messages; and what the overview and the sums of destinations read, once the
// minutes that are over are counted.
import { fillMessages, messagePages, SUM_PAGES } from '../../bench/data-sets/messages.ts'
import { MOST_LOOKED_AT } from '../../store/event-search.ts'
import { tallyMinutes } from '../../store/minute-tallies.ts'
import { useDatabase } from '../support/database.ts'
import { createCountedStore } from '../support/rows-read.ts'

const MESSAGES = 100_000
// 750 messages a minute, and as many deliveries.
const MINUTE_ROWS = 1_500

type Page = keyof ReturnType<typeof messagePages>

/** How many messages are on each page. */
const LISTED: Record<Page, number> = {
  'the newest': 50,
  'a page further back': 50,
  'by order': 1,
  'by one text, an order': 1,
  'by one text, known to nobody': 0,
  'by message': 1,
  'by event id': 1,
  'by person': 10,
  'by name': 50,
  'by a name that nothing has': 0,
  'by a rare state': 10,
  'by a rare state at one destination': 10,
  'by a state that nothing is in': 0,
  'by a common state': 50,
  'by a common state that nothing is in': 0,
  'by a rare outcome': 50,
  'by a common outcome': 50,
}

const MOST_ROWS: Partial<Record<Page, number>> = {
  // The event, and its deliveries.
  'by a common state that nothing is in': 3 * MOST_LOOKED_AT,
}

// The minutes that are not counted yet, three at most, and what they are shown with: latencies, what waits, purchases. A
// quarter of an hour is shown by slots of 15 seconds, of which no counts are kept.
const MOST_ROWS_OF_SUMS: Record<keyof typeof SUM_PAGES, number> = {
  'overview of 15 minutes': 25 * MINUTE_ROWS,
  'overview of an hour': 6 * MINUTE_ROWS,
  'overview of a day': 6 * MINUTE_ROWS,
  'overview of a week': 6 * MINUTE_ROWS,
  destinations: 10 * MINUTE_ROWS,
}

const database = useDatabase()

test('a page reads what it shows, and sums the minutes that are not counted yet', async () => {
  const { store, pool, read, excess } = createCountedStore(database)
  const size = { messages: MESSAGES, nowMs: store.clock.now() }
  await fillMessages(pool, size)
  await pool.query('vacuum analyze')
  const pages = messagePages(size)
  expect(await excess(pages, MOST_ROWS)).toEqual([])
  const listed: Record<string, number> = {}
  for (const [name, path] of Object.entries(pages))
    listed[name] = (await read<{ events: unknown[] }>(path)).body.events.length
  expect(listed).toEqual(LISTED)
  // Where nothing is in the state, the next page goes on behind the events looked at.
  const { body } = await read<{ next: string }>(pages['by a common state that nothing is in'])
  expect(Buffer.from(body.next, 'base64url').toString()).toBe(
    `e${MESSAGES / 2 - MOST_LOOKED_AT + 1}`,
  )
  while ((await tallyMinutes(store.database, 'production')) > 0);
  expect(await excess(SUM_PAGES, MOST_ROWS_OF_SUMS)).toEqual([])
}, 600_000)
