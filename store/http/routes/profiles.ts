// GET /v1/profiles/:id, /v1/profiles/:id/merges/:merge (what undoing it would separate), POST …/merges/:merge/undo
import type { Context } from 'hono'
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { familyOf, findProfile } from '../../profiles.ts'
import { type Inseparable, isMergeOf, previewSeparation, undoMerge } from '../../separations.ts'
import { profileStory, separated, separationPreview } from '../answers/profiles.ts'
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
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

const OF_MERGE = {
  tag: 'Profiles',
  params: {
    id: 'The id of either profile, or a user id.',
    merge: 'The id of the merge, as the profile has it.',
  },
} as const

const getMerge = route({
  ...OF_MERGE,
  method: 'get',
  path: '/v1/profiles/:id/merges/:merge',
  id: 'getMerge',
  summary: 'What undoing a merge would separate',
  access: 'viewer',
  answer: separationPreview,
  errors: ['not_found'],
})

const undo = route({
  ...OF_MERGE,
  method: 'post',
  path: '/v1/profiles/:id/merges/:merge/undo',
  id: 'undoMerge',
  summary: 'Undoes a merge, once',
  details: 'The same kind of evidence does not merge the two again. What was sent stays as it is.',
  access: 'operator',
  answer: separated,
  errors: ['not_found', 'conflict'],
})

const REFUSALS: Readonly<Record<Inseparable, string>> = {
  undone: 'is undone already',
  too_old:
    'happened before it was kept which of the two each later message named, so nobody can tell what belongs to whom',
}

export function addProfileRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, audiences = NO_AUDIENCES, destinationsOf, log } = options

  addRoute(app, getProfile, async (context) => {
    const id = context.req.param('id')
    const { environment } = context.var
    const story = await findProfile(database.pool, environment, id, audiences)
    if (story) return context.json(story)
    return errorAnswer(context, 404, 'not_found', `No profile "${id}" in ${environment}`)
  })

  addRoute(app, getMerge, async (context) => {
    const found = await findMerge(context)
    if (found instanceof Response) return found
    return context.json(await previewSeparation(database, found, audiences))
  })

  addRoute(app, undo, async (context) => {
    const found = await findMerge(context)
    if (found instanceof Response) return found
    const { environment, principal } = context.var
    const done = await undoMerge(
      database,
      { mergeId: found.mergeId, principal },
      {
        table: audiences,
        destinations: destinationsOf(environment),
        mappingVersion: options.table.version,
      },
    )
    if (done === null) throw new Error(`Merge ${found.mergeId} went away`)
    if (typeof done === 'string')
      return errorAnswer(context, 409, 'conflict', `This merge ${REFUSALS[done]}`)
    log('info', `merge ${found.mergeId} (${environment}) undone by ${principal.actor}`)
    const { profile_id, kept_apart_from } = done
    return { profile_id, kept_apart_from }
  })

  async function findMerge(context: Context<StoreEnv>) {
    const { id = '', merge = '' } = context.req.param()
    const { environment } = context.var
    const key = { environment, mergeId: merge }
    const family = await familyOf(database.pool, environment, id)
    const isOfThem = family && (await isMergeOf(database.pool, key, family))
    if (isOfThem) return key
    const message = `No merge "${merge}" of a profile "${id}" in ${environment}`
    return errorAnswer(context, 404, 'not_found', message)
  }
}
