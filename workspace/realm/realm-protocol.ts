// What the workspace and a container (worker thread) say to each other. Payloads travel as JSON text, as they do to the
// host's Lambda: every invocation gets its own clone, and what is not JSON (undefined, Date, Map) does not survive.

import type { HostSwitches } from '../host-switches.ts'

/** `insert` is a destination insert function, the older and commoner of the two. */
export type FunctionKind = 'destination' | 'source' | 'insert' | 'sourceInsert'

export const FUNCTION_KINDS: readonly FunctionKind[] = [
  'destination',
  'source',
  'insert',
  'sourceInsert',
]

export interface RealmOptions {
  readonly kind: FunctionKind
  readonly code: string
  /** Shown in stack traces. */
  readonly fileName: string
  readonly switches: HostSwitches
  /** True as in the editor's tester: `cache` stays empty. */
  readonly tester: boolean
  /** Folder from which packages are looked for when the product has none by that name. */
  readonly packagesFrom?: string
  /** Origin of a network gate (function-run/network-gate.ts) that all HTTP goes through; live without one. */
  readonly networkGate?: string
}

/** A webhook request as the source function's `request` is built from it. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>
  /** Query string with its question mark, or empty. */
  readonly search: string
  /** JSON text of the parsed body, or the body itself when it was no JSON and no form. */
  readonly body: { readonly kind: 'object' | 'string'; readonly text: string }
}

export type Invocation =
  | { readonly handler: 'onRequest'; readonly request: WebhookRequest }
  | { readonly handler: string; readonly payload: string }

export interface InvokeMessage {
  readonly invocation: Invocation
  /** JSON text. */
  readonly settings: string
  /** What the function's `Date` shows when the invocation begins. */
  readonly nowMs: number
}

export interface ThrownError {
  readonly name: string
  readonly message: string
  readonly stack?: string
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type RealmMessage =
  | { readonly kind: 'started' }
  | { readonly kind: 'loaded'; readonly handlers: readonly string[] }
  | { readonly kind: 'loadFailed'; readonly error: ThrownError }
  | { readonly kind: 'crashed'; readonly error: ThrownError }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string }
  | RealmOutcome

export type RealmOutcome =
  | {
      readonly kind: 'returned'
      /** JSON text of what the handler returned; undefined when it was nothing or no JSON. */
      readonly returned: string | undefined
      /** JSON text of each message a source function emitted. */
      readonly messages: readonly string[]
    }
  | { readonly kind: 'threw'; readonly error: ThrownError }
