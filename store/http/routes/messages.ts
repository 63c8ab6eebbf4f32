// GET /v1/messages/:id
import { findMessage } from '../../messages.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'

export function addMessageRoutes(app: StoreApp, { database }: StoreOptions): void {
  app.get('/v1/messages/:id', async (context) => {
    const id = context.req.param('id')
    const { environment } = context.var
    const story = await findMessage(database.pool, environment, id)
    if (story) return context.json(story)
    return errorAnswer(context, 404, 'not_found', `No message "${id}" in ${environment}`)
  })
}
