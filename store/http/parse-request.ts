// Reads a query or a JSON body by a schema; what is wrong is answered with every fault and its place.
import type { Context } from 'hono'
import { z } from 'zod'
import { errorAnswer } from './errors.ts'

export const instant = z.iso
  .datetime({
    offset: true,
    error: 'want an instant, e.g. 2026-04-23T10:00:00Z',
  })
  .meta({ examples: ['2026-04-23T10:00:00Z'] })

/** Of a row; the last one of the page before. */
export const cursor = z
  .string()
  .regex(/^\d{1,18}$/, 'want the next_cursor of the page before')
  .meta({ examples: ['1041'] })

export function limitOf(most: number, otherwise: number) {
  const error = `want a number from 1 to ${most}`
  return z.coerce.number({ error }).int(error).min(1, error).max(most, error).default(otherwise)
}

/** As `limitOf`, for pages that give what they have: more counts as the most, and what is no number as none given. */
export function lenientLimit(most: number, otherwise: number) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .transform((limit) => Math.min(limit, most))
    .catch(otherwise)
    .meta({ description: `At most ${most}; ${otherwise} without it.`, examples: [otherwise] })
}

/** What the schema makes of it, or the 400 to answer. */
export function parseRequest<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
  value: unknown,
): z.output<Schema> | Response {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  )
  return errorAnswer(context, 400, 'invalid_request', faults.join('; '))
}

/** The JSON body; an empty one is an empty object. */
export async function jsonBody(context: Context): Promise<unknown> {
  const text = await context.req.text()
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return errorAnswer(context, 400, 'invalid_json', 'Body is not JSON')
  }
}
