// Against the workspace's twin of Events API 2.0, over HTTP: what TikTok would count of what we send.
import { createRandom } from '../../../core/clock.ts'
import type { JsonObject } from '../../../core/json.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import definition from '../../../destinations/tiktok-events/index.ts'
import { listen } from '../../../workspace/listen.ts'
import { createTikTokTwin, type TikTokTwin } from '../../../workspace/twins/tiktok/tiktok-twin.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { deliver, drive, errorFrom } from '../drive.ts'

const JANE = { email: 'jane.doe@example.com', phone: '+4915123456789', externalId: 'cust_10482' }
const NOW = Date.parse('2026-04-27T10:00:00.000Z')

let twin: TikTokTwin
let server: Awaited<ReturnType<typeof listen>>
const settings = { pixelCode: 'C0PIXEL', offlineEventSetId: '7', accessToken: 'good' }
const tiktok = drive(definition, () => ({ ...settings, baseUrl: server.url }))

beforeEach(async () => {
  twin = createTikTokTwin({
    clock: createManualClock(NOW),
    random: createRandom(7),
    people: [JANE],
    tokens: [{ token: 'good' }],
    eventSources: { web: ['C0PIXEL'], offline: ['7'] },
  })
  server = await listen(twin.app, 0)
})
afterEach(() => server.close())

const presets = definition.presets ?? []
const mapping = presets[0]?.mapping as JsonObject
const purchase = (id: string, over: object = {}) => {
  const { purchase: example } = exampleEvents
  return { ...example, id, properties: { ...example.properties, event_id: id }, ...over }
}

test.each(Object.entries(exampleEvents))('%s counts, and finds its person', async (name, event) => {
  const preset = presets.find((row) => 'subscribe' in row && row.subscribe.includes(`"${name}"`))
  await tiktok.single(event, preset?.mapping as JsonObject)
  const [counted] = [...twin.counted().values()]
  expect(counted).toMatchObject({ isMatched: true, notes: [] })
})

test('one event from the future among a hundred costs itself and one more request', async () => {
  const events = Array.from({ length: 100 }, (_, index) => purchase(`e${index}`))
  events[41] = purchase('e41', { occurred_at: '2026-05-01T00:00:00.000Z' })
  const fate = await deliver((part) => tiktok.batch(part, mapping), events)
  expect(fate).toMatchObject({ dead: ['e41'], requests: 2 })
  expect(twin.summary()).toMatchObject({ counted: 99, duplicates: 0 })
})

test('an answer that was lost and an event sent twice count once', async () => {
  twin.faults.next('lost-reset')
  expect(await errorFrom(tiktok.batch([purchase('e1')], mapping))).toMatchObject({
    code: 'ECONNRESET',
  })
  const [node] = await tiktok.batch([purchase('e1')], mapping)
  expect(node?.status).toBe(200)
  expect(twin.summary()).toMatchObject({ counted: 1, duplicates: 1 })
})

test.each([
  ['rate-limited', { status: 429, code: 'RETRYABLE_ERROR' }],
  ['server-error', { status: 503, code: 'RETRYABLE_ERROR' }],
  ['lost-timeout', { status: 504, code: 'RETRYABLE_ERROR' }],
] as const)('a %s request may pass later', async (fault, facts) => {
  twin.faults.next(fault)
  expect(await errorFrom(tiktok.batch([purchase('e1'), purchase('e2')], mapping))).toMatchObject(
    facts,
  )
})

test('testAuthentication() finds the good settings good, and the bad ones bad', async () => {
  await tiktok.testAuthentication()
  await expect(tiktok.testAuthentication({ accessToken: 'wrong' })).rejects.toThrow('code 40105')
  await expect(tiktok.testAuthentication({ pixelCode: 'C0OTHER' })).rejects.toThrow('code 40001')
  expect(twin.summary().received).toBe(0)
})
