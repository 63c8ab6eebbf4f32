// Whoever holds the secret may post canonical events that our functions never would. Whatever stands in one, every destination
// that ships comes to a result for it: a throw would cost the neighbours in its batch.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { loadDestinationFiles, loadReturns } from '../../cli/load-mappings.ts'
import { MAPPINGS } from '../../cli/paths.ts'
import { canonicalise } from '../../core/canonicalise.ts'
import { createRandom } from '../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { createVault } from '../../core/vault.ts'
import type { Destination } from '../../delivery/destination.ts'
import type { TokenStore } from '../../delivery/host/token-source.ts'
import { loadDestinations } from '../../delivery/load-destinations.ts'
import { type ClaimedDelivery, deliveryOf } from '../../store/deliveries.ts'
import { table } from '../core/support/table.ts'
import { CATALOGUE } from '../support/delivery.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'

const clock = createManualClock()
// Previews neither read nor renew tokens.
const tokenStore = {
  database: { clock, random: createRandom(7) },
  vault: createVault('a'.repeat(64), randomBytes),
} as unknown as TokenStore

function destinations(variables: Readonly<Record<string, string>>) {
  return loadDestinations({
    account: ACCOUNT,
    environments: ['production'],
    files: loadDestinationFiles(MAPPINGS, CATALOGUE),
    returns: loadReturns(MAPPINGS),
    catalogue: CATALOGUE,
    variables,
    transport: () => Promise.reject(new Error('nothing is sent here')),
    clock,
    tokenStore,
  })
}

const missing = destinations({}).off.flatMap((each) => each.missing)
const { active } = destinations(
  Object.fromEntries(missing.map((name) => [name, /URL/.test(name) ? 'https://example.com' : '7'])),
)

const FULL: JsonObject = canonicalise(
  orderMessage('o1', {
    anonymousId: 'anon-1',
    timestamp: new Date(clock.now() - 60_000).toISOString(),
    context: {
      ip: '203.0.113.7',
      userAgent: 'Mozilla/5.0',
      locale: 'de-DE',
      page: { url: 'https://shop.example.com/thanks?fbclid=abc&gclid=def&ttclid=ghi' },
      campaign: { source: 'news' },
      traits: { email: 'jane@example.com', phone: '+4915123456789', firstName: 'Jane' },
      consent: {
        categoryPreferences: { Advertising: true, Analytics: true, Functional: true },
      },
    },
    properties: {
      order_id: 'o1',
      revenue: 19.9,
      currency: 'EUR',
      products: [{ product_id: 'p1', sku: 's1', name: 'Cup', price: 9.95, quantity: 2 }],
    },
  }),
  table,
).canonical as unknown as JsonObject

type Path = readonly (string | number)[]

function pathsIn(value: Json, at: Path): Path[] {
  const inner = Array.isArray(value)
    ? value.map((item, index): Path[] => pathsIn(item, [...at, index]))
    : isJsonObject(value)
      ? Object.entries(value).map(([key, item]) => pathsIn(item as Json, [...at, key]))
      : []
  return [...(at.length > 0 ? [at] : []), ...inner.flat()]
}

// The store itself asks for these two.
const ASKED_FOR = new Set(['tracklayer_event', 'properties', 'properties.event_id'])
const PATHS = pathsIn(FULL, []).filter((path) => !ASKED_FOR.has(path.join('.')))

/** A copy in which the path holds something else, or nothing. */
function changed(event: JsonObject, path: Path, to: Json | undefined): JsonObject {
  const copy = structuredClone(event)
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as never)?.[key], copy)
  const last = path.at(-1)
  if (typeof parent !== 'object' || parent === null || last === undefined) return copy
  if (to === undefined) Reflect.deleteProperty(parent, last)
  else Reflect.set(parent, last, to)
  return copy
}

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
const name = fc.constantFrom(
  'purchase',
  'refund',
  'lead',
  'add_to_cart',
  'audience_entered',
  'audience_exited',
)
const change = fc.tuple(fc.constantFrom(...PATHS), fc.option(json, { nil: undefined }))

// As the worker has it from the database.
function claimed(canonical: JsonObject): ClaimedDelivery {
  const row = { id: '1', attempts: 1, user_id: 'jane', profile_id: '1', consents: null }
  const received_at = new Date(clock.now())
  return deliveryOf({ ...row, received_at, canonical: JSON.stringify(canonical) }, null)
}

const kindsOf = async ({ preview }: Destination, canonical: JsonObject) =>
  (await preview([claimed(canonical)])).map(({ kind }) => kind)

test('every destination that ships is tried', () => {
  expect(active.length).toBeGreaterThan(10)
})

describe.each(active)('$name', (destination) => {
  test('comes to a result, whatever stands in the event', async () => {
    await fc.assert(
      fc.asyncProperty(
        name,
        fc.array(change, { maxLength: 4 }),
        async (tracklayer_event, changes) => {
          const start: JsonObject = { ...FULL, tracklayer_event }
          const event = changes.reduce((now, [path, to]) => changed(now, path, to), start)
          expect(['sent', 'refused', 'filtered', 'held']).toContain(
            (await kindsOf(destination, event))[0],
          )
        },
      ),
      { numRuns: 80, seed: 20_261_122 },
    )
  })
})
