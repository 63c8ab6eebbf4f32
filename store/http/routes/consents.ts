// GET /v1/consents: what each destination asks for, what that came to in a window, and what is held; GET /v1/consents/held
// and /revocations, one by one.
import { z } from 'zod'
import { countConsentDecisions } from '../../consent-decisions.ts'
import { inSnapshot } from '../../database.ts'
import { countHeld, HELD_CURSOR, listHeld } from '../../held-deliveries.ts'
import { listRevocations } from '../../revocations.ts'
import { consentSummary, heldPage, revocationPage } from '../answers/consents.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { cursor, limitOf } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'
import { defined } from './dead-letters.ts'

const HOUR_MS = 3_600_000
const WINDOWS = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS } as const

const getConsents = route({
  method: 'get',
  path: '/v1/consents',
  id: 'getConsents',
  tag: 'Consent',
  summary: 'What each destination asks for, what people answered in a window, and what is held',
  access: 'viewer',
  query: z.strictObject({
    window: z.enum(['1h', '24h', '7d'], { error: 'want one of 1h, 24h, 7d' }).default('24h'),
  }),
  answer: consentSummary,
})

const listHeldOnes = route({
  method: 'get',
  path: '/v1/consents/held',
  id: 'listHeldDeliveries',
  tag: 'Consent',
  summary: 'What is held, one by one: whatever is decided first is first',
  access: 'viewer',
  query: z.strictObject({
    destination: z.string().min(1).optional(),
    reason: z.string().min(1).optional(),
    cursor: z
      .string()
      .regex(HELD_CURSOR, 'want the next_cursor of the page before')
      .meta({ examples: ['2026-04-23T10:15:30.000Z_512'] })
      .optional(),
    limit: limitOf(200, 50),
  }),
  answer: heldPage,
})

const listRevoked = route({
  method: 'get',
  path: '/v1/consents/revocations',
  id: 'listRevocations',
  tag: 'Consent',
  summary: 'Messages that turned a yes into a no, latest first, and what ended because of each',
  access: 'viewer',
  query: z.strictObject({ cursor: cursor.optional(), limit: limitOf(100, 20) }),
  answer: revocationPage,
})

export function addConsentRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, destinationsOf, deliverySide } = options
  addRoute(app, getConsents, async (context, { query: { window } }) => {
    const { environment } = context.var
    const until = database.clock.now()
    const since = new Date(until - WINDOWS[window])
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
    return {
      environment,
      window,
      since: since.toISOString(),
      until: new Date(until).toISOString(),
      destinations,
      held,
    }
  })
  addRoute(app, listHeldOnes, (context, { query: { cursor: after = null, limit, ...filter } }) => {
    const page = { cursor: after, limit }
    return listHeld(database.pool, context.var.environment, defined(filter), page)
  })
  addRoute(app, listRevoked, (context, { query: { cursor: after = null, limit } }) =>
    listRevocations(database.pool, context.var.environment, { cursor: after, limit }),
  )
}
