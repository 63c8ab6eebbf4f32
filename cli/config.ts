// Settings of a store from the environment: account, and per environment its secrets and API keys.
import { randomBytes } from 'node:crypto'
import { TrackLayerError } from '../core/errors.ts'
import { isRole, type Role } from '../core/role.ts'
import { createVault, ENCRYPTION_KEY_VARIABLE, type Vault } from '../core/vault.ts'
import type { Access, EnvironmentAccess } from '../store/access.ts'
import { AUDIT_LOG_DAYS } from '../store/retention.ts'

type Variables = Readonly<Record<string, string | undefined>>

const SECRET = /^TRACKLAYER_SECRET_([A-Z0-9_]+)$/

/**
 * Reads `TRACKLAYER_ACCOUNT`, `TRACKLAYER_SECRET_<ENVIRONMENT>` (newest first, comma-separated while one is rotated)
 * and `TRACKLAYER_API_KEY_<ENVIRONMENT>` (likewise). `PRODUCTION` is the environment `production`.
 * @throws TrackLayerError SETTINGS_INVALID naming the variable and the fix
 */
export function readAccess(variables: Variables): Access {
  const account = variables.TRACKLAYER_ACCOUNT?.trim()
  if (!account) {
    throw invalid('TRACKLAYER_ACCOUNT is not set; set it to your account id, e.g. acct_live_123')
  }
  // The signed content joins account, environment and body with dots: a dot inside one would blur where it ends.
  if (!/^[A-Za-z0-9_-]+$/.test(account)) {
    throw invalid(`TRACKLAYER_ACCOUNT is "${account}"; use letters, digits, - and _ only`)
  }
  const environments = Object.keys(variables).flatMap((name) => {
    const suffix = SECRET.exec(name)?.[1]
    return suffix ? [environmentAccess(suffix, variables)] : []
  })
  if (environments.length === 0) {
    throw invalid(
      'No TRACKLAYER_SECRET_<ENVIRONMENT> is set; set e.g. TRACKLAYER_SECRET_PRODUCTION',
    )
  }
  assertNoneShared(environments)
  assertKeysOpenSomething(variables, environments)
  return { account, environments, ...readProxy(variables, environments) }
}

/** What seals tokens in the database; undefined without `TRACKLAYER_ENCRYPTION_KEY`. @throws TrackLayerError SETTINGS_INVALID */
export function readVault(variables: Variables): Vault | undefined {
  const keys = variables[ENCRYPTION_KEY_VARIABLE]
  return keys ? createVault(keys, randomBytes) : undefined
}

const LEAST_AUDIT_LOG_DAYS = 30

/** Days the audit log is kept: `TRACKLAYER_AUDIT_LOG_DAYS`, else 400. @throws TrackLayerError SETTINGS_INVALID */
export function readAuditLogDays(variables: Variables): number {
  const text = variables.TRACKLAYER_AUDIT_LOG_DAYS?.trim()
  if (!text) return AUDIT_LOG_DAYS
  const days = Number(text)
  if (/^\d{1,5}$/.test(text) && days >= LEAST_AUDIT_LOG_DAYS) return days
  throw invalid(`TRACKLAYER_AUDIT_LOG_DAYS is "${text}"; set a whole number of days from 30`)
}

function environmentAccess(suffix: string, variables: Variables): EnvironmentAccess {
  const secrets = listOf(variables[`TRACKLAYER_SECRET_${suffix}`])
  const short = secrets.find((secret) => secret.length < 16)
  if (secrets.length === 0 || short !== undefined) {
    const fault = secrets.length === 0 ? 'is empty' : 'has a secret of fewer than 16 characters'
    throw invalid(`TRACKLAYER_SECRET_${suffix} ${fault}; make one with: openssl rand -hex 32`)
  }
  return {
    name: nameOf(suffix),
    secrets,
    ...readKeys(`TRACKLAYER_API_KEY_${suffix}`, variables),
    ...readPeople(`TRACKLAYER_PEOPLE_${suffix}`, variables),
  }
}

