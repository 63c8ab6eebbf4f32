// Who has no session is led to where one is made, and back.
import type { Context, MiddlewareHandler } from 'hono'
import type { ConsoleEnv, PageOptions } from './app.tsx'
import { StoreRefusal, storeApiOf } from './store-api.ts'
import { lookOf, type SessionStory, type Viewer } from './viewer.ts'

export function requireSession(options: PageOptions): MiddlewareHandler<ConsoleEnv> {
  return async (context, next) => {
    const viewer = await viewerOf(context, options)
    if (viewer === null) {
      const path = pathOf(context)
      const back =
        context.req.method === 'GET' && path !== '/' ? `?to=${encodeURIComponent(path)}` : ''
      return context.redirect(`/sign-in${back}`, 303)
    }
    context.set('viewer', viewer)
    await next()
    return undefined
  }
}

/** Null for who has no session. */
export async function viewerOf(
  context: Context<ConsoleEnv>,
  options: PageOptions,
): Promise<Viewer | null> {
  try {
    const session = await storeApiOf(context, options.askStore).get<SessionStory>('/v1/session')
    const formToken = context.get('formToken')
    return { ...session, path: pathOf(context), formToken, look: lookOf(context, options) }
  } catch (error) {
    if (!(error instanceof StoreRefusal) || error.status !== 401) throw error
    return null
  }
}

function pathOf({ req }: Context): string {
  const url = new URL(req.url)
  return url.pathname + url.search
}
