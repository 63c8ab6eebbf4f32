// Who looks, and how: what every page knows.
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Role } from '../core/role.ts'
import type { AssetName } from './assets.ts'
import { THEME_COOKIE, ZONE_COOKIE } from './cookies.ts'

export interface SessionStory {
  readonly account: string
  readonly environment: string
  /** Those that are open to them; more than one where a reverse proxy signs people in. */
  readonly environments: readonly string[]
  readonly role: Role
  readonly actor: string
}

export interface Viewer extends SessionStory {
  /** Path and query of the page, for links that come back. */
  readonly path: string
  readonly formToken: string
  readonly look: Look
}

/** How pages are shown; known before anybody has signed in. */
export interface Look {
  /** IANA name; UTC until the script has said otherwise. */
  readonly zone: string
  readonly theme: 'light' | 'dark' | null
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number
  /** Where a file of console/assets is, with the digest of its content. */
  readonly assetPath: AssetPath
}

export type AssetPath = (name: AssetName) => string

export function lookOf(
  context: Context,
  { now, assetPath }: { readonly now: () => number; readonly assetPath: AssetPath },
): Look {
  const theme = getCookie(context, THEME_COOKIE)
  return {
    zone: zoneOf(getCookie(context, ZONE_COOKIE)),
    theme: theme === 'light' || theme === 'dark' ? theme : null,
    nowMs: now(),
    assetPath,
  }
}

function zoneOf(name: string | undefined): string {
  if (name === undefined || !/^[A-Za-z0-9_+/-]{1,64}$/.test(name)) return 'UTC'
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return 'UTC' // a zone this engine does not know
  }
}

const LEVELS: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 }

/** Whether a button is worth showing; the store decides again. */
export function mayAct({ role }: Pick<SessionStory, 'role'>, needed: Role): boolean {
  return LEVELS[role] >= LEVELS[needed]
}
