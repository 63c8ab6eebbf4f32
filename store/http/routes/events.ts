// GET /v1/events: a page of what came in, searched; GET /v1/events/stream: what comes in now, as server-sent events.
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { sleep } from '../../../core/clock.ts'
import type { MappingTable } from '../../../core/mapping-table.ts'
import { listEvents, readCursor } from '../../event-list.ts'
import type { EventFilter } from '../../event-search.ts'
import { followEvents } from '../../event-stream.ts'
import { DELIVERY_STATES } from '../../ledger.ts'
import { eventPage } from '../answers/events.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { limitOf } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

const text = z.string().trim().min(1).max(512)
const OUTCOMES = ['accepted', 'duplicate', 'unmapped'] as const

const query = z.strictObject({
  q: text.optional(),
  message_id: text.optional(),
  event_id: text.optional(),
  order_id: text.optional(),
  user: text.optional(),
  name: text.optional(),
  destination: text.optional(),
  state: z.enum(DELIVERY_STATES, { error: `want one of ${DELIVERY_STATES.join(', ')}` }).optional(),
  outcome: z.enum(OUTCOMES, { error: `want one of ${OUTCOMES.join(', ')}` }).optional(),
  cursor: z.string().optional(),
  limit: limitOf(200, 50),
})

const searchEvents = route({
  method: 'get',
  path: '/v1/events',
  id: 'listEvents',
  tag: 'Events',
  summary: 'What came in, searched, newest first',
  details: '`q` is held against message id, event id, order and person at once.',
  access: 'viewer',
  query,
  answer: eventPage,
  errors: ['invalid_cursor'],
})

const streamEvents = route({
  method: 'get',
  path: '/v1/events/stream',
  id: 'streamEvents',
  tag: 'Events',
  summary: 'What comes in from now on, as server-sent events',
  details:
    'Each `message` event carries a ListedEvent as JSON. A comment in between keeps the connection open.',
  access: 'viewer',
  answer: null,
  answerType: 'text/event-stream',
})

/** How often the database is asked for what is new; a comment in between keeps the connection open. */
const POLL_MS = 1000

export function addEventRoutes(
  app: StoreApp,
  { database, table, stopping = new AbortController().signal }: StoreOptions,
): void {
  addRoute(app, searchEvents, async (context, asked) => {
    const { cursor: cursorText, limit, ...filter } = asked.query
    const cursor = cursorText === undefined ? null : readCursor(cursorText)
    if (cursorText !== undefined && cursor === null)
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const options = { filter: canonicalFilter(filter, table), cursor, limit }
    return listEvents(database.pool, context.var.environment, options)
  })

  addRoute(app, streamEvents, (context) =>
    streamSSE(context, async (stream) => {
      const closed = new AbortController()
      const end = () => closed.abort()
      stream.onAbort(end)
      stopping.addEventListener('abort', end)
      const follower = followEvents(database, context.var.environment)
      while (!closed.signal.aborted && !stopping.aborted) {
        const fresh = await follower.next()
        for (const event of fresh)
          await stream.writeSSE({
            event: 'message',
            id: event.message_id,
            data: JSON.stringify(event),
          })
        if (fresh.length === 0) await stream.write(': nothing new\n\n')
        await sleep(database.clock, POLL_MS, closed.signal)
      }
      stopping.removeEventListener('abort', end)
    }),
  )
}

// People know an event by Segment's name as well as by ours.
function canonicalFilter(
  given: { readonly [Key in keyof EventFilter]?: EventFilter[Key] | undefined },
  table: MappingTable,
): EventFilter {
  const filter = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as EventFilter
  const row = filter.name === undefined ? undefined : table.rows.get(filter.name)
  return row ? { ...filter, name: row.canonical } : filter
}
