// Against the workspace's twin of the Conversions API, over HTTP: what Meta would count of what we send.
import { createRandom } from '../../../core/clock.ts'
import type { JsonObject } from '../../../core/json.ts'
import { exampleEvents } from '../../../destinations/example-events.ts'
import definition from '../../../destinations/meta-conversions/index.ts'
import { listen } from '../../../workspace/listen.ts'
import { createMetaTwin, type MetaTwin } from '../../../workspace/twins/meta/meta-twin.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { deliver, drive, errorFrom } from '../drive.ts'

const JANE = { email: 'jane.doe@example.com', phone: '+4915123456789', externalId: 'cust_10482' }
// Two days after the last of the example events.
const NOW = Date.parse('2026-04-27T10:00:00.000Z')

let twin: MetaTwin
let server: Awaited<ReturnType<typeof listen>>
const settings = { pixelId: '77', accessToken: 'good' }
const meta = drive(definition, () => ({ ...settings, baseUrl: server.url }))

beforeEach(async () => {
  twin = createMetaTwin({
    clock: createManualClock(NOW),
    random: createRandom(7),
    people: [JANE],
    tokens: [{ token: 'good' }, { token: 'old', expiresAt: NOW - 1 }],
    pixelIds: ['77'],
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
  await meta.single(event, preset?.mapping as JsonObject)
  const [counted] = [...twin.counted().values()]
  expect(counted).toMatchObject({ isMatched: true, notes: [] })
})

test('one event too old among a hundred costs itself and eight halves', async () => {
  const events = Array.from({ length: 100 }, (_, index) => purchase(`e${index}`))
  events[41] = purchase('e41', { occurred_at: '2026-04-01T00:00:00.000Z' })
  const fate = await deliver((part) => meta.batch(part, mapping), events)
  expect(fate.dead).toEqual(['e41'])
  expect(new Set(fate.delivered).size).toBe(99)
  expect(fate.requests).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(100)))
  expect(twin.summary()).toMatchObject({ counted: 99, duplicates: 0 })
})

test('an answer that was lost and an event sent twice count once', async () => {
  twin.faults.next('lost-reset')
  expect(await errorFrom(meta.batch([purchase('e1')], mapping))).toMatchObject({
    code: 'ECONNRESET',
  })
  const [node] = await meta.batch([purchase('e1')], mapping)
  expect(node?.status).toBe(200)
  expect(twin.summary()).toMatchObject({ counted: 1, duplicates: 1 })
})

test.each([
  ['rate-limited', { status: 429, code: 'RETRYABLE_ERROR' }],
  ['server-error', { status: 500, code: 'RETRYABLE_ERROR' }],
  ['lost-timeout', { status: 504, code: 'RETRYABLE_ERROR' }],
] as const)('a %s request may pass later', async (fault, facts) => {
  twin.faults.next(fault)
  expect(await errorFrom(meta.batch([purchase('e1'), purchase('e2')], mapping))).toMatchObject(
    facts,
  )
})

test('testAuthentication() finds the good settings good, and the bad ones bad', async () => {
  await meta.testAuthentication()
  await expect(meta.testAuthentication({ accessToken: 'wrong' })).rejects.toThrow('code 190')
  await expect(meta.testAuthentication({ accessToken: 'old' })).rejects.toThrow('subcode 463')
  await expect(meta.testAuthentication({ pixelId: '78' })).rejects.toThrow('subcode 33')
  await expect(meta.testAuthentication({ apiVersion: 'v1.0' })).rejects.toThrow('code 2500')
  expect(twin.summary().received).toBe(0)
})
