// Who asks: an API key, a session of the console, or a person whom a reverse proxy has signed in. Each opens exactly one
// environment, so no parameter of a request can reach another one.
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { mayAct, type Role } from '../../core/role.ts'
import { type Access, type Principal, principalOfKey, sameText } from '../access.ts'
import type { Database } from '../database.ts'
import type { KeyRing } from '../key-ring.ts'
import { findSession } from '../sessions.ts'
import type { StoreEnv } from './app.ts'
import { errorAnswer } from './errors.ts'
import { declarationOf } from './route.ts'

/** What the proxy proves itself by; our own name, so that no proxy passes it on from outside by chance. */
export const PROXY_SECRET_HEADER = 'x-tracklayer-proxy-secret'
/** Which environment a person signed in by the proxy wants; the first that is open to them without it. */
export const ENVIRONMENT_HEADER = 'x-tracklayer-environment'

/** What a declared route says it takes; without a declaration reading takes a viewer, everything else an operator. */
export function requireAccess(keys: KeyRing, database: Database): MiddlewareHandler<StoreEnv> {
  return async (context, next) => {
    const needed = neededFor(context)
    if (needed === 'open') return next()
    const principal = await principalOf(context, keys, database)
    if (principal === null) {
      return errorAnswer(
        context,
        401,
        'unauthorized',
        'Send Authorization: Bearer <API key of the environment>',
      )
    }
    context.set('environment', principal.environment)
    context.set('principal', principal)
    const refusal = refuseBelow(context, needed)
    if (refusal) return refusal
    await next()
    return undefined
  }
}

function neededFor(context: Context<StoreEnv>): Role | 'open' {
  for (const { handler } of matchedRoutes(context)) {
    const declared = declarationOf(handler)
    // Signed routes are not under /v1; one that were would be refused here, not opened.
    if (declared) return declared.access === 'signed' ? 'admin' : declared.access
  }
  return context.req.method === 'GET' || context.req.method === 'HEAD' ? 'viewer' : 'operator'
}

/** The 403 to answer when the one who asks may not, or null. */
function refuseBelow(context: Context<StoreEnv>, needed: Role): Response | null {
  const { role } = context.var.principal
  if (mayAct(role, needed)) return null
  const message = `This takes the role ${needed}; you are ${role}: ask an admin`
  return errorAnswer(context, 403, 'forbidden', message)
}

async function principalOf(
  { req }: Context,
  keys: KeyRing,
  database: Database,
): Promise<Principal | null> {
  const token = bearerOf(req.header('authorization'))
  if (token !== null)
    return holderOfKey(keys, token, database) ?? findSession(database, keys.access, token)
  return personOfProxy(keys.access, (name) => req.header(name))
}

/** What stands behind `Bearer`, or null. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? null
}

/** Whom a key names, and notes that it was used. */
export function holderOfKey(keys: KeyRing, key: string, { clock }: Database): Principal | null {
  const holder = principalOfKey(keys.access, key, clock.now())
  if (holder === null) return null
  const { label, ...principal } = holder
  keys.keyUse.note(principal.environment, label, null)
  return principal
}

/** Null unless a proxy is set up and proves itself, and names somebody who is let in. */
export function personOfProxy(
  { proxy, environments }: Access,
  header: (name: string) => string | undefined,
): Principal | null {
  if (!proxy || !sameText(header(PROXY_SECRET_HEADER) ?? '', proxy.secret)) return null
  const actor = header(proxy.identityHeader)?.trim().toLowerCase()
  if (!actor) return null
  const wanted = header(ENVIRONMENT_HEADER)
  for (const { name, people = [] } of environments) {
    const match = people.find(({ pattern }) => isNamed(pattern, actor))
    if (match && (wanted === undefined || wanted === name))
      return { environment: name, role: match.role, actor }
  }
  return null
}

/** The environments that are open to a person of the proxy. */
export function environmentsOfPerson({ environments }: Access, actor: string): string[] {
  return environments
    .filter(({ people = [] }) => people.some(({ pattern }) => isNamed(pattern, actor)))
    .map(({ name }) => name)
}

// `*@shop.example` is everybody of that domain; `*` everybody the proxy lets through.
function isNamed(pattern: string, actor: string): boolean {
  return pattern.startsWith('*') ? actor.endsWith(pattern.slice(1)) : actor === pattern
}
