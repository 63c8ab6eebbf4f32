// GET /v1/profiles/:id
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { findProfile } from '../../profiles.ts'
import { profileStory } from '../answers/messages.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { addRoute, route } from '../route.ts'

const getProfile = route({
  method: 'get',
  path: '/v1/profiles/:id',
  id: 'getProfile',
  tag: 'Profiles',
  summary: 'What is known of one person, with evidence',
  details: 'A profile that was merged leads to the one it is part of. Personal data is masked.',
  access: 'viewer',
  params: { id: 'The id of the profile, or a user id.' },
  answer: profileStory,
  errors: ['not_found'],
})

export function addProfileRoutes(
  app: StoreApp,
  { database, audiences = NO_AUDIENCES }: StoreOptions,
): void {
  addRoute(app, getProfile, async (context) => {
    const id = context.req.param('id')
    const { environment } = context.var
    const story = await findProfile(database.pool, environment, id, audiences)
    if (story) return context.json(story)
    return errorAnswer(context, 404, 'not_found', `No profile "${id}" in ${environment}`)
  })
}
