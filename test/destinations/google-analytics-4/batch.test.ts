// A request has one client: how a batch becomes requests, and what becomes of each event.
import definition from '../../../destinations/google-analytics-4/index.ts'
import {
  json,
  type RecordingServer,
  reset,
  startRecordingServer,
  text,
} from '../../support/recording-server.ts'
import { hostOf, rejectionOf } from '../google-data-manager/host.ts'

let server: RecordingServer
beforeEach(async () => {
  server = await startRecordingServer(text(204, ''))
})
afterEach(() => server.close())

const mapping = {
  occurred_at: '2026-04-23T10:15:30.000Z',
  client_id: { '@path': '$.client' },
  user_id: { '@path': '$.user' },
  ad_user_data: { '@path': '$.consent' },
  event_name: { '@path': '$.name' },
  params: { n: { '@path': '$.n' }, text: { '@path': '$.text' } },
}
const batch = (events: readonly object[]) =>
  hostOf(definition).executeBatch('customEvent', {
    events,
    mapping: structuredClone(mapping),
    settings: { measurement_id: 'G-1', api_secret: 's3cret', base_url: server.url },
  })
const bodies = () => server.requests.map(({ body }) => JSON.parse(body.toString()))
const events = (count: number, more: object) =>
  Array.from({ length: count }, (_, n) => ({ name: 'custom', n, ...more }))

test('events share a request when client, user and consent are the same', async () => {
  const nodes = await batch([
    ...events(2, { client: 'a' }),
    ...events(1, { client: 'b' }),
    ...events(1, { client: 'a', user: 'u' }),
    ...events(1, { client: 'a', consent: 'DENIED' }),
    ...events(1, { client: 'a' }),
  ])
  expect(nodes.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204, 204])
  expect(
    bodies()
      .map(({ events: sent, ...client }) => `${sent.length} ${JSON.stringify(client)}`)
      .sort(),
  ).toEqual([
    '1 {"client_id":"a","consent":{"ad_user_data":"DENIED"}}',
    '1 {"client_id":"a","user_id":"u"}',
    '1 {"client_id":"b"}',
    '3 {"client_id":"a"}',
  ])
})

test('25 events a request, in their order', async () => {
  await batch(events(60, { client: 'a' }))
  const sizes = bodies().map(({ events: sent }) => sent.length)
  expect(sizes.sort((a, b) => b - a)).toEqual([25, 25, 10])
  const ordered = bodies().every(({ events: sent }) =>
    sent.every(
      (event: { params: { n: number } }, at: number) => event.params.n === sent[0].params.n + at,
    ),
  )
  expect(ordered).toBe(true)
})

test('a request stays below 130 kB', async () => {
  const items = Array.from({ length: 100 }, () => ({ item_id: 'x'.repeat(90) }))
  await hostOf(definition).executeBatch('addToCart', {
    events: events(20, { client: 'a', items }),
    mapping: {
      occurred_at: '2026-04-23T10:15:30.000Z',
      client_id: { '@path': '$.client' },
      items: { '@path': '$.items' },
    },
    settings: { measurement_id: 'G-1', api_secret: 's3cret', base_url: server.url },
  })
  expect(server.requests.length).toBeGreaterThan(1)
  expect(server.requests.every(({ body }) => body.length < 130_000)).toBe(true)
})

test('an event that cannot be built fails alone', async () => {
  const nodes = await batch([
    { name: 'custom', client: 'a' },
    { name: 'first_visit', client: 'a' },
    { name: 'custom' },
  ])
  expect(nodes.map(({ status }) => status)).toEqual([204, 400, 400])
})

test('one client’s failure leaves the others delivered', async () => {
  server.otherwise((response, request) => {
    const isLimited = request.body.includes('"client_id":"b"')
    const answer = isLimited ? json(429, {}, { 'Retry-After': '3' }) : text(204, '')
    answer(response, request)
  })
  const nodes = await batch([...events(1, { client: 'a' }), ...events(1, { client: 'b' })])
  expect(nodes).toMatchObject([{ status: 204 }, { status: 429, body: { retryAfterMs: 3000 } }])
})

test('a connection that breaks for one client is not known to have arrived', async () => {
  server.otherwise((response, request) => {
    const answer = request.body.includes('"client_id":"b"') ? reset : text(204, '')
    answer(response, request)
  })
  const nodes = await batch([...events(1, { client: 'a' }), ...events(1, { client: 'b' })])
  expect(nodes).toMatchObject([{ status: 204 }, { status: 503 }])
  expect(nodes[1]?.errormessage).toContain('ECONNRESET')
})

test.each([
  ['429', json(429, {}, { 'Retry-After': '3' }), { status: 429, retryAfterMs: 3000 }],
  ['500', text(500, ''), { status: 500 }],
  [
    'a redirect',
    text(302, '', { Location: 'http://127.0.0.1:1/' }),
    { status: 403, code: 'SETTINGS_INVALID' },
  ],
  ['400', text(400, ''), { status: 400, code: 'RECEIVER_REJECTED' }],
])('%s for all rejects, so that the batch can be sent again', async (_, answer, wanted) => {
  server.otherwise(answer)
  expect(await rejectionOf(batch(events(2, { client: 'a' })))).toMatchObject(wanted)
})
