// GET /v1/dead-letters: one by one, newest first; with ?group=reason by destination and reason.
import { z } from 'zod'
import { groupDeadLetters, listDeadLetters } from '../../dead-letters.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { cursor, instant, limitOf, parseRequest } from '../parse-request.ts'

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

export function addDeadLetterRoutes(app: StoreApp, { database }: StoreOptions): void {
  app.get('/v1/dead-letters', async (context) => {
    const parsed = parseRequest(context, query, context.req.query())
    if (parsed instanceof Response) return parsed
    const { group, cursor: after, limit, ...given } = parsed
    const filter = defined(given)
    const { environment } = context.var
    if (group) {
      const groups = await groupDeadLetters(database.pool, environment, filter)
      return context.json({ groups })
    }
    const page = { cursor: after ?? null, limit }
    return context.json(await listDeadLetters(database.pool, environment, filter, page))
  })
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }

/** Without the keys that are undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined),
  ) as Defined<T>
}
