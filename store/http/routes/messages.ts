// GET /v1/messages/:id; POST /v1/messages/:id/reveal shows personal data, and that it did is kept

import { recordAudit } from '../../audit-log.ts'
import { findMessage } from '../../messages.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { refuseBelow } from '../require-access.ts'

export function addMessageRoutes(app: StoreApp, { database }: StoreOptions): void {
  app.get('/v1/messages/:id', async (context) => {
    const id = context.req.param('id')
    const { environment } = context.var
    const story = await findMessage(database.pool, environment, id)
    if (story) return context.json(story)
    return errorAnswer(context, 404, 'not_found', `No message "${id}" in ${environment}`)
  })
  // A POST, because it is written down: nobody sees personal data by following a link.
  app.post('/v1/messages/:id/reveal', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const { environment, principal } = context.var
    const id = context.req.param('id')
    const story = await findMessage(database.pool, environment, id, (value) => value)
    if (!story)
      return errorAnswer(context, 404, 'not_found', `No message "${id}" in ${environment}`)
    await recordAudit(database, principal, 'personal_data.shown', `message ${story.message_id}`)
    return context.json(story)
  })
}