// `viewer:3f9c…` is a viewer's key; without a role before it, a key is an admin's.
function readKeys(
  name: string,
  variables: Variables,
): Pick<EnvironmentAccess, 'apiKeys' | 'keyRoles'> {
  const keys = listOf(variables[name]).map((item) => {
    const [, role, key] = /^(viewer|operator|admin):(.*)$/.exec(item) ?? []
    if (key === '') throw invalid(`${name} has the role "${role}" without a key after the colon`)
    return { key: key ?? item, role: (role ?? 'admin') as Role }
  })
  const roles = keys.filter(({ role }) => role !== 'admin')
  return {
    apiKeys: keys.map(({ key }) => key),
    ...(roles.length > 0 ? { keyRoles: new Map(roles.map(({ key, role }) => [key, role])) } : {}),
  }
}

// `ada@shop.example=admin,*@shop.example=viewer`, first match first.
function readPeople(name: string, variables: Variables): Pick<EnvironmentAccess, 'people'> {
  const people = listOf(variables[name]).map((item) => {
    const [pattern = '', role, ...rest] = item.split('=')
    if (!pattern.trim() || rest.length > 0 || !isRole(role))
      throw invalid(
        `${name} has "${item}"; write e.g. ada@shop.example=admin,*@shop.example=viewer`,
      )
    return { pattern: pattern.trim().toLowerCase(), role }
  })
  return people.length > 0 ? { people } : {}
}

// A header names people only when the proxy proves itself: whoever else reaches the store could write it too.
function readProxy(
  variables: Variables,
  environments: readonly EnvironmentAccess[],
): Pick<Access, 'proxy'> {
  const identityHeader = variables.TRACKLAYER_IDENTITY_HEADER?.trim().toLowerCase()
  const secret = variables.TRACKLAYER_PROXY_SECRET?.trim()
  const areNamed = environments.some(({ people }) => people !== undefined)
  if (!identityHeader && !secret && !areNamed) return {}
  if (!identityHeader || !secret || secret.length < 16 || !areNamed) {
    throw invalid(
      'Signing in by a reverse proxy takes TRACKLAYER_IDENTITY_HEADER, TRACKLAYER_PROXY_SECRET (16 characters or more) and TRACKLAYER_PEOPLE_<ENVIRONMENT>; set all three or none',
    )
  }
  return { proxy: { identityHeader, secret } }
}

// One secret in two environments would let staging write to production.
function assertNoneShared(environments: readonly EnvironmentAccess[]): void {
  const owners = new Map<string, string>()
  for (const { name, secrets, apiKeys } of environments) {
    for (const value of [...secrets, ...apiKeys]) {
      const owner = owners.get(value)
      if (owner === name) {
        throw invalid(`Environment ${name} has one secret or API key twice; remove the repetition`)
      }
      if (owner !== undefined) {
        throw invalid(
          `Environments ${owner} and ${name} share a secret or API key; give each its own`,
        )
      }
      owners.set(value, name)
    }
  }
}

// A key of an environment that is spelt otherwise, or has no secret yet, would be refused without a word.
function assertKeysOpenSomething(
  variables: Variables,
  environments: readonly EnvironmentAccess[],
): void {
  const names = new Set(environments.map(({ name }) => name))
  for (const variable of Object.keys(variables)) {
    const suffix = /^TRACKLAYER_API_KEY_(.+)$/.exec(variable)?.[1]
    if (suffix === undefined || !variables[variable] || names.has(nameOf(suffix))) continue
    throw invalid(
      `${variable} is set and TRACKLAYER_SECRET_${suffix} is not: set it too, or correct the name`,
    )
  }
}

function nameOf(suffix: string): string {
  return suffix.toLowerCase().replaceAll('_', '-')
}

function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
