// The form of examples.ts: a canonical event, a mapping, and the requests that must leave. Tests run every one.
import type { CanonicalEvent } from '../core/canonical-event.ts'
import type { Json, JsonObject } from '../core/json.ts'

export interface ExampleRequest {
  readonly method: string
  readonly path: string
  /** Those that matter; lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json
}

export interface DestinationExample {
  readonly name: string
  /** What delivery adds to the canonical event for this destination, if anything. */
  readonly in: CanonicalEvent & { readonly platform_consent?: JsonObject }
  readonly action: string
  readonly mapping: JsonObject
  readonly settings: Readonly<Record<string, string>>
  readonly out: readonly ExampleRequest[]
}
