// What the file of a webhook or of the return path says of consent and age holds as it does for every platform, and what it
// says to no effect is refused.
import { parseReturnsFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createTransport } from '../../delivery/transport.ts'
import { useDatabase } from '../support/database.ts'
import {
  type DestinationSpec,
  destinationTo,
  type RunningWorker,
  startWorker,
} from '../support/delivery.ts'
import { type RecordingServer, startRecordingServer, text } from '../support/recording-server.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
afterAll(() => transport.close())

const RETURNS = parseReturnsFile('returns: { purchase: { event: Bought } }', 'returns.yaml')
const KINDS = [
  { name: 'webhook', more: {} },
  { name: 'segment', more: { definition: 'segment-return', returns: RETURNS } },
] as const
const LEADS = `name: Leads, trigger: 'tracklayer_event = "lead"', action: send`
const OAUTH = ['oauth:', '  client_id: a', `  client_secret: \${S}`, `  refresh_token: \${T}`]
const CONSENT = 'consent: { categories: [Advertising], unknown: hold, hold: 72h }'

let store: TestStore
let receiver: RecordingServer
let worker: RunningWorker | undefined
beforeEach(async () => {
  receiver = await startRecordingServer(text(200, 'ok'))
  worker = undefined
})
afterEach(async () => {
  await worker?.stop()
  await receiver.close()
})

function start({ name, more }: (typeof KINDS)[number], lines: readonly string[]): RunningWorker {
  store = createTestStore(database, { destinations: [name] })
  worker = startWorker(store.database, [destination({ name, ...more, lines })])
  return worker
}

function destination(spec: Partial<DestinationSpec>) {
  const clock = store?.clock ?? createTestStore(database).clock
  return destinationTo({ url: `${receiver.url}/hook`, transport: transport.send, clock, ...spec })
}

const says = (granted: boolean): JsonObject => ({
  consent: { categoryPreferences: { Advertising: granted } },
})
const ledger = () =>
  database.query(
    `select e.message_id, d.state, d.reason, d.decision -> 'consent' ->> 'state' as consent, d.consent_decision
     from deliveries d join events e on e.id = d.event_id order by e.message_id`,
  )

describe.each(KINDS)('$name', (kind) => {
  test('waits for an answer about consent, and sends what is granted', async () => {
    const { recorded } = start(kind, [CONSENT])
    await store.send([
      orderMessage('granted', { context: says(true) }),
      orderMessage('refused', { context: says(false) }),
      orderMessage('silent', { userId: 'ann' }),
    ])
    await recorded(3)
    expect(receiver.requests).toHaveLength(1)
    const [granted, refused] = [
      { state: 'delivered', reason: null, consent: 'granted', consent_decision: 'granted' },
      {
        state: 'filtered',
        reason: 'consent_denied',
        consent: 'denied',
        consent_decision: 'denied',
      },
    ]
    const held = { state: 'held', reason: 'consent_unknown', consent: 'unknown' }
    expect(await ledger()).toEqual([
      { message_id: 'msg-granted', ...granted },
      { message_id: 'msg-refused', ...refused },
      { message_id: 'msg-silent', ...held, consent_decision: null },
    ])
    await store.send([{ type: 'identify', messageId: 'yes', userId: 'ann', context: says(true) }])
    await recorded(4)
    expect(receiver.requests).toHaveLength(2)
    expect((await ledger())[2]).toEqual({ message_id: 'msg-silent', ...granted })
  })

  test('sends nothing that is too old', async () => {
    const { recorded } = start(kind, ['max_age: 1h'])
    await store.send([orderMessage('old', { timestamp: '2001-01-01T00:00:00.000Z' })])
    await recorded(1)
    expect(receiver.requests).toEqual([])
    expect(await ledger()).toMatchObject([{ state: 'filtered', reason: 'too_old' }])
  })

  test('holds nothing that is not meant for it', async () => {
    const { recorded } = start(kind, [CONSENT, `subscriptions: [{ ${LEADS} }]`])
    await store.send([orderMessage('silent')])
    await recorded(1)
    expect(await ledger()).toMatchObject([{ state: 'filtered', reason: 'trigger' }])
  })

  test.each<[string, Partial<DestinationSpec>]>([
    ['limits.batch_size', { batchSize: 20 }],
    ['mapping', { lines: ["mapping: { a: { '@path': $.b } }"] }],
    ['batch_keys', { lines: [`subscriptions: [{ ${LEADS}, batch_keys: [a] }]`] }],
    ['addresses', { lines: ["addresses: { 'https://a.example.com': 'https://b.example.com' }"] }],
    ['oauth', { lines: OAUTH }],
  ])('refuses %s, which it would not follow', (key, spec) => {
    const fault = `Destination "webhook" (mappings/destinations/webhook.yaml): ${key} does nothing`
    expect(() => destination({ ...kind.more, ...spec })).toThrow(fault)
  })
})

test('the return path holds no event that never goes back', async () => {
  const { recorded } = start(KINDS[1], [CONSENT])
  await store.send([orderMessage('lead', { event: 'Lead Submitted' })])
  await recorded(1)
  expect(await ledger()).toMatchObject([{ state: 'filtered', reason: 'trigger' }])
})
