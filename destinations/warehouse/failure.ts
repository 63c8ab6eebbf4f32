// Errors of the database → errors of actions-core, by SQLSTATE (PostgreSQL, Appendix A). The database's own words may
// quote values, so they are passed on only where they speak of tables, columns and rights.
import { IntegrationError, InvalidAuthenticationError, RetryableError } from '@segment/actions-core'

export type Failure = IntegrationError | InvalidAuthenticationError | RetryableError

interface DatabaseError {
  readonly code?: unknown
  readonly message?: unknown
}

export function failureOf(thrown: unknown): Failure {
  if (isFailure(thrown)) return thrown
  const { code, message } = (thrown ?? {}) as DatabaseError
  const state = typeof code === 'string' ? code : ''
  if (state === 'ERR_INVALID_URL' || thrown instanceof URIError)
    // The error itself holds the whole string, password included.
    return settings('The connection string is no address: want postgresql://user:password@host/db')
  if (!/^[0-9A-Z]{5}$/.test(state))
    return new RetryableError(`The warehouse was not reached: ${state || textOf(message)}`, 503)
  if (state.startsWith('28'))
    return new InvalidAuthenticationError(`The warehouse refuses the credentials (${state})`)
  if (isTransient(state, message))
    return new RetryableError(`The warehouse cannot take rows now (${state})`, 503)
  if (isAboutValues(state))
    return new IntegrationError(
      `The warehouse refuses the row (${state})`,
      'RECEIVER_REJECTED',
      400,
    )
  return settings(`The warehouse cannot take rows as it is set up (${state}): ${textOf(message)}`)
}

/** Whether the very same statements may succeed when they are run again at once. */
export function isConflict(thrown: unknown): boolean {
  const { code, message } = (thrown ?? {}) as DatabaseError
  return (
    code === '40001' ||
    code === '40P01' ||
    /serializable isolation violation/i.test(textOf(message))
  )
}

/** Whether one row of several may be at fault. */
export function isDataFault(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as DatabaseError
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && isAboutValues(code)
}

/** Another worker added the column, or made the table, first. */
export function isAlreadyThere(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as DatabaseError
  // duplicate_column, duplicate_table, duplicate_schema; unique_violation in the catalogue itself, which is what two
  // "create … if not exists" at once end in.
  return code === '42701' || code === '42P07' || code === '42P06' || code === '23505'
}

// 08 connection, 40 rollback, 53 resources, 55P03 lock not available, 57 operator intervention and timeouts, 58 system.
function isTransient(state: string, message: unknown): boolean {
  return (
    /^(?:08|40|53|57|58)/.test(state) ||
    state === '55P03' ||
    state === 'XX000' ||
    /serializable isolation violation/i.test(textOf(message))
  )
}

// 22 data exception, 23 integrity constraint, 21 cardinality, 54 program limit (a row too long).
const isAboutValues = (state: string): boolean => /^(?:21|22|23|54)/.test(state)

const isFailure = (thrown: unknown): thrown is Failure =>
  thrown instanceof IntegrationError ||
  thrown instanceof RetryableError ||
  thrown instanceof InvalidAuthenticationError

// 403: the events are good, and a host pauses the destination instead of giving them up.
const settings = (message: string) => new IntegrationError(message, 'SETTINGS_INVALID', 403)

const textOf = (message: unknown): string => (typeof message === 'string' ? message : '')
