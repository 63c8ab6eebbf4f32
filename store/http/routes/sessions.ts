// POST /v1/sessions (open: an API key or a link), GET and DELETE /v1/session, POST /v1/sign-in-links, GET /v1/audit-log
import { isJsonObject } from '../../../core/json.ts'
import { isRole } from '../../../core/role.ts'
import { type Principal, principalOfKey } from '../../access.ts'
import { listAudit, recordAudit } from '../../audit-log.ts'
import { createSession, createSignInLink, endSession, takeSignInLink } from '../../sessions.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { refuseBelow } from '../require-access.ts'

const PAGE = 100

/** Registered before the check of access: whoever signs in has none yet. */
export function addSignInRoute(app: StoreApp, { access, database, newToken }: StoreOptions): void {
  app.post('/v1/sessions', async (context) => {
    const body: unknown = await context.req.json().catch(() => null)
    const { api_key: key, link } = isJsonObject(body) ? body : {}
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
    return context.json({ token, expires_at: expiresAt.toISOString(), ...principal }, 201)
  })
}

export function addSessionRoutes(app: StoreApp, options: StoreOptions): void {
  const { access, database, newToken } = options
  app.get('/v1/session', (context) =>
    context.json({ account: access.account, ...context.var.principal }),
  )
  app.delete('/v1/session', async (context) => {
    const token = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    if (token) await endSession(database.pool, token)
    await recordAudit(database, context.var.principal, 'session.ended')
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
  app.get('/v1/audit-log', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const { cursor = null } = context.req.query()
    if (cursor !== null && !/^\d{1,18}$/.test(cursor))
      return errorAnswer(context, 400, 'invalid_cursor', 'cursor is not the "next" of a page')
    const page = { cursor, limit: PAGE }
    return context.json(await listAudit(database.pool, context.var.environment, page))
  })
}
