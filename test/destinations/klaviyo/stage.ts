// The destination as mappings/destinations/klaviyo.yaml makes it, sending to another address than Klaviyo's.
import { readFileSync } from 'node:fs'
import type { CanonicalEvent } from '../../../core/canonical-event.ts'
import type { Clock } from '../../../core/clock.ts'
import { parseDestinationFile } from '../../../core/destination-schema.ts'
import { createDestination } from '../../../delivery/definitions.ts'
import type { Destination } from '../../../delivery/destination.ts'
import type { Transport } from '../../../delivery/transport.ts'
import type { ClaimedDelivery } from '../../../store/deliveries.ts'
import { CATALOGUE, NO_RETURNS } from '../../support/delivery.ts'
import { ACCOUNT } from '../../support/signed-batch.ts'

const FILE = parseDestinationFile(
  readFileSync('mappings/destinations/klaviyo.yaml', 'utf8'),
  'klaviyo.yaml',
)

export interface KlaviyoOptions {
  readonly url: string
  readonly transport: Transport
  readonly clock: Clock
  readonly apiKey?: string
}

export function klaviyoDestination({ url, transport, clock, apiKey }: KlaviyoOptions): Destination {
  return createDestination({
    name: 'klaviyo',
    account: ACCOUNT,
    environment: 'production',
    file: { ...FILE, addresses: { 'https://a.klaviyo.com': url } },
    settings: { api_key: apiKey ?? 'pk_good' },
    catalogue: CATALOGUE,
    returns: NO_RETURNS,
    transport,
    clock,
  })
}

/** As the canonicaliser leaves it: consent given, the address without the spaces around it. */
export function claimedFor(event: CanonicalEvent, now: number): ClaimedDelivery {
  const { email } = event.user
  const canonical = {
    ...event,
    user: { ...event.user, ...(email ? { email: email.trim() } : {}) },
    consent: { Marketing: true },
  }
  return {
    id: '1',
    attempt: 1,
    canonical: canonical as CanonicalEvent,
    canonicalUserId: event.canonical_user_id,
    receivedAt: new Date(now),
    consents: [],
  }
}
