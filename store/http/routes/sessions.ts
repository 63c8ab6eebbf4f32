// POST /v1/sessions (open: an API key or a link), GET /v1/sessions, DELETE /v1/sessions/:id, GET and DELETE /v1/session,
// POST /v1/sign-in-links
import { isJsonObject } from '../../../core/json.ts'
import { isRole } from '../../../core/role.ts'
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
import type { StoreApp, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { bearerOf, environmentsOfPerson, holderOfKey, refuseBelow } from '../require-access.ts'

/** Registered before the check of access: whoever signs in has none yet. */
export function addSignInRoute(app: StoreApp, { keys, database, newToken }: StoreParts): void {
  app.post('/v1/sessions', async (context) => {
    const body: unknown = await context.req.json().catch(() => null)
    const { api_key: key, link } = isJsonObject(body) ? body : {}
    const principal: Principal | null =
      typeof key === 'string'
        ? holderOfKey(keys, key, database)
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
    return context.json({ token, expires_at: expiresAt.toISOString(), ...principal }, 201)
  })
}

export function addSessionRoutes(app: StoreApp, options: StoreParts): void {
  const { access, database, newToken } = options
  app.get('/v1/session', (context) => {
    const { principal } = context.var
    // A key and a session are one environment's.
    const environments =
      bearerOf(context.req.header('authorization')) === null
        ? environmentsOfPerson(access, principal.actor)
        : [principal.environment]
    return context.json({ account: access.account, environments, ...principal })
  })
  app.delete('/v1/session', async (context) => {
    const token = bearerOf(context.req.header('authorization'))
    if (token) await endSession(database.pool, token)
    await recordAudit(database, context.var.principal, 'session.ended')
    return context.body(null, 204)
  })
  app.get('/v1/sessions', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const { environment } = context.var
    const token = bearerOf(context.req.header('authorization'))
    return context.json({ sessions: await listSessions(database, environment, token) })
  })
  app.delete('/v1/sessions/:id', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const { environment, principal } = context.var
    const id = context.req.param('id')
    const whose = /^\d{1,18}$/.test(id)
      ? await endSessionById(database.pool, environment, id)
      : null
    if (whose === null)
      return errorAnswer(
        context,
        404,
        'not_found',
        `No session "${id}" in ${environment}; it has ended`,
      )
    await recordAudit(database, principal, 'session.ended', whose)
    return context.body(null, 204)
  })
  app.post('/v1/sign-in-links', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const body: unknown = await context.req.json().catch(() => null)
    const { role = 'admin', actor = 'link' } = isJsonObject(body) ? body : {}
    if (!isRole(role) || typeof actor !== 'string' || actor.length > 200) {
      const message =
        'want { "role": "viewer", "operator" or "admin", "actor": a name for the log }'
      return errorAnswer(context, 400, 'invalid_request', message)
    }
    const { principal } = context.var
    const link = await createSignInLink(database, { ...principal, role, actor }, newToken)
    await recordAudit(database, principal, 'sign_in_link.created', `${role} ${actor}`)
    return context.json({ link, path: `/sign-in/${link}` }, 201)
  })
}
