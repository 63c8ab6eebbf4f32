// What becomes of an invocation (facts 1.5): by the thrown error's `name`, never by `instanceof`.
import type { FunctionKind } from '../realm/realm-protocol.ts'
import type { CallOutcome } from './container.ts'

export type Reported =
  | 'Unsupported Event Type'
  | 'Message Rejected'
  | 'Filtered at insert function'
  | 'Retry'
  | 'Timeout'
  | 'Bad Request'
  | 'Invalid Settings'

export type Verdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'discard' | 'retry'; readonly reported: Reported; readonly message: string }

const BY_NAME: Readonly<Record<string, { kind: 'discard' | 'retry'; reported: Reported }>> = {
  EventNotSupported: { kind: 'discard', reported: 'Unsupported Event Type' },
  InvalidEventPayload: { kind: 'discard', reported: 'Message Rejected' },
  ValidationError: { kind: 'discard', reported: 'Message Rejected' },
  RetryError: { kind: 'retry', reported: 'Retry' },
  Timeout: { kind: 'retry', reported: 'Timeout' },
}

/** The host's verdict. Anything it does not know, a failed fetch included, is a Bad Request, and that is a discard. */
export function classify(outcome: CallOutcome, kind: FunctionKind): Verdict {
  if (outcome.kind === 'returned') return { kind: 'ok' }
  if (outcome.kind === 'timedOut') {
    return { kind: 'retry', reported: 'Timeout', message: `no answer within ${outcome.afterMs} ms` }
  }
  const { name, message } = outcome.error
  // Only insert functions are offered DropEvent.
  if (name === 'DropEvent' && kind === 'insert') {
    return { kind: 'discard', reported: 'Filtered at insert function', message }
  }
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined
  return known
    ? { ...known, message }
    : { kind: 'discard', reported: 'Bad Request', message: `${name}: ${message}` }
}

/** A verdict's reason as delivery records show it; null when all went well. */
export function reasonOf(verdict: Verdict): string | null {
  return verdict.kind === 'ok' ? null : `${verdict.reported}: ${verdict.message}`
}
