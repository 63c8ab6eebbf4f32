// GET /v1/consents: what each destination asks for, what that came to in a window, and what is held; GET /v1/consents/held
// and /revocations, one by one.
import { z } from 'zod'
import { countConsentDecisions } from '../../consent-decisions.ts'
import { inSnapshot } from '../../database.ts'
import { countHeld, HELD_CURSOR, listHeld } from '../../held-deliveries.ts'
import { listRevocations } from '../../revocations.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { cursor, limitOf, parseRequest } from '../parse-request.ts'
import { defined } from './dead-letters.ts'

const HOUR_MS = 3_600_000
const WINDOWS = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS } as const

const windowQuery = z.strictObject({
  window: z.enum(['1h', '24h', '7d'], { error: 'want one of 1h, 24h, 7d' }).default('24h'),
})
const heldQuery = z.strictObject({
  destination: z.string().min(1).optional(),
  reason: z.string().min(1).optional(),
  cursor: z.string().regex(HELD_CURSOR, 'want the next_cursor of the page before').optional(),
  limit: limitOf(200, 50),
})
const pageQuery = z.strictObject({ cursor: cursor.optional(), limit: limitOf(100, 20) })

export function addConsentRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, deliverySide } = options
  app.get('/v1/consents', async (context) => {
    const parsed = parseRequest(context, windowQuery, context.req.query())
    if (parsed instanceof Response) return parsed
    const { environment } = context.var
    const until = database.clock.now()
    const since = new Date(until - WINDOWS[parsed.window])
    const [decisions, held] = await inSnapshot(database.pool, async (client) => [
      await countConsentDecisions(client, environment, since),
      await countHeld(client, environment),
    ])
    // One that is off by now may have decided something, or hold something still.
    const names = new Set([
      ...destinationsOf(environment),
      ...decisions.keys(),
      ...held.map(({ destination }) => destination),
    ])
    const destinations = [...names].sort().map((name) => ({
      name,
      asks: deliverySide?.consent(environment, name) ?? null,
      decisions: decisions.get(name) ?? {},
    }))
    return context.json({
      environment,
      window: parsed.window,
      since: since.toISOString(),
      until: new Date(until).toISOString(),
      destinations,
      held,
    })
  })
  app.get('/v1/consents/held', async (context) => {
    const parsed = parseRequest(context, heldQuery, context.req.query())
    if (parsed instanceof Response) return parsed
    const { cursor: after = null, limit, ...filter } = parsed
    const page = { cursor: after, limit }
    return context.json(
      await listHeld(database.pool, context.var.environment, defined(filter), page),
    )
  })
  app.get('/v1/consents/revocations', async (context) => {
    const parsed = parseRequest(context, pageQuery, context.req.query())
    if (parsed instanceof Response) return parsed
    const page = { cursor: parsed.cursor ?? null, limit: parsed.limit }
    return context.json(await listRevocations(database.pool, context.var.environment, page))
  })
}
