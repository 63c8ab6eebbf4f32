// Access tokens of a definition that signs in with OAuth 2. They lie sealed in the database and serve every process;
// whoever needs a new one takes the lease and asks, the others wait for what it brings.
//
// A platform may replace the refresh token with each answer (RFC 6749, section 6). An answer that was lost may have
// done so: the next refresh is tried all the same, because most platforms keep the token, and one that is refused then
// says what happened instead of only "refused".
import { createHash } from 'node:crypto'
import type { DestinationDefinition } from '@segment/actions-core'
import { sleep } from '../../core/clock.ts'
import type { DestinationFile } from '../../core/destination-schema.ts'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { ENCRYPTION_KEY_VARIABLE, MAKE_ONE, type Vault } from '../../core/vault.ts'
import {
  beginRefresh,
  type CredentialKey,
  endRefresh,
  type RefreshLease,
  readCredential,
  storeCredential,
} from '../../store/credentials.ts'
import type { Database } from '../../store/database.ts'
import type { Transport } from '../transport.ts'
import { failureOf } from './failure.ts'
import { createRequestClient } from './request-client.ts'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Tells what replaced what. */
  readonly version: number
}

export interface TokenSource {
  /** A token that should be valid. Rejects as the definition's refresh does, and with TrackLayerErrors. */
  current(): Promise<Tokens>
  /** One newer than `version`, which the platform refuses. */
  newerThan(version: number): Promise<Tokens>
}

/** Where tokens are kept, and what seals them. */
export interface TokenStore {
  readonly database: Database
  readonly vault: Vault
}

export interface TokenSourceOptions {
  readonly name: string
  readonly environment: string
  readonly file: DestinationFile
  readonly settings: Readonly<Record<string, string>>
  readonly definition: DestinationDefinition<never>
  readonly transport: Transport
  readonly timeoutMs: number
  readonly tokenStore?: TokenStore | undefined
}

// Google's and most others' tokens live an hour; actions-core's refresh does not say how long (destinations.md 6).
const LIFETIME_MS = 50 * 60 * 1000
const POLL_MS = 100
/** After the request's own time: how long storing may take before the refresh counts as lost. */
const STORING_MS = 10_000
const STORING_TRIES = 5

type Refresh = (
  request: unknown,
  data: unknown,
) => Promise<{ accessToken: string; refreshToken?: string }>

