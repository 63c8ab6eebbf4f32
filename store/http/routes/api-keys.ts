// GET /v1/api-keys, POST /v1/api-keys (the key is said once, in the answer), DELETE /v1/api-keys/:fingerprint. For admins.
import { z } from 'zod'
import { ROLES } from '../../../core/role.ts'
import { createApiKey, endApiKey, listApiKeys } from '../../key-list.ts'
import { apiKeyList, madeApiKey } from '../answers/access.ts'
import type { StoreApp, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { instant } from '../parse-request.ts'
import { addRoute, route } from '../route.ts'

const listKeys = route({
  method: 'get',
  path: '/v1/api-keys',
  id: 'listApiKeys',
  tag: 'Access',
  summary: 'API keys by fingerprint: who made them, what they may, when they were used last',
  access: 'admin',
  answer: apiKeyList,
})

const createKey = route({
  method: 'post',
  path: '/v1/api-keys',
  id: 'createApiKey',
  tag: 'Access',
  summary: 'Makes an API key',
  details: 'The answer is the only place where the key is said.',
  access: 'admin',
  body: z.strictObject({
    name: z
      .string({ error: 'want a name: what the key is for' })
      .trim()
      .min(1, 'want a name: what the key is for')
      .max(80, 'want 80 characters at most')
      .meta({ examples: ['reporting'] }),
    role: z.enum(ROLES, { error: 'want viewer, operator or admin' }),
    expires_at: instant.optional(),
  }),
  status: 201,
  answer: madeApiKey,
  errors: ['conflict'],
})

const revokeKey = route({
  method: 'delete',
  path: '/v1/api-keys/:fingerprint',
  id: 'revokeApiKey',
  tag: 'Access',
  summary: 'Refuses an API key from now on',
  details: 'The sessions it made end with it.',
  access: 'admin',
  params: { fingerprint: 'As the list of keys and the audit log name it.' },
  status: 204,
  answer: null,
  errors: ['conflict', 'not_found'],
})

export function addApiKeyRoutes(
  app: StoreApp,
  { database, keys, newToken, log }: StoreParts,
): void {
  addRoute(app, listKeys, (context) => listApiKeys(database, keys, context.var.environment))

  addRoute(app, createKey, async (context, { body: { name, role, expires_at } }) => {
    const expiresAt = expires_at === undefined ? null : new Date(expires_at)
    if (expiresAt && expiresAt.getTime() <= database.clock.now())
      return errorAnswer(context, 400, 'invalid_request', 'expires_at: want an instant to come')
    const { principal } = context.var
    const wanted = { name, role, expiresAt }
    const made = await createApiKey(database, keys, principal, wanted, newToken)
    if (made === null) {
      const message = 'There are 100 live keys: revoke those that nobody uses first'
      return errorAnswer(context, 409, 'conflict', message)
    }
    log(
      'info',
      `API key ${made.fingerprint} (${principal.environment}): made by ${principal.actor}`,
    )
    return made
  })

  addRoute(app, revokeKey, async (context) => {
    const { environment, principal } = context.var
    const fingerprint = context.req.param('fingerprint')
    const ended = await endApiKey(database, keys, principal, fingerprint)
    if (ended === 'in the variable') {
      const message = `${fingerprint} stands in the store's environment: take it out of TRACKLAYER_API_KEY_${variableOf(environment)}`
      return errorAnswer(context, 409, 'conflict', message)
    }
    if (ended === 'unknown') {
      const message = `No live API key ${fingerprint.slice(0, 64)} in ${environment}`
      return errorAnswer(context, 404, 'not_found', message)
    }
    log('info', `API key ${fingerprint} (${environment}): revoked by ${principal.actor}`)
    return null
  })
}

function variableOf(environment: string): string {
  return environment.toUpperCase().replaceAll('-', '_')
}
