// Renewing the access token. Page "Using OAuth 2.0 for Web Server Applications", section "Refreshing an access token".
import type {
  OAuth2ClientCredentials,
  RefreshAccessTokenResult,
  RequestClient,
} from '@segment/actions-core'
import { answerOf, kindOfStatus, retryAfterMs } from '../vendor-answers/answer.ts'
import { WaitError } from '../vendor-answers/verdict.ts'
import { notConnected } from './failure.ts'

export const DEFAULT_TOKEN_URL = 'https://oauth2.googleapis.com/token'

/** Throws InvalidAuthenticationError when the operator has to connect again, RetryableError when it may pass. */
export async function refreshAccessToken(
  request: RequestClient,
  {
    settings,
    auth,
  }: { readonly settings: { readonly token_url?: string }; readonly auth: OAuth2ClientCredentials },
): Promise<RefreshAccessTokenResult> {
  const url = auth.refreshTokenUrl || settings.token_url || DEFAULT_TOKEN_URL
  const response = await request(url, {
    method: 'post',
    body: new URLSearchParams({
      client_id: auth.clientId,
      client_secret: auth.clientSecret,
      refresh_token: auth.refreshToken,
      grant_type: 'refresh_token',
    }),
    throwHttpErrors: false,
  })
  const answer = answerOf(response)
  const { access_token, refresh_token, error } = (answer.body ?? {}) as TokenAnswer
  if (response.ok && typeof access_token === 'string')
    // Google keeps the refresh token; one that is given replaces the old one (RFC 6749, section 6).
    return { accessToken: access_token, ...(refresh_token ? { refreshToken: refresh_token } : {}) }
  if (kindOfStatus(answer.status) === 'wait')
    throw new WaitError(
      `The token endpoint answered ${answer.status}, want 200`,
      answer.status,
      retryAfterMs(answer),
    )
  // invalid_grant: revoked, expired, or the app is in testing (7 days). The description is left out: it may say who.
  const code = typeof error === 'string' ? error : `HTTP ${answer.status}`
  throw notConnected(`Google does not renew the access token: ${code}`)
}

interface TokenAnswer {
  readonly access_token?: string
  readonly refresh_token?: string
  readonly error?: string
}
