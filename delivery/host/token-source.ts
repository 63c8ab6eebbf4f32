// Access tokens of a definition that signs in with OAuth 2: made from the refresh token, one request at a time, and kept
// in memory until shortly before they expire.
import type { DestinationDefinition } from '@segment/actions-core'
import type { Clock } from '../../core/clock.ts'
import type { DestinationFile } from '../../core/destination-schema.ts'
import type { Transport } from '../transport.ts'
import { createRequestClient } from './request-client.ts'
import type { RunOptions } from './run-definition.ts'

export interface TokenSourceOptions {
  readonly file: DestinationFile
  readonly settings: Readonly<Record<string, string>>
  readonly definition: DestinationDefinition<never>
  readonly transport: Transport
  readonly clock: Clock
  readonly timeoutMs: number
}

// Google's and most others' tokens live an hour; actions-core's refresh does not say how long (destinations.md 6).
const LIFETIME_MS = 50 * 60 * 1000

type Refresh = (
  request: unknown,
  data: unknown,
) => Promise<{ accessToken: string; refreshToken?: string }>

/** Undefined for a definition without OAuth 2. What it gives rejects as the definition's own refresh does. */
export function createTokenSource(
  options: TokenSourceOptions,
): (() => Promise<RunOptions['auth']>) | undefined {
  const { file, settings, definition, transport, clock, timeoutMs } = options
  const { authentication } = definition as {
    authentication?: { scheme?: string; refreshAccessToken?: Refresh }
  }
  const refresh = authentication?.refreshAccessToken
  if (authentication?.scheme !== 'oauth2' || !refresh || !file.oauth) return undefined
  const { client_id, client_secret } = file.oauth
  let refreshToken = file.oauth.refresh_token
  let current: { readonly token: Promise<string>; readonly until: number } | null = null

  const renew = async () => {
    const request = createRequestClient({ transport, timeoutMs, defaults: {}, onAnswer: () => {} })
    const auth = { accessToken: '', refreshToken, clientId: client_id, clientSecret: client_secret }
    const renewed = await refresh(request, { settings, auth })
    refreshToken = renewed.refreshToken ?? refreshToken
    return renewed.accessToken
  }
  return async () => {
    if (!current || current.until < clock.now()) {
      const token = renew()
      current = { token, until: clock.now() + LIFETIME_MS }
      // A refusal is not kept: the next attempt asks again.
      token.catch(() => {
        current = null
      })
    }
    return { accessToken: await current.token, refreshToken }
  }
}
