// Requests written by hand from Meta's pages, against the bytes that leave.
import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../../core/json.ts'
import { compileMapping } from '../../../core/mapping-kit/compile-mapping.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import { examples } from '../../../destinations/meta-conversions/examples.ts'
import definition from '../../../destinations/meta-conversions/index.ts'
import { json, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'
import { drive } from '../drive.ts'

let server: RecordingServer
let settings: JsonObject
const meta = drive(definition, () => ({ ...settings, baseUrl: server.url }))

beforeEach(async () => {
  server = await startRecordingServer((response, request) =>
    json(200, {
      events_received: JSON.parse(String(request.body)).data.length,
      messages: [],
      fbtrace_id: 'AbCdEf',
    })(response, request),
  )
  settings = { pixelId: '1234567890', accessToken: 'EAAB-token' }
})
afterEach(() => server.close())

const presetOf = (canonical: string) =>
  definition.presets?.find(
    (preset) => 'subscribe' in preset && preset.subscribe.includes(`"${canonical}"`),
  )?.mapping as JsonObject

describe.each(Object.entries(exampleEvents))('%s', (name, event) => {
  const golden = JSON.parse(readFileSync(`test/destinations/golden/meta/${name}.json`, 'utf8'))

  test('leaves as the golden request, byte for byte', async () => {
    await meta.single(event, presetOf(name))
    const [request] = server.requests
    expect(request?.path).toBe('/v24.0/1234567890/events')
    expect(String(request?.body)).toBe(JSON.stringify(golden))
  })

  test('leaves alike through the compiled mapping and in a batch', async () => {
    const payload = compileMapping(presetOf(name))(event as unknown as JsonObject)
    await meta.batch([payload, payload], identityMapping(payload))
    const [request] = server.requests
    const [body] = golden.data
    expect(String(request?.body)).toBe(JSON.stringify({ data: [body, body] }))
  })
})

// The payload is mapped already: each field is taken from itself.
const identityMapping = (payload: JsonObject): JsonObject =>
  Object.fromEntries(Object.keys(payload).map((name) => [name, { '@path': `$.${name}` }]))

test.each(examples.map((example) => [example.name, example] as const))(
  'example: %s',
  async (_, example) => {
    settings = example.settings
    await meta.single(example.in, example.mapping)
    const left = server.requests.map(({ method, path, headers, body }, index) => ({
      method,
      path,
      headers: Object.fromEntries(
        Object.keys(example.out[index]?.headers ?? {}).map((name) => [name, headers[name]]),
      ),
      body: JSON.parse(String(body)),
    }))
    expect(left).toEqual(example.out)
  },
)
