// GET /v1/secrets: the live signing secrets of the environment by fingerprint, and how lately each was used.
import { secretList } from '../answers/access.ts'
import type { StoreApp, StoreOptions } from '../app.ts'
import { addRoute, route } from '../route.ts'

const listSecrets = route({
  method: 'get',
  path: '/v1/secrets',
  id: 'listSecrets',
  tag: 'Access',
  summary: 'The live signing secrets, by fingerprint',
  details: 'Newest first. A rotation is done when the old one signs nothing any more.',
  access: 'viewer',
  answer: secretList,
})

export function addSecretRoutes(app: StoreApp, { access, secretUse }: StoreOptions): void {
  addRoute(app, listSecrets, (context) => {
    const { environment } = context.var
    return { environment, secrets: secretUse?.standing(access, environment) ?? [] }
  })
}
