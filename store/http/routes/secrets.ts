// GET /v1/secrets: the signing secrets of the environment by fingerprint, and what was signed with each. POST /v1/secrets makes
// one, POST /v1/secrets/:fingerprint/retire and /restore say which are accepted (docs/keys.md).
import type { Context } from 'hono'
import { z } from 'zod'
import { ENCRYPTION_KEY_VARIABLE, MAKE_ONE } from '../../../core/vault.ts'
import {
  createSecret,
  listSecrets,
  putBack,
  type Refusal,
  type SecretList,
  takeAway,
} from '../../rotation.ts'
import { madeSecret, secretList } from '../answers/access.ts'
import type { StoreApp, StoreEnv, StoreParts } from '../app.ts'
import { errorAnswer } from '../errors.ts'
import { addRoute, route } from '../route.ts'

const FINGERPRINT = /^[0-9a-f]{12}$/
const PARAMS = { fingerprint: 'Twelve hexadecimal digits, as the list of secrets names it.' }

const listAll = route({
  method: 'get',
  path: '/v1/secrets',
  id: 'listSecrets',
  tag: 'Access',
  summary: 'The signing secrets by fingerprint, and what was signed with each',
  details: 'Newest first. A rotation is done when the old one signs nothing any more.',
  access: 'viewer',
  answer: secretList,
})

const createOne = route({
  method: 'post',
  path: '/v1/secrets',
  id: 'createSecret',
  tag: 'Access',
  summary: 'Makes a signing secret that is accepted beside the others',
  details: 'The answer is the only place where the secret is said. Give it to Segment next.',
  access: 'admin',
  status: 201,
  answer: madeSecret,
  errors: ['conflict'],
})

const retireOne = route({
  method: 'post',
  path: '/v1/secrets/:fingerprint/retire',
  id: 'retireSecret',
  tag: 'Access',
  summary: 'Refuses what is signed with a secret from now on',
  access: 'admin',
  params: PARAMS,
  body: z.strictObject({
    confirm: z
      .boolean()
      .default(false)
      .meta({ description: 'It is in use, and is to be refused all the same.' }),
  }),
  answer: secretList,
  errors: ['not_found', 'conflict', 'still_in_use'],
})

const restoreOne = route({
  method: 'post',
  path: '/v1/secrets/:fingerprint/restore',
  id: 'restoreSecret',
  tag: 'Access',
  summary: 'Accepts a retired secret again',
  access: 'admin',
  params: PARAMS,
  answer: secretList,
  errors: ['invalid_request', 'not_found', 'conflict'],
})

export function addSecretRoutes(
  app: StoreApp,
  { database, keys, newToken, log }: StoreParts,
): void {
  addRoute(app, listAll, (context) => listSecrets(database, keys, context.var.environment))

  addRoute(app, createOne, async (context) => {
    const { vault } = keys
    if (vault === null) {
      const message = `Set ${ENCRYPTION_KEY_VARIABLE} for every process of the store and start it again; ${MAKE_ONE}`
      return errorAnswer(context, 409, 'conflict', message)
    }
    const { principal } = context.var
    const made = await createSecret(database, keys, vault, principal, newToken)
    if ('code' in made) return answerRefusal(context, made)
    log('info', `secret ${made.fingerprint} (${principal.environment}): made by ${principal.actor}`)
    return made
  })

  addRoute(app, retireOne, (context, { body: { confirm } }) =>
    change(context, 'retired', (fingerprint) =>
      takeAway(database, keys, context.var.principal, fingerprint, confirm),
    ),
  )

  addRoute(app, restoreOne, (context) =>
    change(context, 'accepted again', (fingerprint) =>
      putBack(database, keys, context.var.principal, fingerprint),
    ),
  )

  async function change(
    context: Context<
      StoreEnv,
      '/v1/secrets/:fingerprint/retire' | '/v1/secrets/:fingerprint/restore'
    >,
    words: string,
    apply: (fingerprint: string) => Promise<Refusal | null>,
  ): Promise<SecretList | Response> {
    const { environment, principal } = context.var
    const fingerprint = context.req.param('fingerprint')
    if (!FINGERPRINT.test(fingerprint)) {
      const message = 'A fingerprint is twelve hexadecimal digits'
      return errorAnswer(context, 400, 'invalid_request', message)
    }
    const refused = await apply(fingerprint)
    if (refused) return answerRefusal(context, refused)
    log('info', `secret ${fingerprint} (${environment}): ${words} by ${principal.actor}`)
    return listSecrets(database, keys, environment)
  }
}

function answerRefusal(context: Context, { code, message }: Refusal): Response {
  return errorAnswer(context, code === 'not_found' ? 404 : 409, code, message)
}
