// GET /v1/secrets: the signing secrets of the environment by fingerprint, and what was signed with each. POST /v1/secrets makes
// one, POST /v1/secrets/:fingerprint/retire and /restore say which are accepted (docs/keys.md).
import type { Context } from 'hono'
import { z } from 'zod'
import { ENCRYPTION_KEY_VARIABLE, MAKE_ONE } from '../../../core/vault.ts'
import { createSecret, listSecrets, putBack, type Refusal, takeAway } from '../../rotation.ts'
import type { StoreApp, StoreEnv, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { jsonBody, parseRequest } from '../parse-request.ts'
import { refuseBelow } from '../require-access.ts'

const FINGERPRINT = /^[0-9a-f]{12}$/

const retirement = z.strictObject({
  /** It is in use, and is to be refused all the same. */
  confirm: z.boolean().default(false),
})

export function addSecretRoutes(
  app: StoreApp,
  { database, keys, newToken, log }: StoreParts,
): void {
  app.get('/v1/secrets', async (context) => {
    const { environment } = context.var
    return context.json(await listSecrets(database, keys, environment))
  })

  app.post('/v1/secrets', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const { vault } = keys
    if (vault === null) {
      const message = `Set ${ENCRYPTION_KEY_VARIABLE} for every process of the store and start it again; ${MAKE_ONE}`
      return errorAnswer(context, 409, 'conflict', message)
    }
    const { principal } = context.var
    const made = await createSecret(database, keys, vault, principal, newToken)
    if ('code' in made) return answerRefusal(context, made)
    log('info', `secret ${made.fingerprint} (${principal.environment}): made by ${principal.actor}`)
    return context.json(made, 201)
  })

  app.post('/v1/secrets/:fingerprint/retire', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    const json = await jsonBody(context)
    if (json instanceof Response) return json
    const parsed = parseRequest(context, retirement, json)
    if (parsed instanceof Response) return parsed
    return change(context, 'retired', (fingerprint) =>
      takeAway(database, keys, context.var.principal, fingerprint, parsed.confirm),
    )
  })

  app.post('/v1/secrets/:fingerprint/restore', async (context) => {
    const refusal = refuseBelow(context, 'admin')
    if (refusal) return refusal
    return change(context, 'accepted again', (fingerprint) =>
      putBack(database, keys, context.var.principal, fingerprint),
    )
  })

  async function change(
    context: Context<StoreEnv>,
    words: string,
    apply: (fingerprint: string) => Promise<Refusal | null>,
  ): Promise<Response> {
    const { environment, principal } = context.var
    const fingerprint = context.req.param('fingerprint') ?? ''
    if (!FINGERPRINT.test(fingerprint)) {
      const message = 'A fingerprint is twelve hexadecimal digits'
      return errorAnswer(context, 400, 'invalid_request', message)
    }
    const refused = await apply(fingerprint)
    if (refused) return answerRefusal(context, refused)
    log('info', `secret ${fingerprint} (${environment}): ${words} by ${principal.actor}`)
    return context.json(await listSecrets(database, keys, environment))
  }
}

function answerRefusal(context: Context, { code, message }: Refusal): Response {
  return errorAnswer(context, code === 'not_found' ? 404 : 409, code, message)
}
