// GET /v1/events: a page of what came in, searched; GET /v1/events/stream: what comes in now, as server-sent events.
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { sleep } from '../../../core/clock.ts'
import type { MappingTable } from '../../../core/mapping-table.ts'
import { listEvents, readCursor } from '../../event-list.ts'
import type { EventFilter } from '../../event-search.ts'
import { followEvents } from '../../event-stream.ts'
import { DELIVERY_STATES } from '../../ledger.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

const text = z.string().trim().min(1).max(512)
const OUTCOMES = ['accepted', 'duplicate', 'unmapped'] as const
const LIMIT = 'want a number from 1 to 200'

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
  limit: z.coerce.number({ error: LIMIT }).int(LIMIT).min(1, LIMIT).max(200, LIMIT).default(50),
})

/** How often the database is asked for what is new; a comment in between keeps the connection open. */
const POLL_MS = 1000

export function addEventRoutes(
  app: StoreApp,
  { database, table, stopping = new AbortController().signal }: StoreOptions,
): void {
  app.get('/v1/events', async (context) => {
    const given = query.safeParse(context.req.query())
    if (!given.success) {
      const faults = given.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      return errorAnswer(context, 400, 'invalid_request', faults.join('; '))
    }
    const { cursor: cursorText, limit, ...filter } = given.data
    const cursor = cursorText === undefined ? null : readCursor(cursorText)
    if (cursorText !== undefined && cursor === null)
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const options = { filter: canonicalFilter(filter, table), cursor, limit }
    return context.json(await listEvents(database.pool, context.var.environment, options))
  })

  app.get('/v1/events/stream', (context) =>
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
