// GET /v1/audience-sizes?window=24h, 7d or 30d (without it)&identity=: members over time, and audiences that were emptied
import { z } from 'zod'
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { readLosses, readSizes, SIZE_WINDOWS, type SizeWindow } from '../../audience-sizes.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { parseRequest } from '../parse-request.ts'

const windows = Object.keys(SIZE_WINDOWS) as [SizeWindow, ...SizeWindow[]]
const query = z.strictObject({
  window: z.enum(windows, { error: `want one of ${windows.join(', ')}` }).default('30d'),
  /** Of one audience: its computation id, or what stands for it. */
  identity: z.string().min(1).optional(),
})

export function addAudienceSizeRoutes(
  app: StoreApp,
  { database, audiences: table = NO_AUDIENCES }: StoreOptions,
): void {
  app.get('/v1/audience-sizes', async (context) => {
    const asked = parseRequest(context, query, context.req.query())
    if (asked instanceof Response) return asked
    const of = { environment: context.var.environment, table }
    const identity = asked.identity ?? null
    const sizes = await readSizes(database, of, asked.window, identity)
    return context.json({ ...sizes, losses: await readLosses(database, of, identity) })
  })
}
