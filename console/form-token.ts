// A form is taken from our own pages only. Browsers say where a request comes from; besides, each form carries a token
// that a cookie repeats, which no other site can read or set.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { ConsoleEnv } from './app.tsx'
import { cookieOptions } from './cookies.ts'

export const FORM_FIELD = 'form_token'
const COOKIE = 'tracklayer_form'
const TOKEN = /^[0-9a-f]{64}$/

export function guardForms(newToken: () => string): MiddlewareHandler<ConsoleEnv> {
  return async (context, next) => {
    const kept = getCookie(context, COOKIE) ?? ''
    const isReading = context.req.method === 'GET' || context.req.method === 'HEAD'
    if (!isReading && !(isFromHere(context) && (await isRepeated(context, kept)))) {
      const message =
        'This form was not sent from this console, or the page is older than your browser’s session. Go back, load the page again, and send it once more.'
      return context.text(message, 403)
    }
    const token = TOKEN.test(kept) ? kept : newToken()
    if (token !== kept)
      setCookie(context, COOKIE, token, { ...cookieOptions(context), sameSite: 'Strict' })
    context.set('formToken', token)
    await next()
    return undefined
  }
}

// Every browser of these years sends one of the two with a form.
function isFromHere({ req }: Context): boolean {
  const site = req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = req.header('origin')
  const host = req.header('x-forwarded-host') ?? req.header('host') ?? new URL(req.url).host
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

async function isRepeated(context: Context, kept: string): Promise<boolean> {
  const { [FORM_FIELD]: given } = await context.req.parseBody()
  return TOKEN.test(kept) && typeof given === 'string' && isSame(given, kept)
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
