// POST /v1/sessions (open: an API key or a link), GET and DELETE /v1/session, POST /v1/sign-in-links, GET /v1/audit-log
import { z } from 'zod'
import { ROLES } from '../../../core/role.ts'
import { type Principal, principalOfKey } from '../../access.ts'
import { listAudit, recordAudit } from '../../audit-log.ts'
import { createSession, createSignInLink, endSession, takeSignInLink } from '../../sessions.ts'
import { auditPage, newSession, session, signInLink } from '../answers/access.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { addRoute, route } from '../route.ts'

const PAGE = 100

const createOne = route({
  method: 'post',
  path: '/v1/sessions',
  id: 'createSession',
  tag: 'Access',
  summary: 'Signs in with an API key or with a link that works once',
  details: 'A session lasts twelve hours, and ends with the key it was made with.',
  access: 'open',
  body: z
    .object({ api_key: z.string().optional(), link: z.string().optional() })
    .meta({ examples: [{ api_key: '3f9c…' }] }),
  status: 201,
  answer: newSession,
  errors: ['unauthorized'],
})

const getSession = route({
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

const createLink = route({
  method: 'post',
  path: '/v1/sign-in-links',
  id: 'createSignInLink',
  tag: 'Access',
  summary: 'A link that signs somebody in once, within 15 minutes',
  access: 'admin',
  body: z
    .object({
      role: z.enum(ROLES, { error: `want one of ${ROLES.join(', ')}` }).default('admin'),
      actor: z
        .string()
        .max(200)
        .default('link')
        .meta({ description: 'The name in the audit log.' }),
    })
    .meta({ examples: [{ role: 'viewer', actor: 'Ada' }] }),
  status: 201,
  answer: signInLink,
})

const listLog = route({
  method: 'get',
  path: '/v1/audit-log',
  id: 'listAuditLog',
  tag: 'Access',
  summary: 'Who did what, and who saw personal data, latest first',
  access: 'admin',
  query: z.object({ cursor: z.string().optional() }),
  answer: auditPage,
  errors: ['invalid_cursor'],
})

export function addSessionRoutes(app: StoreApp, options: StoreOptions): void {
  const { access, database, newToken } = options
  addRoute(app, createOne, async (context, { body: { api_key: key, link } }) => {
    const principal: Principal | null =
      typeof key === 'string'
        ? principalOfKey(access, key)
        : typeof link === 'string'
          ? await takeSignInLink(database, link)
          : null
    if (principal === null) {
      const message =
        typeof link === 'string'
          ? 'This link was used already or is older than 15 minutes; ask for a new one'
          : 'No environment has this API key'
      return errorAnswer(context, 401, 'unauthorized', message)
    }
    const ownKey = typeof key === 'string' ? key : null
    const { token, expiresAt } = await createSession(database, principal, ownKey, newToken)
    await recordAudit(database, principal, 'session.created', ownKey ? 'API key' : 'link')
    return { token, expires_at: expiresAt.toISOString(), ...principal }
  })
  addRoute(app, getSession, (context) => ({ account: access.account, ...context.var.principal }))
  addRoute(app, endOwn, async (context) => {
    const token = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    if (token) await endSession(database.pool, token)
    await recordAudit(database, context.var.principal, 'session.ended')
    return null
  })
  addRoute(app, createLink, async (context, { body: { role, actor } }) => {
    const { principal } = context.var
    const link = await createSignInLink(database, { ...principal, role, actor }, newToken)
    await recordAudit(database, principal, 'sign_in_link.created', `${role} ${actor}`)
    return { link, path: `/sign-in/${link}` }
  })
  addRoute(app, listLog, async (context, { query: { cursor = null } }) => {
    if (cursor !== null && !/^\d{1,18}$/.test(cursor))
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const page = { cursor, limit: PAGE }
    return listAudit(database.pool, context.var.environment, page)
  })
}
