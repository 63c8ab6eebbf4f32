// One request for a batch, one result for each event, in its place.
import type { JsonObject } from '../../../core/json.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import definition from '../../../destinations/meta-conversions/index.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { drive } from '../drive.ts'

let server: RecordingServer
const meta = drive(definition, () => ({
  pixelId: '77',
  accessToken: 'token',
  apiVersion: 'v25.0',
  baseUrl: server.url,
}))

beforeEach(async () => {
  server = await startRecordingServer((response, request) =>
    json(200, { events_received: eventsIn(request.body).length, messages: [] })(response, request),
  )
})
afterEach(() => server.close())

const eventsIn = (body: Buffer | undefined): readonly JsonObject[] => JSON.parse(String(body)).data
const mapping = definition.presets?.[0]?.mapping as JsonObject
const purchase = (id: string, over: object = {}) => {
  const { purchase: example } = exampleEvents
  return { ...example, type: 'track', properties: { ...example.properties, event_id: id }, ...over }
}

test('1000 events leave in one request, and the next one is to be sent again', async () => {
  const events = Array.from({ length: 1001 }, (_, index) => purchase(`e${index}`))
  const nodes = await meta.batch(events, mapping)
  expect(server.requests).toHaveLength(1)
  expect(server.requests[0]?.path).toBe('/v25.0/77/events')
  expect(eventsIn(server.requests[0]?.body).map(({ event_id }) => event_id)).toEqual(
    events.slice(0, 1000).map(({ properties }) => properties.event_id),
  )
  expect(nodes.slice(0, 1000).every(({ status }) => status === 200)).toBe(true)
  expect(nodes[999]?.sent).toMatchObject({ event_id: 'e999' })
  expect(nodes[999]?.body).toEqual({ events_received: 1000, messages: [] })
  expect(nodes[1000]?.status).toBe(503)
})

test('what Meta would refuse stays behind and spoils no other event', async () => {
  const nodes = await meta.batch(
    [
      purchase('e0'),
      purchase('e1', { occurred_at: null }),
      purchase('e2', { occurred_at: 'yesterday' }),
      purchase('', {}),
      purchase('e4', { user: {}, context: {}, canonical_user_id: null, anonymous_id: null }),
      purchase('e5', { properties: { event_id: 'e5', value: 1 } }),
      purchase('e6'),
    ],
    mapping,
  )
  expect(eventsIn(server.requests[0]?.body).map(({ event_id }) => event_id)).toEqual(['e0', 'e6'])
  expect(nodes.map(({ status, errormessage }) => errormessage ?? status)).toEqual([
    200,
    expect.stringContaining('event_time'),
    expect.stringContaining('date-like'),
    'event_id is empty',
    'user_data has nothing that tells one person from many',
    'Purchase needs value and currency',
    200,
  ])
})

test('a batch of nothing but invalid events makes no request', async () => {
  const nodes = await meta.batch([purchase(''), purchase('')], mapping)
  expect(nodes.map(({ status }) => status)).toEqual([400, 400])
  expect(server.requests).toHaveLength(0)
})

test('onEvent() and onBatch() take it as well', async () => {
  const results = await meta.onEvent(purchase('e1'), mapping)
  expect(results.at(-1)).toMatchObject({ data: { events_received: 1 }, output: 'Action Executed' })
  const [batch] = await meta.onBatch([purchase('e2'), purchase('e3')], mapping)
  expect(batch?.multistatus.map(({ status }) => status)).toEqual([200, 200])
  expect(server.requests.map(({ body }) => eventsIn(body).length)).toEqual([1, 2])
})
