// POST /v1/sessions (open: an API key or a link), GET /v1/sessions, DELETE /v1/sessions/:id, GET and DELETE /v1/session,
// POST /v1/sign-in-links
import { z } from 'zod'
import { ROLES } from '../../../core/role.ts'
import type { Principal } from '../../access.ts'
import { recordAudit } from '../../audit-log.ts'
import {
  createSession,
  createSignInLink,
  endSession,
  endSessionById,
  listSessions,
  takeSignInLink,
} from '../../sessions.ts'
import { newSession, session, sessionList, signInLink } from '../answers/access.ts'
import type { StoreApp, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { bearerOf, environmentsOfPerson, holderOfKey } from '../require-access.ts'
import { addRoute, route } from '../route.ts'

const signIn = route({
  method: 'post',
  path: '/v1/sessions',
  id: 'createSession',
  tag: 'Access',
  summary: 'Signs in with an API key or with a link that works once',
  details: 'A session lasts twelve hours, and ends with the key it was made with.',
  access: 'open',
  body: z
    .object({ api_key: z.string().optional(), link: z.string().optional() })
    .meta({ examples: [{ api_key: 'tlk_77d1…' }] }),
  status: 201,
  answer: newSession,
  errors: ['unauthorized'],
})

const getOwn = route({
  method: 'get',
  path: '/v1/session',
  id: 'getSession',
  tag: 'Access',
  summary: 'Who asks: environment, role and name',
  access: 'viewer',
  answer: session,
})

const endOwn = route({
  method: 'delete',
  path: '/v1/session',
  id: 'endSession',
  tag: 'Access',
  summary: 'Signs out',
  access: 'viewer',
  status: 204,
  answer: null,
})

const listAll = route({
  method: 'get',
  path: '/v1/sessions',
  id: 'listSessions',
  tag: 'Access',
  summary: 'Who is signed in, latest first',
  access: 'admin',
  answer: sessionList,
})

const endOne = route({
  method: 'delete',
  path: '/v1/sessions/:id',
  id: 'endSessionOf',
  tag: 'Access',
  summary: 'Ends somebody’s session',
  access: 'admin',
  params: { id: 'The id in the list of sessions.' },
  status: 204,
  answer: null,
  errors: ['not_found'],
})

const LINK_WANTED = 'want { "role": "viewer", "operator" or "admin", "actor": a name for the log }'

const createLink = route({
  method: 'post',
  path: '/v1/sign-in-links',
  id: 'createSignInLink',
  tag: 'Access',
  summary: 'Makes a link that signs somebody in once, within 15 minutes',
  access: 'admin',
  body: z
    .object({
      role: z.enum(ROLES, { error: LINK_WANTED }).default('admin'),
      actor: z
        .string({ error: LINK_WANTED })
        .max(200, LINK_WANTED)
        .default('link')
        .meta({ description: 'The name in the audit log.' }),
    })
    .meta({ examples: [{ role: 'viewer', actor: 'Ada' }] }),
  status: 201,
  answer: signInLink,
})

export function addSessionRoutes(app: StoreApp, options: StoreParts): void {
  const { access, database, keys, newToken } = options
  addRoute(app, signIn, async (context, { body: { api_key: key, link } }) => {
    const principal: Principal | null =
      key !== undefined
        ? holderOfKey(keys, key, database)
        : link !== undefined
          ? await takeSignInLink(database, link)
          : null
    if (principal === null) {
      const message =
        link !== undefined
          ? 'This link was used already or is older than 15 minutes; ask for a new one'
          : 'No environment has this API key'
      return errorAnswer(context, 401, 'unauthorized', message)
    }
    const ownKey = key ?? null
    const { token, expiresAt } = await createSession(database, principal, ownKey, newToken)
    await recordAudit(database, principal, 'session.created', ownKey ? 'API key' : 'link')
    return { token, expires_at: expiresAt.toISOString(), ...principal }
  })
  addRoute(app, getOwn, (context) => {
    const { principal } = context.var
    // A key and a session are one environment's.
    const environments =
      bearerOf(context.req.header('authorization')) === null
        ? environmentsOfPerson(access, principal.actor)
        : [principal.environment]
    return { account: access.account, environments, ...principal }
  })
  addRoute(app, endOwn, async (context) => {
    const token = bearerOf(context.req.header('authorization'))
    if (token) await endSession(database.pool, token)
    await recordAudit(database, context.var.principal, 'session.ended')
    return null
  })
  addRoute(app, listAll, async (context) => {
    const { environment } = context.var
    const token = bearerOf(context.req.header('authorization'))
    return { sessions: await listSessions(database, environment, token) }
  })
  addRoute(app, endOne, async (context) => {
    const { environment, principal } = context.var
    const id = context.req.param('id')
    const whose = /^\d{1,18}$/.test(id)
      ? await endSessionById(database.pool, environment, id)
      : null
    if (whose === null) {
      const message = `No session "${id}" in ${environment}; it has ended`
      return errorAnswer(context, 404, 'not_found', message)
    }
    await recordAudit(database, principal, 'session.ended', whose)
    return null
  })
  addRoute(app, createLink, async (context, { body: { role, actor } }) => {
    const { principal } = context.var
    const link = await createSignInLink(database, { ...principal, role, actor }, newToken)
    await recordAudit(database, principal, 'sign_in_link.created', `${role} ${actor}`)
    return { link, path: `/sign-in/${link}` }
  })
}
