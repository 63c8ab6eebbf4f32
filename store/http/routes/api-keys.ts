// GET /v1/api-keys, POST /v1/api-keys (the key is said once, in the answer), DELETE /v1/api-keys/:fingerprint. For admins.
import { z } from 'zod'
import { ROLES } from '../../../core/role.ts'
import { createApiKey, endApiKey, listApiKeys } from '../../key-list.ts'
import type { StoreApp, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { instant, jsonBody, parseRequest } from '../parse-request.ts'
import { refuseBelow } from '../require-access.ts'

const body = z.strictObject({
  name: z
    .string({ error: 'want a name: what the key is for' })
    .trim()
    .min(1, 'want a name: what the key is for')
    .max(80, 'want 80 characters at most'),
  role: z.enum(ROLES, { error: 'want viewer, operator or admin' }),
  expires_at: instant.optional(),
})

export function addApiKeyRoutes(
  app: StoreApp,
  { database, keys, newToken, log }: StoreParts,
): void {
  app.get('/v1/api-keys', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    return context.json(await listApiKeys(database, keys, context.var.environment))
  })

  app.post('/v1/api-keys', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const json = await jsonBody(context)
    if (json instanceof Response) return json
    const parsed = parseRequest(context, body, json)
    if (parsed instanceof Response) return parsed
    const { name, role, expires_at } = parsed
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
    return context.json(made, 201)
  })

  app.delete('/v1/api-keys/:fingerprint', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
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
    return context.body(null, 204)
  })
}

function variableOf(environment: string): string {
  return environment.toUpperCase().replaceAll('-', '_')
}