/**
 * Undefined for a definition without OAuth 2.
 * @throws TrackLayerError SETTINGS_INVALID when there is nothing to seal tokens with
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource | undefined {
  const { name, environment, file, definition, tokenStore } = options
  const { authentication } = definition as {
    authentication?: { scheme?: string; refreshAccessToken?: Refresh }
  }
  const refresh = authentication?.refreshAccessToken
  if (authentication?.scheme !== 'oauth2' || !refresh || !file.oauth) return undefined
  if (!tokenStore) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `Destination "${name}" (${environment}) signs in with OAuth 2, and ${ENCRYPTION_KEY_VARIABLE}, which seals its tokens, is not set; ${MAKE_ONE}`,
    )
  }
  const shared = createSharedTokens({ ...options, oauth: file.oauth, refresh, ...tokenStore })
  let current: { readonly tokens: Tokens; readonly until: number } | null = null
  let asking: Promise<Tokens> | null = null
  const ask = (after: number): Promise<Tokens> => {
    asking ??= shared(after)
      .then((found) => {
        current = found
        return found.tokens
      })
      .finally(() => {
        asking = null
      })
    return asking
  }
  return {
    current: async () => {
      if (current && current.until > tokenStore.database.clock.now()) return current.tokens
      return ask(-1)
    },
    newerThan: async (version) => {
      if (current && current.tokens.version > version) return current.tokens
      const tokens = await ask(version)
      // What was asked for before the refusal was known may be the very token that is refused.
      return tokens.version > version ? tokens : ask(version)
    },
  }
}

type SharedOptions = TokenSourceOptions &
  TokenStore & {
    readonly oauth: NonNullable<DestinationFile['oauth']>
    readonly refresh: Refresh
  }

interface Found {
  readonly tokens: Tokens
  readonly until: number
}

// Reads what is stored; what is too old is renewed by whoever gets the lease, and the rest read again.
function createSharedTokens(options: SharedOptions): (after: number) => Promise<Found> {
  const { name, environment, database, vault, oauth, timeoutMs } = options
  const { clock } = database
  const place = [environment, name]
  const connection = createHash('sha256')
    .update(JSON.stringify([oauth.client_id, oauth.refresh_token]))
    .digest('hex')
  const key: CredentialKey = { environment, destination: name, connection }

  const read = async () => {
    const { version, sealed, expiresAt } = await readCredential(database, key)
    if (!sealed) return { version, found: null }
    const { accessToken, refreshToken } = JSON.parse(vault.open(sealed, place))
    const tokens: Tokens = { accessToken, refreshToken, version }
    return { version, found: { tokens, until: expiresAt?.getTime() ?? 0 } }
  }
  return async (after) => {
    for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += POLL_MS) {
      const { version, found } = await read()
      if (found && found.until > clock.now() && version > after) return found
      const lease = await beginRefresh(database, key, {
        seenVersion: version,
        leaseMs: timeoutMs + STORING_MS,
      })
      if (lease) {
        const refreshToken = found?.tokens.refreshToken ?? oauth.refresh_token
        return renew(options, key, lease, refreshToken)
      }
      await sleep(clock, POLL_MS)
    }
    throw new TrackLayerError(
      'UNAVAILABLE',
      `Another process has been renewing the access token for ${timeoutMs} ms`,
    )
  }
}

async function renew(
  options: SharedOptions,
  key: CredentialKey,
  lease: RefreshLease,
  refreshToken: string,
): Promise<Found> {
  const { database, vault, environment, name } = options
  const issued = await askPlatform(options, refreshToken).catch(async (error: unknown) => {
    await endRefresh(database, key, lease, failureOf(error).isAnswerLost)
    throw lease.lostAt ? lostAndRefused(error, lease.lostAt) : error
  })
  const until = database.clock.now() + LIFETIME_MS
  const sealed = vault.seal(JSON.stringify(issued), [environment, name])
  const version = await keep(options, key, lease, { sealed, expiresAt: new Date(until) })
  return { tokens: { ...issued, version }, until }
}

async function askPlatform(
  { oauth, refresh, settings, transport, timeoutMs }: SharedOptions,
  refreshToken: string,
): Promise<{ accessToken: string; refreshToken: string }> {
  const request = createRequestClient({ transport, timeoutMs, defaults: {}, onAnswer: () => {} })
  const { client_id: clientId, client_secret: clientSecret } = oauth
  const auth = { accessToken: '', refreshToken, clientId, clientSecret }
  const renewed = await refresh(request, { settings, auth })
  const { accessToken } = renewed
  return { accessToken, refreshToken: renewed.refreshToken || refreshToken }
}

// A refresh token that was replaced is known to nobody but us: storing it is tried more than once.
async function keep(
  { database }: SharedOptions,
  key: CredentialKey,
  lease: RefreshLease,
  issued: Parameters<typeof storeCredential>[3],
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      const version = await storeCredential(database, key, lease, issued)
      if (version !== null) return version
      throw new TrackLayerError('UNAVAILABLE', 'Renewing took too long; another process renews')
    } catch (error) {
      if (error instanceof TrackLayerError || attempt === STORING_TRIES) throw error
      await sleep(database.clock, POLL_MS)
    }
  }
}

function lostAndRefused(error: unknown, lostAt: Date): unknown {
  const { status, reason } = failureOf(error)
  if (status === null || status >= 500 || status === 408 || status === 429) return error
  return new TrackLayerError(
    'AUTH_REJECTED',
    `${messageOf(error) || reason}. The answer to the refresh of ${lostAt.toISOString()} was lost, and it may have replaced the refresh token: connect the account again and set its new refresh token`,
    { cause: error },
  )
}
