// GET /v1/audiences/:id/audit, POST /v1/audiences/:id/repair and /v1/audiences/:id/resume
import type { Context } from 'hono'
import { z } from 'zod'
import { NO_AUDIENCES } from '../../../core/audience-table.ts'
import { messageOf } from '../../../core/errors.ts'
import {
  type AuditQuestion,
  auditDestination,
  type DestinationAudit,
} from '../../audience-audit.ts'
import { type FoundAudience, findAudience } from '../../audience-reading.ts'
import { repairDestination } from '../../audience-repair.ts'
import { recordAudit } from '../../audit-log.ts'
import type { RemoteReport } from '../../delivery-side.ts'
import { resumeRemoteAudience } from '../../remote-audiences.ts'
import { audienceAudit, audienceRepaired, audienceResumed } from '../answers/audiences.ts'
import type { StoreApp, StoreEnv, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { limitOf } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

/** What the platform says of its audience, or why it does not. */
export type PlatformSays = RemoteReport | { readonly error: string } | null

export interface AudienceAudit {
  readonly audience: string
  readonly destinations: readonly (DestinationAudit & { readonly platform: PlatformSays })[]
}

const query = z.strictObject({
  destination: z.string().optional(),
  limit: limitOf(1000, 20),
  /** `false`: the platforms are not asked. */
  platform: z.enum(['true', 'false']).default('true'),
})
const repairBody = z
  .strictObject({ destination: z.string().optional() })
  .meta({ examples: [{ destination: 'meta' }] })
const resumeBody = z
  .strictObject({
    destination: z.string({ error: 'want the name of a destination' }),
    /** Forget the remote audience and make, or find, it again. */
    anew: z.boolean().default(false),
  })
  .meta({ examples: [{ destination: 'meta' }] })

const params = { id: 'Our id of the audience, or its key.' }

const getAudit = route({
  method: 'get',
  path: '/v1/audiences/:id/audit',
  id: 'auditAudience',
  tag: 'Audiences',
  summary: 'Whether each destination has whom we have, and who drifted',
  access: 'viewer',
  params,
  query,
  answer: audienceAudit,
  errors: ['not_found'],
})

const repair = route({
  method: 'post',
  path: '/v1/audiences/:id/repair',
  id: 'repairAudience',
  tag: 'Audiences',
  summary: 'Tells destinations again of those who drifted',
  access: 'operator',
  params,
  body: repairBody,
  answer: audienceRepaired,
  errors: ['not_found'],
})

const resume = route({
  method: 'post',
  path: '/v1/audiences/:id/resume',
  id: 'resumeAudience',
  tag: 'Audiences',
  summary: 'Takes up an audience that paused at one destination',
  access: 'operator',
  params,
  body: resumeBody,
  answer: audienceResumed,
  errors: ['not_found', 'conflict'],
})

export function addAudienceAuditRoutes(app: StoreApp, options: StoreOptions): void {
  const { database, audiences: table = NO_AUDIENCES, deliverySide, log } = options
  const { pool } = database

  addRoute(app, getAudit, async (context, { query: asked }) => {
    const found = await questionsOf(context, asked.destination)
    if (found instanceof Response) return found
    const destinations = []
    for (const question of found.questions) {
      const audit = await auditDestination(pool, question, asked.limit)
      const platform = asked.platform === 'true' ? await platformSays(question, audit) : null
      destinations.push({ ...audit, platform })
    }
    return { audience: found.id, destinations } satisfies AudienceAudit
  })

  addRoute(app, repair, async (context, { body: asked }) => {
    const found = await questionsOf(context, asked.destination)
    if (found instanceof Response) return found
    const repaired = []
    for (const question of found.questions) {
      const { environment, destination } = question
      const mended = await repairDestination(database, question, {
        table,
        destinations: [destination],
        mappingVersion: options.table.version,
      })
      const { principal } = context.var
      await recordAudit(database, principal, 'audience.repaired', `${found.id} at ${destination}`)
      log('info', `${found.id} at ${destination} (${environment}): ${JSON.stringify(mended)} again`)
      repaired.push({ destination, ...mended })
    }
    return { audience: found.id, repaired }
  })

  addRoute(app, resume, async (context, { body: asked }) => {
    const found = await questionsOf(context, asked.destination)
    if (found instanceof Response) return found
    const [question] = found.questions
    const remote = question ? await resumeRemoteAudience(database, question, asked.anew) : null
    if (!remote) {
      const message = `"${found.id}" has no audience at ${asked.destination} yet, or it is being made now`
      return errorAnswer(context, 409, 'conflict', message)
    }
    const { principal } = context.var
    await recordAudit(
      database,
      principal,
      'audience.resumed',
      `${found.id} at ${asked.destination}`,
    )
    log('info', `${found.id} at ${asked.destination}: resumed by ${principal.actor}`)
    const { externalId: external_id, state } = remote
    return { audience: found.id, destination: asked.destination, external_id, state }
  })

  async function questionsOf(context: Context<StoreEnv>, only: string | undefined) {
    const id = context.req.param('id') ?? ''
    const { environment } = context.var
    const found = await findAudience(pool, environment, table, id, false)
    if (!found)
      return errorAnswer(context, 404, 'not_found', `No audience "${id}" in ${environment}`)
    const on = options.destinationsOf(environment)
    const told = found.summary.destinations.filter((name) => on.includes(name))
    if (only !== undefined && !told.includes(only)) {
      const message = `"${id}" is not told to a destination "${only}" that is on in ${environment}`
      return errorAnswer(context, 404, 'not_found', message)
    }
    const named = told.filter((name) => only === undefined || name === only)
    return { id: found.summary.id, questions: questions(environment, found, named) }
  }

  async function platformSays(
    { environment, destination }: AuditQuestion,
    { remote }: DestinationAudit,
  ): Promise<PlatformSays> {
    if (!remote?.external_id || !deliverySide) return null
    try {
      return await deliverySide.report(environment, destination, remote.external_id)
    } catch (error) {
      // A platform that is down must not hide what we know ourselves.
      return { error: messageOf(error) }
    }
  }
}

function questions(
  environment: string,
  { rowId, summary }: FoundAudience,
  destinations: readonly string[],
): AuditQuestion[] {
  if (rowId === null) return []
  const tellsExits = summary.mode === 'full_state'
  return destinations.map((destination) => ({
    environment,
    destination,
    audienceId: rowId,
    tellsExits,
  }))
}
