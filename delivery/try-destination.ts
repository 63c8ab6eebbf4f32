// Sends one event to one destination, by its own mapping and transport, and keeps every request and answer.
import type { CanonicalEvent } from '../core/canonical-event.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import type { JsonObject } from '../core/json.ts'
import { redactAnswer } from '../core/redact.ts'
import type { PreviewedRequest } from '../store/delivery-side.ts'
import type { DeliveryResult } from './destination.ts'
import { type LoadOptions, loadDestinations } from './load-destinations.ts'
import { isTokenRequest, shownRequest } from './preview.ts'
import type { TestRun } from './test-modes.ts'
import type { Transport } from './transport.ts'

export interface TriedExchange {
  readonly request: PreviewedRequest
  readonly status: number
  /** Beginning of the answer, without personal data. */
  readonly response: string
}

export interface TryOptions extends Omit<LoadOptions, 'files' | 'environments'> {
  readonly name: string
  readonly environment: string
  readonly file: DestinationFile
  readonly canonical: CanonicalEvent
}

export interface Tried {
  readonly result: DeliveryResult
  readonly exchanges: readonly TriedExchange[]
  /** The last answer as it came. */
  readonly lastBody: string | null
}

/** What the platform finds wrong although it took the event. */
export function faultsOf({ faultsIn }: TestRun, { lastBody }: Tried): readonly string[] {
  return faultsIn(jsonOr(lastBody))
}

function jsonOr(body: string | null): unknown {
  try {
    return JSON.parse(body ?? 'null')
  } catch {
    return null // an answer in words has no faults to list
  }
}

/** Null and the variables that are missing when the destination is off in the environment. */
export async function tryDestination(
  options: TryOptions,
): Promise<Tried | { readonly missing: readonly string[] }> {
  const { name, environment, file, canonical, clock } = options
  const exchanges: TriedExchange[] = []
  let lastBody: string | null = null
  const transport: Transport = async (request) => {
    const answer = await options.transport(request)
    if (!isTokenRequest(request)) {
      lastBody = answer.body
      const response = redactAnswer(answer.body.slice(0, 2000), canonical as unknown as JsonObject)
      exchanges.push({ request: shownRequest(request), status: answer.status, response })
    }
    return answer
  }
  const loaded = loadDestinations({
    ...options,
    environments: [environment],
    files: new Map([[name, file]]),
    transport,
  })
  const [destination] = loaded.active
  if (!destination) return { missing: loaded.off.flatMap(({ missing }) => missing) }
  const [result] = await destination.deliver([
    {
      id: '0',
      attempt: 1,
      canonical,
      canonicalUserId: canonical.canonical_user_id,
      receivedAt: new Date(clock.now()),
      consents: [],
    },
  ])
  return { result: result as DeliveryResult, exchanges, lastBody }
}
