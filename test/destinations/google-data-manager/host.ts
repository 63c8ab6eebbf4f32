// actions-core's Destination as a host drives it.
import { Destination, type DestinationDefinition } from '@segment/actions-core'
import type { JsonObject } from '../../../core/json.ts'

export interface Node {
  readonly status: number
  readonly errormessage?: string
  readonly sent?: unknown
  readonly body?: unknown
}

interface Steps {
  readonly data?: unknown
  readonly output?: unknown
}

export interface Delivery {
  readonly settings: object
  readonly mapping: JsonObject
  readonly auth?: { readonly accessToken: string; readonly refreshToken: string }
}

interface OpenDestination {
  executeAction(slug: string, input: Delivery & { readonly event: object }): Promise<Steps[]>
  executeBatch(
    slug: string,
    input: Delivery & { readonly events: readonly object[] },
  ): Promise<Node[]>
  testAuthentication(settings: object): Promise<void>
  onEvent(event: object, settings: object, options?: object): Promise<Steps[]>
  readonly responses: unknown[]
}

export function hostOf<Settings>(definition: DestinationDefinition<Settings>): OpenDestination {
  return new Destination(definition) as never
}

/** What a promise was rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  const outcome = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(outcome instanceof Error)) throw new Error('want a rejection')
  // An error's message is not enumerable.
  return Object.assign(Object.create(null), outcome, { message: outcome.message })
}
