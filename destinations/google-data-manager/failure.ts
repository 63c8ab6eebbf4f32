// One translation from an answer of Google's to an error of actions-core. What may pass later is a RetryableError; what
// an operator must mend is SETTINGS_INVALID or an authentication error; the rest is the event's own fault.
import { ErrorCodes, IntegrationError, InvalidAuthenticationError } from '@segment/actions-core'
import { type Answer, kindOfStatus, retryAfterMs } from '../vendor-answers/answer.ts'
import { WaitError } from '../vendor-answers/verdict.ts'
import { type RpcStatus, rpcStatusOf } from './rpc-status.ts'

export type Failure = IntegrationError | InvalidAuthenticationError | WaitError

// Reasons that no event can help: page "ErrorReason" of the Data Manager API, those about accounts, conversion
// actions and user lists. The enum is "not frozen": an unknown reason counts as the event's fault unless it names the destination.
const SETTINGS_REASONS: ReadonlySet<string> = new Set([
  'INVALID_DESTINATION',
  'INVALID_CONVERSION_ACTION_ID',
  'INVALID_CONVERSION_ACTION_TYPE',
  'CONVERSION_ACTION_TOO_RECENTLY_CREATED',
  'TERMS_AND_CONDITIONS_NOT_SIGNED',
  'DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS',
  'DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS',
  'DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED',
  'DESTINATION_ACCOUNT_TYPE_MISMATCH',
  'EVENT_SOURCE_AND_DESTINATION_MISMATCH',
  'OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH',
  'MISMATCHED_ACCOUNT_TYPE',
  'INVALID_MERCHANT_ID',
  'INVALID_USER_LIST_ID',
  'INVALID_USER_LIST_TYPE',
  'DATA_PARTNER_USER_LIST_MUTATE_NOT_ALLOWED',
  'NOT_ALLOWLISTED',
])

/** The error of an answer that is not 2xx. Its message holds neither the token nor the events. */
export function failureOf(answer: Answer): Failure {
  const { status } = answer
  const rpc = rpcStatusOf(answer.body)
  const message = messageOf(status, rpc)
  if (status === 401) return new InvalidAuthenticationError(message)
  // google.rpc.Code: ABORTED, which is 409, asks for a later try.
  if (status === 409 || kindOfStatus(status) === 'wait')
    return new WaitError(message, status, retryAfterMs(answer) ?? rpc.retryDelayMs)
  // 403, not 400: the events are good, and a host pauses the destination on 401 and 403 instead of giving them up.
  if (isSettingsFault(rpc) || kindOfStatus(status) === 'settings')
    return new IntegrationError(message, 'SETTINGS_INVALID', 403)
  return new IntegrationError(message, reasonOf(rpc) || 'RECEIVER_REJECTED', status)
}

/** No access token, or one that cannot be renewed: the operator has to connect the account again. */
export function notConnected(message: string): InvalidAuthenticationError {
  return new InvalidAuthenticationError(message, ErrorCodes.REFRESH_TOKEN_EXPIRED)
}

export function isSettingsFault({ reason, violations }: RpcStatus): boolean {
  return (
    SETTINGS_REASONS.has(reason) ||
    violations.some(
      (each) => SETTINGS_REASONS.has(each.reason) || /^destinations\b/.test(each.field),
    )
  )
}

const reasonOf = ({ reason, violations, status }: RpcStatus): string =>
  violations[0]?.reason || reason || status

export function messageOf(status: number, rpc: RpcStatus): string {
  const said = rpc.violations.map(({ field, reason, description }) =>
    [field, reason, description].filter(Boolean).join(' '),
  )
  const why = [rpc.status, rpc.reason, ...said.slice(0, 3), said.length ? '' : rpc.message]
  const parts = [...new Set(why)].filter(Boolean).join(': ')
  const request = rpc.requestId ? ` (request ${rpc.requestId})` : ''
  return `Data Manager API answered ${status}, want 2xx${parts ? `: ${parts}` : ''}${request}`
}
