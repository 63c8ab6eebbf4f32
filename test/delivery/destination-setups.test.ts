// A test event over the store's HTTP API: sent by the real mapping, masked where people look, written down, and never an
// event that counts unless that was meant.

import { readFileSync } from 'node:fs'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import { createDestinationSetups } from '../../delivery/destination-setups.ts'
import { loadDestinations } from '../../delivery/load-destinations.ts'
import type { OutgoingRequest } from '../../delivery/transport.ts'
import { table } from '../core/support/table.ts'
import { useDatabase } from '../support/database.ts'
import { CATALOGUE, NO_RETURNS } from '../support/delivery.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { ACCOUNT, API_KEYS } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()
const VIEWER = 'viewer-key-0000000001'

const FILES = {
  webhook: `definition: webhook\nsettings: { url: "https://example.com/", secret: "\${SECRET}" }`,
  ga4: readFileSync('mappings/destinations/ga4.yaml', 'utf8'),
  off: `definition: webhook\nsettings: { url: "\${NOWHERE}", secret: "\${SECRET}" }`,
}

function stage(names: readonly (keyof typeof FILES)[] = ['webhook', 'off']) {
  const sent: OutgoingRequest[] = []
  const clock = createManualClock()
  const options = {
    account: ACCOUNT,
    environments: ['production'],
    files: new Map(names.map((name) => [name, parseDestinationFile(FILES[name], `${name}.yaml`)])),
    returns: NO_RETURNS,
    catalogue: CATALOGUE,
    variables: {
      GA4_MEASUREMENT_ID_PRODUCTION: 'G-AB12CD34EF',
      GA4_API_SECRET_PRODUCTION: 'ga4-secret-1',
      SECRET_PRODUCTION: 'webhook-secret-000001',
    },
    transport: async (request: OutgoingRequest) => {
      sent.push(request)
      return { status: 200, headers: {}, body: '{"seen":"tracklayer-test@example.com"}' }
    },
    clock,
  }
  const loaded = loadDestinations(options)
  const store = createTestStore(database, {
    clock,
    destinations: loaded.active.map(({ name }) => name),
    destinationSetups: createDestinationSetups({ ...options, loaded, table, newId: () => 'id-1' }),
    access: {
      account: ACCOUNT,
      environments: [
        {
          name: 'production',
          secrets: [],
          apiKeys: [API_KEYS.production, VIEWER],
          keyRoles: new Map([[VIEWER, 'viewer']]),
        },
      ],
    },
  })
  const send = (name: string, body: object, key: string = API_KEYS.production) =>
    store.app.request(`/v1/destinations/${name}/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })
  return { store, sent, send }
}

test('what has no test mode is sent only when that is meant, and says that it counts', async () => {
  const { sent, send } = stage()
  const refused = await send('webhook', {})
  expect(refused.status).toBe(409)
  expect(await refused.text()).toContain('what is sent there counts. Give send_real: true')
  expect(sent).toEqual([])
  const answer = await send('webhook', { send_real: true })
  const text = await answer.text()
  expect(JSON.parse(text)).toMatchObject({ name: 'webhook', outcome: 'delivered', counts: true })
  expect(sent).toHaveLength(1)
  expect(sent[0]?.body).toContain('tracklayer-test@example.com')
  for (const secret of ['tracklayer-test@example.com', '+447700900123', 'webhook-secret'])
    expect(text).not.toContain(secret)
})

test('where there is a test mode it is used', async () => {
  const { sent, send } = stage(['ga4'])
  const answer = await (await send('ga4', { event: 'Order Completed' })).json()
  expect(answer).toMatchObject({ outcome: 'delivered', counts: false })
  expect(sent[0]?.url).toContain('/debug/')
  expect(JSON.stringify(answer)).not.toContain('ga4-secret-1')
})

test('it is no delivery, and the audit log has it', async () => {
  const { store, send } = stage()
  await send('webhook', { send_real: true })
  expect(await database.query('select from deliveries')).toEqual([])
  const { entries } = await (await store.read('/v1/audit-log')).json()
  expect(entries).toMatchObject([
    { action: 'destination.tested', target: 'webhook: Order Completed' },
  ])
})

test('a viewer sends none; an event without a row and a destination that is off are said', async () => {
  const { send, store } = stage()
  expect((await send('webhook', { send_real: true }, VIEWER)).status).toBe(403)
  const unmapped = await send('webhook', { send_real: true, event: 'Nothing Of Ours' })
  expect(await unmapped.text()).toContain('has no row for')
  expect((await send('off', { send_real: true })).status).toBe(404)
  const { off } = await (await store.read('/v1/destinations')).json()
  expect(off).toEqual([{ name: 'off', missing: ['NOWHERE_PRODUCTION'] }])
  const own = await (await store.read('/v1/destinations/webhook')).json()
  expect(own.setup).toMatchObject({ definition: 'webhook', test_mode: null, consent: null })
})
