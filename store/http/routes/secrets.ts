// GET /v1/secrets: the live signing secrets of the environment by fingerprint, and how lately each was used.
import type { StoreApp, StoreOptions } from '../app.ts'

export function addSecretRoutes(app: StoreApp, { access, secretUse }: StoreOptions): void {
  app.get('/v1/secrets', (context) => {
    const { environment } = context.var
    return context.json({ environment, secrets: secretUse?.standing(access, environment) ?? [] })
  })
}
