// A definition under actions-core's own Destination, as a host drives it. Mappings are cloned: actions-core changes them.
import { Destination, type DestinationDefinition } from '@segment/actions-core'
import type { JsonObject } from '../../core/json.ts'

export interface Node {
  readonly status: number
  readonly errortype?: string
  readonly errormessage?: string
  readonly sent?: JsonObject
  readonly body?: JsonObject
}

interface Auth {
  readonly accessToken: string
  readonly refreshToken: string
}

interface DriveOptions {
  readonly action?: string
  readonly auth?: Auth | undefined
}

interface Call {
  readonly event: unknown
  readonly auth?: Auth | undefined
  readonly mapping: JsonObject
  readonly settings: JsonObject
}

interface Driven {
  executeAction(slug: string, call: Call): Promise<readonly { data?: unknown }[]>
  executeBatch(slug: string, call: Omit<Call, 'event'> & { events: unknown }): Promise<Node[]>
  onEvent(event: unknown, settings: JsonObject): Promise<readonly JsonObject[]>
  onBatch(events: unknown, settings: JsonObject): Promise<readonly { multistatus: Node[] }[]>
  testAuthentication(settings: JsonObject): Promise<void>
}

export function drive(
  // biome-ignore lint/suspicious/noExplicitAny: any definition, whatever its settings
  definition: DestinationDefinition<any>,
  settings: () => JsonObject,
  { action = 'sendEvent', auth }: DriveOptions = {},
) {
  const destination = new Destination(definition) as unknown as Driven
  return {
    async single(event: object, mapping: JsonObject): Promise<unknown> {
      const call = { event, mapping: structuredClone(mapping), settings: settings(), auth }
      return (await destination.executeAction(action, call)).at(-1)?.data
    },
    batch: (events: readonly object[], mapping: JsonObject): Promise<Node[]> =>
      destination.executeBatch(action, {
        events,
        auth,
        mapping: structuredClone(mapping),
        settings: settings(),
      }),
    onEvent: (event: object, mapping: JsonObject) =>
      destination.onEvent(event, { ...settings(), subscription: subscription(action, mapping) }),
    onBatch: (events: readonly object[], mapping: JsonObject) =>
      destination.onBatch(events, { ...settings(), subscription: subscription(action, mapping) }),
    testAuthentication: (override: JsonObject = {}) =>
      destination.testAuthentication({ ...settings(), ...override }),
  }
}

// destination-subscriptions cannot read tracklayer_event: the tests of onEvent and onBatch put a `type` on the envelope.
const subscription = (partnerAction: string, mapping: JsonObject): JsonObject => ({
  subscribe: 'type = "track"',
  partnerAction,
  mapping: structuredClone(mapping),
})

/** What a promise is rejected with. */
export async function errorFrom(promise: Promise<unknown>): Promise<ErrorWithFacts> {
  try {
    await promise
  } catch (error) {
    return error as ErrorWithFacts
  }
  throw new Error('want a rejection, got none')
}

export interface ErrorWithFacts extends Error {
  readonly status?: number
  readonly code?: string
  readonly split?: boolean
  readonly retryAfterMs?: number
}

/** A host in small: it splits a batch when asked to, and sends again what asks for it. Events by their fate. */
export async function deliver(
  batch: (events: readonly object[]) => Promise<Node[]>,
  events: readonly { readonly id: string }[],
): Promise<{ delivered: string[]; dead: string[]; requests: number }> {
  const fate = { delivered: [] as string[], dead: [] as string[], requests: 0 }
  const queue = [events]
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    fate.requests += 1
    const nodes = await batch(part).catch((error: ErrorWithFacts) => error)
    if (nodes instanceof Error) {
      if (!(nodes as ErrorWithFacts).split) throw nodes
      const half = Math.ceil(part.length / 2)
      queue.push(part.slice(0, half), part.slice(half))
      continue
    }
    const again = part.filter((_, index) => nodes[index]?.status === 503)
    if (again.length > 0) queue.push(again)
    part.forEach(({ id }, index) => {
      if (nodes[index]?.status === 200) fate.delivered.push(id)
      if (nodes[index]?.status === 400) fate.dead.push(id)
    })
  }
  return fate
}
