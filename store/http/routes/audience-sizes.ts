// GET /v1/audience-sizes?window=24h, 7d or 30d (without it)&identity=: members over time, and audiences that were emptied
import { z } from 'zod'
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { readLosses, readSizes, SIZE_WINDOWS, type SizeWindow } from '../../audience-sizes.ts'
import { audienceSizes } from '../answers/audiences.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { addRoute, route } from '../route.ts'

const WINDOWS = Object.keys(SIZE_WINDOWS) as [SizeWindow]

const getSizes = route({
  method: 'get',
  path: '/v1/audience-sizes',
  id: 'getAudienceSizes',
  tag: 'Audiences',
  summary: 'Members of each audience over time, and audiences that were emptied',
  access: 'viewer',
  query: z.strictObject({
    window: z.enum(WINDOWS, { error: `want one of ${WINDOWS.join(', ')}` }).default('30d'),
    identity: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Of one audience: its computation id, or what stands for it.' }),
  }),
  answer: audienceSizes,
})

export function addAudienceSizeRoutes(
  app: StoreApp,
  { database, audiences: table = NO_AUDIENCES }: StoreOptions,
): void {
  addRoute(app, getSizes, async (context, { query: { window, identity = null } }) => {
    const of = { environment: context.var.environment, table }
    const sizes = await readSizes(database, of, window, identity)
    return { ...sizes, losses: await readLosses(database, of, identity) }
  })
}
