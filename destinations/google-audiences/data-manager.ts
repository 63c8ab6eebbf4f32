// Requests to the Data Manager API about audiences, and what their answers mean.
import type { RequestClient } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'
import { failureOf, messageOf, notConnected } from '../google-data-manager/failure.ts'
import { DEFAULT_BASE_URL, isOk } from '../google-data-manager/ingest.ts'
import { eventIndexOf, rpcStatusOf } from '../google-data-manager/rpc-status.ts'
import { type Accounts, accountsOf } from '../google-data-manager/settings-rules.ts'
import { type Answer, answerOf } from '../vendor-answers/answer.ts'
import type { Verdict } from '../vendor-answers/verdict.ts'
import type { Settings } from './generated-types.ts'

export interface DataManagerCall {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly json?: JsonObject
  readonly headers?: Readonly<Record<string, string>>
}

/** @throws InvalidAuthenticationError without a token, which makes actions-core renew it */
export async function callDataManager(
  request: RequestClient,
  settings: Settings,
  accessToken: string | undefined,
  { method, path, json, headers }: DataManagerCall,
): Promise<Answer> {
  if (!accessToken) throw notConnected('There is no access token yet')
  const response = await request(`${settings.base_url || DEFAULT_BASE_URL}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${accessToken}`, ...headers },
    ...(json ? { json } : {}),
    throwHttpErrors: false,
  })
  return answerOf(response)
}

/** The resource name of the account, and the header that names the account the user signs in through. */
export function accountOf(settings: Settings) {
  const { operatingAccount, loginAccount } = accountsOf(settings)
  const name = ({ accountType, accountId }: Accounts['operatingAccount']) =>
    `accountTypes/${accountType}/accounts/${accountId}`
  return {
    parent: name(operatingAccount),
    headers: loginAccount ? { 'login-account': name(loginAccount) } : {},
  }
}

/**
 * The API is fast-fail (page "Understand API errors"): one member that fails validation and nothing of the request is taken.
 * Its field violations name members by index; the first one named is the culprit, and the rest is sent again.
 */
export function readDataManagerAnswer(answer: Answer): Verdict {
  if (isOk(answer)) return { kind: 'accepted' }
  const failure = failureOf(answer)
  const { message, status = 500 } = failure
  if (status === 401) return { kind: 'credentials', message }
  if (failure.code === 'RETRYABLE_ERROR') {
    const { retryAfterMs } = failure as { readonly retryAfterMs?: number }
    return {
      kind: 'wait',
      status,
      message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }
  const rpc = rpcStatusOf(answer.body)
  if (status === 403) {
    const isAboutList = rpc.violations.some(
      ({ field, reason }) =>
        reason.startsWith('INVALID_USER_LIST') || field.endsWith('product_destination_id'),
    )
    return { kind: 'settings', message, ...(isAboutList ? { code: 'AUDIENCE_UNAVAILABLE' } : {}) }
  }
  if (answer.status !== 400) return { kind: 'refused', status, message }
  const culprit = rpc.violations.map(eventIndexOf).find((index) => index !== null) ?? null
  return { kind: 'event', message: messageOf(answer.status, rpc), culprit }
}
