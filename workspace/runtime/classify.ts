// What becomes of an invocation (facts 1.5): by the thrown error's `name`, never by `instanceof`.
import type { HostSwitches } from '../host-switches.ts'
import type { FunctionKind } from '../realm/realm-protocol.ts'
import type { CallOutcome } from './container.ts'
import { INVALID_SETTINGS } from './settings-check.ts'

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
  [INVALID_SETTINGS]: { kind: 'discard', reported: 'Invalid Settings' },
  Timeout: { kind: 'retry', reported: 'Timeout' },
}

/** The host's verdict. Anything it does not know, a failed fetch included, is a Bad Request, and that is a discard. */
export function classify(
  outcome: CallOutcome,
  kind: FunctionKind,
  switches: HostSwitches,
): Verdict {
  if (outcome.kind === 'returned') return { kind: 'ok' }
  const isSourceInsert = kind === 'sourceInsert'
  if (outcome.kind === 'timedOut') {
    const message = `no answer within ${outcome.afterMs} ms`
    const then = isSourceInsert ? switches.sourceInsertTimeout : 'retry'
    return { kind: then, reported: 'Timeout', message }
  }
  const { name, message } = outcome.error
  // Only insert functions are offered DropEvent.
  if (name === 'DropEvent' && (kind === 'insert' || isSourceInsert)) {
    return { kind: 'discard', reported: 'Filtered at insert function', message }
  }
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined
  if (known) return { ...known, message }
  const then = isSourceInsert ? switches.sourceInsertError : 'discard'
  return { kind: then, reported: 'Bad Request', message: `${name}: ${message}` }
}

/** A verdict's reason as delivery records show it; null when all went well. */
export function reasonOf(verdict: Verdict): string | null {
  return verdict.kind === 'ok' ? null : `${verdict.reported}: ${verdict.message}`
}
