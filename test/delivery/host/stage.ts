// Package destinations for tests: a file's text in, a destination on the real transport out, every vendor's address
// replaced by that of a recording server.

import type { CanonicalEvent } from '../../../core/canonical-event.ts'
import { parseDestinationFile } from '../../../core/destination-schema.ts'
import type { JsonObject } from '../../../core/json.ts'
import { createDestination } from '../../../delivery/definitions.ts'
import type { DeliveryResult, Destination } from '../../../delivery/destination.ts'
import type { ClosableTransport, Transport } from '../../../delivery/transport.ts'
import { purchase } from '../../../destinations/example-events.ts'
import type { ClaimedDelivery } from '../../../store/deliveries.ts'
import { CATALOGUE, NO_RETURNS } from '../../support/delivery.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { ACCOUNT } from '../../support/signed-batch.ts'

export const clock = createManualClock()

export interface Spec {
  readonly definition: string
  readonly action: string
  readonly mapping: JsonObject
  readonly settings?: Readonly<Record<string, string>>
  readonly addresses?: Readonly<Record<string, string>>
  readonly batchSize?: number
  readonly batchKeys?: readonly string[]
  readonly timeoutMs?: number
  readonly transport: Transport
}

export function packageDestination(spec: Spec): Destination {
  const text = JSON.stringify({
    definition: spec.definition,
    addresses: spec.addresses ?? {},
    subscriptions: [
      {
        name: 'All',
        trigger: 'tracklayer_event != null',
        action: spec.action,
        mapping: spec.mapping,
        ...(spec.batchKeys ? { batch_keys: spec.batchKeys } : {}),
      },
    ],
    limits: { batch_size: spec.batchSize ?? 1, timeout_seconds: (spec.timeoutMs ?? 5000) / 1000 },
  })
  return createDestination({
    name: 'tested',
    account: ACCOUNT,
    environment: 'production',
    file: parseDestinationFile(text, 'tested.yaml'),
    settings: spec.settings ?? {},
    catalogue: CATALOGUE,
    returns: NO_RETURNS,
    transport: spec.transport,
    clock,
  })
}

export function claimed(changes: Partial<CanonicalEvent> = {}, at = 1): ClaimedDelivery {
  const canonical = { ...purchase, user: { ...purchase.user, email: 'jane@example.com' } }
  return {
    id: String(at),
    attempt: 1,
    canonical: { ...canonical, ...changes } as CanonicalEvent,
    canonicalUserId: 'cust_10482',
    receivedAt: new Date(clock.now()),
    consents: [],
  }
}

export async function deliver(spec: Spec, ...events: ClaimedDelivery[]): Promise<DeliveryResult[]> {
  const destination = packageDestination(spec)
  return [...(await destination.deliver(events.length > 0 ? events : [claimed()]))]
}

/** Whatever address a definition has built in, the request goes to `url`, its own host as the first part of the path. */
export function catchAll(transport: ClosableTransport, url: string): Transport {
  return (request) => {
    const { host, pathname, search } = new URL(request.url)
    return transport.send({ ...request, url: `${url}/${host}${pathname}${search}` })
  }
}
