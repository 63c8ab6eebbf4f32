// Who has no session is led to where one is made, and back.
import type { MiddlewareHandler } from 'hono'
import type { ConsoleEnv, PageOptions } from './app.tsx'
import { StoreRefusal, storeApiOf } from './store-api.ts'
import { lookOf, type SessionStory } from './viewer.ts'

export function requireSession(options: PageOptions): MiddlewareHandler<ConsoleEnv> {
  return async (context, next) => {
    const url = new URL(context.req.url)
    const path = url.pathname + url.search
    try {
      const session = await storeApiOf(context, options.askStore).get<SessionStory>('/v1/session')
      const formToken = context.get('formToken')
      context.set('viewer', { ...session, path, formToken, look: lookOf(context, options) })
    } catch (error) {
      if (!(error instanceof StoreRefusal) || error.status !== 401) throw error
      const back =
        context.req.method === 'GET' && path !== '/' ? `?to=${encodeURIComponent(path)}` : ''
      return context.redirect(`/sign-in${back}`, 303)
    }
    await next()
    return undefined
  }
}
