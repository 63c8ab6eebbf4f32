// GET /v1/profiles/:id
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { findProfile } from '../../profiles.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

export function addProfileRoutes(
  app: StoreApp,
  { database, audiences = NO_AUDIENCES }: StoreOptions,
): void {
  app.get('/v1/profiles/:id', async (context) => {
    const id = context.req.param('id')
    const { environment } = context.var
    const story = await findProfile(database.pool, environment, id, audiences)
    if (story) return context.json(story)
    return errorAnswer(context, 404, 'not_found', `No profile "${id}" in ${environment}`)
  })
}
