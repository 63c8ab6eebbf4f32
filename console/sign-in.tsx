// Signing in and out: with an API key, or with a link that works once.
import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { ConsoleApp, ConsoleEnv, PageOptions } from './app.tsx'
import { cookieOptions, ENVIRONMENT_COOKIE, SESSION_COOKIE } from './cookies.ts'
import { SignInPage } from './pages/sign-in.tsx'
import { StoreRefusal, storeApiOf } from './store-api.ts'
import { lookOf } from './viewer.ts'

interface NewSession {
  readonly token: string
  readonly expires_at: string
}

export function addSignIn(app: ConsoleApp, options: PageOptions): void {
  const { askStore } = options
  app.get('/sign-in', (context) => show(context, 200))

  // A link is not used up by being looked at: programs that preview links in messages look at all of them.
  app.get('/sign-in/:link', (context) => show(context, 200, { link: context.req.param('link') }))

  app.post('/sign-in', async (context) => {
    const { api_key: key, link, to } = await context.req.parseBody()
    const given =
      typeof link === 'string' && link !== '' ? { link } : { api_key: String(key ?? '').trim() }
    try {
      const session = await storeApiOf(context, askStore).post<NewSession>('/v1/sessions', given)
      const expires = new Date(session.expires_at)
      setCookie(context, SESSION_COOKIE, session.token, { ...cookieOptions(context), expires })
      deleteCookie(context, ENVIRONMENT_COOKIE, { path: '/' })
      return context.redirect(pathHere(to), 303)
    } catch (error) {
      if (!(error instanceof StoreRefusal)) throw error
      return show(context, 401, { fault: error.message, to: pathHere(to) })
    }
  })

  app.post('/sign-out', async (context) => {
    await storeApiOf(context, askStore).delete('/v1/session').catch(ignoreEndedSession)
    deleteCookie(context, SESSION_COOKIE, { path: '/' })
    return context.redirect('/sign-in', 303)
  })

  function show(
    context: Context<ConsoleEnv>,
    status: 200 | 401,
    given: { readonly link?: string; readonly fault?: string; readonly to?: string } = {},
  ) {
    const to = given.to ?? pathHere(context.req.query('to'))
    const look = lookOf(context, options)
    const formToken = context.get('formToken')
    return context.html(<SignInPage look={look} formToken={formToken} {...given} to={to} />, status)
  }
}

function ignoreEndedSession(error: unknown): void {
  if (!(error instanceof StoreRefusal) || error.status !== 401) throw error
}

// Only a path of ours: `//elsewhere.example` would lead away.
function pathHere(to: unknown): string {
  return typeof to === 'string' && /^\/(?![/\\])[^\r\n]*$/.test(to) ? to : '/'
}
