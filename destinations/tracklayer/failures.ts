// The core's failures as actions-core's errors. What may pass later is a RetryableError, a refused credential too: a mistyped
// secret must not lose what happens meanwhile.
import {
  IntegrationError,
  PayloadValidationError,
  RetryableError,
  SelfTimeoutError,
} from '@segment/actions-core'
import core from './core.ts'

/** Runs a call of the core. @throws what actions-core understands */
export async function translated<Value>(run: () => Promise<Value> | Value): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    throw actionsError(error)
  }
}

function actionsError(error: unknown): unknown {
  const code = core.codeOf(error)
  if (code === null) return error
  const { message } = error as Error
  switch (code) {
    case 'RATE_LIMITED':
      return new RetryableError(message, 429)
    case 'AUTH_REJECTED':
    case 'UNAVAILABLE':
      return new RetryableError(message, 503)
    case 'TIMED_OUT':
      return new SelfTimeoutError(message)
    // 503 and not 400: Segment tries again by the status, and the messages are good.
    case 'SETTINGS_INVALID':
      return new IntegrationError(message, code, 503)
    default:
      return new IntegrationError(message, code, 400)
  }
}

/** For one message that the store, or the core before it, refused for good. */
export function refusal(status: number, reason: string): Error {
  return status === 400 || status === 422
    ? new PayloadValidationError(reason)
    : new IntegrationError(reason, 'RECEIVER_REJECTED', status)
}
