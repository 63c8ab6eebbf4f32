// One request for a batch, one result for each event, in its place; a request has one source.
import type { JsonObject } from '../../../core/json.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import definition from '../../../destinations/tiktok-events/index.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { drive, errorFrom } from '../drive.ts'

let server: RecordingServer
let settings: JsonObject
const tiktok = drive(definition, () => ({ ...settings, baseUrl: server.url }))

beforeEach(async () => {
  settings = { accessToken: 'token', pixelCode: 'C0PIXEL', offlineEventSetId: '7' }
  server = await startRecordingServer(
    json(200, { code: 0, message: 'OK', request_id: 'r', data: {} }),
  )
})
afterEach(() => server.close())

const bodyOf = (index: number) => JSON.parse(String(server.requests[index]?.body))
const mapping = {
  ...definition.presets?.[0]?.mapping,
  event_source: { '@path': '$.source' },
} as JsonObject
const purchase = (id: string, over: object = {}) => {
  const { purchase: example } = exampleEvents
  const properties = { ...example.properties, event_id: id }
  return { ...example, type: 'track', source: 'web', properties, ...over }
}

test('1000 events leave in one request', async () => {
  const events = Array.from({ length: 1000 }, (_, index) => purchase(`e${index}`))
  const nodes = await tiktok.batch(events, mapping)
  expect(server.requests).toHaveLength(1)
  expect(bodyOf(0).data).toHaveLength(1000)
  expect(nodes.every(({ status }) => status === 200)).toBe(true)
  expect(nodes[999]?.sent).toMatchObject({ event_id: 'e999' })
})

test('of a mixed batch the first source goes, and the others are to be sent again', async () => {
  const nodes = await tiktok.batch(
    [purchase('e0', { source: 'offline' }), purchase('e1'), purchase('e2', { source: 'offline' })],
    mapping,
  )
  expect(bodyOf(0)).toMatchObject({ event_source: 'offline', event_source_id: '7' })
  expect(bodyOf(0).data.map(({ event_id }: JsonObject) => event_id)).toEqual(['e0', 'e2'])
  expect(nodes.map(({ status }) => status)).toEqual([200, 503, 200])
})

test('a source without an id in the settings is a fault of the settings', async () => {
  settings = { accessToken: 'token', pixelCode: 'C0PIXEL' }
  const error = await errorFrom(tiktok.batch([purchase('e0', { source: 'offline' })], mapping))
  expect(error).toMatchObject({ code: 'SETTINGS_INVALID', status: 403 })
  expect(server.requests).toHaveLength(0)
})

test('what TikTok would refuse stays behind and spoils no other event', async () => {
  const nodes = await tiktok.batch(
    [
      purchase('e0'),
      purchase('e1', { occurred_at: null }),
      purchase('e2', { source: 'shop' }),
      purchase(''),
      purchase('e4', { platform_consent: { limited_data_use: true }, context: {} }),
      purchase('e5'),
    ],
    mapping,
  )
  expect(bodyOf(0).data.map(({ event_id }: JsonObject) => event_id)).toEqual(['e0', 'e5'])
  expect(nodes.map(({ status }) => status)).toEqual([200, 400, 400, 400, 400, 200])
})

test('onEvent() and onBatch() take it as well', async () => {
  const results = await tiktok.onEvent(purchase('e1'), mapping)
  expect(results.at(-1)).toMatchObject({ data: { code: 0 }, output: 'Action Executed' })
  const [batch] = await tiktok.onBatch([purchase('e2'), purchase('e3')], mapping)
  expect(batch?.multistatus.map(({ status }) => status)).toEqual([200, 200])
})
