// GET /v1/messages/:id; POST /v1/messages/:id/reveal shows personal data, and that it did is kept
import { recordAudit } from '../../audit-log.ts'
import { findMessage } from '../../messages.ts'
import { messageStory } from '../answers/messages.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { addRoute, route } from '../route.ts'

const getMessage = route({
  method: 'get',
  path: '/v1/messages/:id',
  id: 'getMessage',
  tag: 'Events',
  summary: 'The story of one message, from Segment to every destination',
  details:
    'Each step with its evidence, each attempt with what was sent and answered. Personal data is masked.',
  access: 'viewer',
  params: { id: 'Segment’s messageId.' },
  answer: messageStory,
  errors: ['not_found'],
})

// A POST, because it is written down: nobody sees personal data by following a link.
const revealMessage = route({
  method: 'post',
  path: '/v1/messages/:id/reveal',
  id: 'revealMessage',
  tag: 'Events',
  summary: 'The same story with personal data shown',
  details: 'The audit log keeps who looked at what.',
  access: 'admin',
  params: { id: 'Segment’s messageId.' },
  answer: messageStory,
  errors: ['not_found'],
})

export function addMessageRoutes(app: StoreApp, { database }: StoreOptions): void {
  addRoute(app, getMessage, async (context) => {
    const id = context.req.param('id')
    const { environment } = context.var
    const story = await findMessage(database.pool, environment, id)
    if (story) return story
    return errorAnswer(context, 404, 'not_found', `No message "${id}" in ${environment}`)
  })
  addRoute(app, revealMessage, async (context) => {
    const { environment, principal } = context.var
    const id = context.req.param('id')
    const story = await findMessage(database.pool, environment, id, (value) => value)
    if (!story)
      return errorAnswer(context, 404, 'not_found', `No message "${id}" in ${environment}`)
    await recordAudit(database, principal, 'personal_data.shown', `message ${story.message_id}`)
    return story
  })
}
