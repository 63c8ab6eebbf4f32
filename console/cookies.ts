// Cookies of the console: which there are, and how they are kept.
import type { Context } from 'hono'
import type { CookieOptions } from 'hono/utils/cookie'

export const SESSION_COOKIE = 'tracklayer_session'
/** Set by the script: the viewer's time zone, e.g. `Europe/Berlin`. */
export const ZONE_COOKIE = 'tracklayer_zone'
/** `light` or `dark`; without it the system's choice. */
export const THEME_COOKIE = 'tracklayer_theme'
/** Where a proxy signs people in: the environment they look at. */
export const ENVIRONMENT_COOKIE = 'tracklayer_environment'

/**
 * For cookies that no script reads. Lax: a link in a message opens the page it names; forms have a token besides. Secure
 * wherever the browser came over TLS, which a proxy in front says.
 */
export function cookieOptions({ req }: Context): CookieOptions {
  const isTls = (req.header('x-forwarded-proto') ?? new URL(req.url).protocol).startsWith('https')
  return { path: '/', httpOnly: true, sameSite: 'Lax', secure: isTls }
}
