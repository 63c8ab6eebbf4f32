// Requests written by hand from "Create Event" (developers.klaviyo.com/en/reference/create_event), against what leaves the
// host: the file's mapping, the package's definition, our transport.
import { readFileSync } from 'node:fs'
import { createTransport } from '../../../delivery/transport.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { claimedFor, klaviyoDestination } from './stage.ts'

const transport = createTransport({ allowPrivateAddresses: true })
const clock = createManualClock(Date.parse('2026-04-26T00:00:00Z'))
let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(json(202, {}))
})
afterEach(() => server.close())
afterAll(() => transport.close())

const klaviyo = () =>
  klaviyoDestination({ url: server.url, transport: transport.send, clock, apiKey: 'pk_golden' })

test.each(Object.entries(exampleEvents))('%s leaves as the golden request', async (name, event) => {
  const golden = JSON.parse(readFileSync(`test/destinations/golden/klaviyo/${name}.json`, 'utf8'))
  const [result] = await klaviyo().deliver([claimedFor(event, clock.now())])

  expect(result).toMatchObject({ kind: 'delivered' })
  expect(server.requests).toHaveLength(1)
  const [request] = server.requests
  expect(request).toMatchObject({ method: 'POST', path: '/api/events/' })
  expect(request?.headers).toMatchObject({
    authorization: 'Klaviyo-API-Key pk_golden',
    revision: '2025-01-15',
    'content-type': 'application/json',
    accept: 'application/json',
  })
  expect(JSON.parse(String(request?.body))).toEqual(golden)
})

test('a person without an address goes by telephone, in E.164', async () => {
  const { purchase } = exampleEvents
  const nameless = { ...purchase, user: { phone: '0151 23456789', country: 'DE' } }
  await klaviyo().deliver([claimedFor(nameless, clock.now())])
  const { data } = JSON.parse(String(server.requests[0]?.body))
  expect(data.attributes.profile.data.attributes).toEqual({
    phone_number: '+4915123456789',
    external_id: 'cust_10482',
    anonymous_id: 'anon_8dca',
  })
})

test('an attempt on record has neither key nor address', async () => {
  server.otherwise(json(400, { errors: [{ detail: 'jane.doe@example.com, pk_golden' }] }))
  const [result] = await klaviyo().deliver([claimedFor(exampleEvents.lead, clock.now())])
  expect(result).toMatchObject({ kind: 'failed', retryable: false })
  expect(JSON.stringify(result)).not.toMatch(/jane\.doe|pk_golden/)
})
