// The made-up event that a destination is tried with.
import type { CanonicalEvent } from '../core/canonical-event.ts'
import { canonicalise } from '../core/canonicalise.ts'
import type { Clock } from '../core/clock.ts'
import type { DestinationFile } from '../core/destination-schema.ts'
import { TrackLayerError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { MappingTable } from '../core/mapping-table.ts'

export interface TestEventOptions {
  /** The event's name in Segment. */
  readonly event: string
  readonly file: DestinationFile
  readonly table: MappingTable
  readonly clock: Clock
  /** A UUID of its own: no platform takes it for a repeat. */
  readonly id: string
}

/**
 * Nobody's data: example.com is reserved (RFC 2606), as are the address (RFC 5737) and the number (Ofcom, for drama).
 * @throws TrackLayerError SETTINGS_INVALID for an event without a row
 */
export function testEvent({ event, file, table, clock, id }: TestEventOptions): CanonicalEvent {
  const names = ['Advertising', 'Analytics', ...(file.consent?.categories ?? [])]
  const categories = names.map((category) => [category, true])
  const message: JsonObject = {
    type: 'track',
    event,
    messageId: `tracklayer-test-${id}`,
    userId: 'tracklayer-test',
    anonymousId: id,
    timestamp: new Date(clock.now() - 60_000).toISOString(),
    properties: {
      order_id: `TRACKLAYER-TEST-${id.slice(0, 8)}`,
      lead_id: id,
      revenue: 1,
      currency: 'EUR',
      products: [{ product_id: 'TRACKLAYER-TEST', name: 'Test', price: 1, quantity: 1 }],
    },
    context: {
      ip: '203.0.113.7',
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
      page: { url: 'https://www.example.com/tracklayer-test' },
      traits: { email: 'tracklayer-test@example.com', phone: '+447700900123' },
      consent: { categoryPreferences: Object.fromEntries(categories) },
    },
  }
  const { canonical } = canonicalise(message, table)
  if (canonical) return canonical
  throw new TrackLayerError('SETTINGS_INVALID', `The mapping table has no row for "${event}"`)
}
