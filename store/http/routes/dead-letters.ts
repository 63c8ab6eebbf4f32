// GET /v1/dead-letters: one by one, newest first; with ?group=reason by destination and reason.
import { z } from 'zod'
import { groupDeadLetters, listDeadLetters } from '../../dead-letters.ts'
import { deadLetters } from '../answers/deliveries.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { cursor, instant, limitOf } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

const query = z.strictObject({
  destination: z.string().optional(),
  reason: z.string().optional(),
  event: z.string().optional(),
  since: instant.optional(),
  until: instant.optional(),
  group: z.enum(['reason'], { error: 'want reason' }).optional(),
  cursor: cursor.optional(),
  limit: limitOf(500, 50),
})

const listDead = route({
  method: 'get',
  path: '/v1/dead-letters',
  id: 'listDeadLetters',
  tag: 'Dead letters',
  summary: 'What was given up, newest first',
  details:
    'With `group=reason`: how many of each destination and reason, with the latest examples.',
  access: 'viewer',
  query,
  answer: deadLetters,
})

export function addDeadLetterRoutes(app: StoreApp, { database }: StoreOptions): void {
  addRoute(app, listDead, async (context, asked) => {
    const { group, cursor: after, limit, ...given } = asked.query
    const filter = defined(given)
    const { environment } = context.var
    if (group) {
      return { groups: await groupDeadLetters(database.pool, environment, filter) }
    }
    const page = { cursor: after ?? null, limit }
    return listDeadLetters(database.pool, environment, filter, page)
  })
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }

/** Without the keys that are undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined),
  ) as Defined<T>
}
