// What the file of a webhook or of the return path says of consent and age holds as it does for every platform, and what it
// says to no effect is refused.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parseReturnsFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { HEADERS, verify } from '../../core/signature.ts'
import { createTransport } from '../../delivery/transport.ts'
import { claimDeliveries } from '../../store/deliveries.ts'
import { useDatabase } from '../support/database.ts'
import {
  type DestinationSpec,
  destinationTo,
  type RunningWorker,
  startWorker,
  WEBHOOK_SECRET,
} from '../support/delivery.ts'
import {
  json,
  type RecordedRequest,
  type RecordingServer,
  refusingUrl,
  startRecordingServer,
  text,
} from '../support/recording-server.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

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
    ['mapping', { lines: ["mapping: { a: { '@path': $.b } }"] }],
    ['batch_keys', { lines: [`subscriptions: [{ ${LEADS}, batch_keys: [a] }]`] }],
    ['addresses', { lines: ["addresses: { 'https://a.example.com': 'https://b.example.com' }"] }],
    ['oauth', { lines: OAUTH }],
  ])('refuses %s, which it would not follow', (key, spec) => {
    const fault = `Destination "webhook" (mappings/destinations/webhook.yaml): ${key} does nothing`
    expect(() => destination({ ...kind.more, ...spec })).toThrow(fault)
  })
})

test('the return path refuses batches, which the source function would have to answer one by one', () => {
  const fault = 'limits.batch_size does nothing for definition: segment-return'
  expect(() => destination({ ...KINDS[1].more, batchSize: 20 })).toThrow(fault)
})

test('the return path holds no event that never goes back', async () => {
  const { recorded } = start(KINDS[1], [CONSENT])
  await store.send([orderMessage('lead', { event: 'Lead Submitted' })])
  await recorded(1)
  expect(await ledger()).toMatchObject([{ state: 'filtered', reason: 'trigger' }])
})

describe('in batches', () => {
  const idsIn = ({ body }: RecordedRequest): string[] =>
    JSON.parse(String(body)).batch.map(({ event }: JsonObject) => (event as JsonObject).message_id)
  const requests = () => receiver.requests.map(idsIn)
  const orders = (...ids: string[]) => ids.map((id) => orderMessage(id))

  function isSigned({ headers, body }: RecordedRequest): boolean {
    const header = (name: keyof typeof HEADERS) => String(headers[HEADERS[name].toLowerCase()])
    const [timestamp, environment] = [header('timestamp'), header('environment')]
    const content = { account: ACCOUNT, environment, timestamp, body: String(body) }
    return verify([WEBHOOK_SECRET], content, header('signature'))
  }

  async function deliver(batchSize: number, messages: readonly JsonObject[], lines: string[] = []) {
    store = createTestStore(database, { destinations: ['webhook'] })
    await store.send(messages)
    worker = startWorker(store.database, [destination({ batchSize, concurrency: 1, lines })])
    await worker.recorded(messages.length)
  }

  test('several events go in one signed body, and one as a batch of one', async () => {
    await deliver(3, orders('a', 'b', 'c', 'd'))
    expect(requests()).toEqual([['msg-a', 'msg-b', 'msg-c'], ['msg-d']])
    const [first] = receiver.requests as [RecordedRequest, RecordedRequest]
    expect(first.headers).not.toHaveProperty('idempotency-key')
    expect(isSigned(first)).toBe(true)
    expect(await ledger()).toMatchObject(Array(4).fill({ state: 'delivered' }))
  })

  test('an attempt tells of its own event, without personal data, and how many went with it', async () => {
    const context = { traits: { email: 'jane.doe@example.com' } }
    await deliver(3, [orderMessage('a', { context }), orderMessage('b')])
    const [{ body }] = receiver.requests as [RecordedRequest]
    const event = { message_id: 'msg-a', user: { email: 'j•••@•••.com' } }
    expect(await attemptOf('msg-a')).toMatchObject({
      request: { events: 2, bytes: body.length, payload: { event } },
      response: null,
    })
  })

  test('one that is filtered costs its neighbours nothing', async () => {
    const messages = [
      orderMessage('a', { context: says(true) }),
      orderMessage('b', { context: says(false) }),
      orderMessage('c', { context: says(true) }),
    ]
    await deliver(10, messages, [CONSENT])
    expect(requests()).toEqual([['msg-a', 'msg-c']])
    expect(await ledger()).toMatchObject([
      { state: 'delivered' },
      { state: 'filtered', reason: 'consent_denied' },
      { state: 'delivered' },
    ])
  })

  test('what is refused for one event is halved until that one stands alone', async () => {
    receiver.otherwise((response, request) =>
      (idsIn(request).includes('msg-c') ? text(422, 'no c') : text(200, 'ok'))(response, request),
    )
    await deliver(10, orders('a', 'b', 'c', 'd'))
    expect(requests().sort()).toEqual(
      [
        ['msg-a', 'msg-b', 'msg-c', 'msg-d'],
        ['msg-a', 'msg-b'],
        ['msg-c', 'msg-d'],
        ['msg-c'],
        ['msg-d'],
      ].sort(),
    )
    expect(await ledger()).toMatchObject([
      { state: 'delivered' },
      { state: 'delivered' },
      { state: 'dead', reason: 'receiver answered 422, want 2xx' },
      { state: 'delivered' },
    ])
  })

  test('a wrong address is asked once: no event is why', async () => {
    receiver.otherwise(text(404, 'nothing here'))
    await deliver(10, orders('a', 'b', 'c', 'd'))
    expect(receiver.requests).toHaveLength(1)
    expect(await ledger()).toMatchObject(Array(4).fill({ state: 'dead' }))
  })

  test('the receiver may answer for each event', async () => {
    const results = [
      { status: 200 },
      { status: 422, reason: 'jane.doe@example.com is nobody' },
      { status: 503, reason: 'later' },
    ]
    receiver.next(json(200, { results }))
    await deliver(10, [
      orderMessage('a'),
      orderMessage('b', { context: { traits: { email: 'jane.doe@example.com' } } }),
      orderMessage('c'),
    ])
    expect(await ledger()).toMatchObject([
      { state: 'delivered' },
      {
        state: 'dead',
        reason: expect.stringMatching(/^receiver answered 422 to this event: \S+ is nobody$/),
      },
      { state: 'retrying', reason: 'receiver answered 503 to this event: later' },
    ])
    expect(JSON.stringify(await ledger())).not.toContain('jane.doe')
    store.clock.advance(60_000)
    await worker?.recorded(4)
    expect(requests()).toEqual([['msg-a', 'msg-b', 'msg-c'], ['msg-c']])
  })

  test.each([
    ['too few', json(200, { results: [{ status: 200 }] })],
    ['without a status', json(200, { results: [{ status: 200 }, { ok: true }] })],
    ['cut short', text(200, `{"results":[${'{"status":200},'.repeat(50_000)}{"status":200}]}`)],
  ])('results that cannot be read are no success: %s', async (_, answer) => {
    receiver.next(answer)
    await deliver(10, orders('a', 'b'))
    const reason = expect.stringContaining('want one { "status" } for each of the 2 events')
    expect(await ledger()).toMatchObject(Array(2).fill({ state: 'retrying', reason }))
  })

  test.each([
    ['words', text(200, 'all "results" are in')],
    ['other JSON', json(200, { results: 'fine' })],
  ])('a 2xx speaks for all where it names no results: %s', async (_, answer) => {
    receiver.next(answer)
    await deliver(10, orders('a', 'b'))
    expect(await ledger()).toMatchObject(Array(2).fill({ state: 'delivered' }))
  })

  // Past every delay of the schedule, so that what is left is due together.
  async function again(recorded: number) {
    store.clock.advance(200_000)
    await worker?.recorded(recorded)
  }

  test('what breaks the receiver comes with half as many each time, at last alone', async () => {
    receiver.otherwise((response, request) =>
      (idsIn(request).includes('msg-b') ? text(500, 'oh') : text(200, 'ok'))(response, request),
    )
    await deliver(4, orders('a', 'b', 'c', 'd'))
    await again(8)
    await again(10)
    const withB = requests().filter((ids) => ids.includes('msg-b'))
    expect(withB.map(({ length }) => length)).toEqual([4, 2, 1])
    expect((await ledger()).filter(({ state }) => state === 'delivered')).toHaveLength(3)
  })

  test('a receiver that was away gets whole batches again', async () => {
    receiver.next(text(503, 'closed'), text(429, 'slowly'))
    await deliver(4, orders('a', 'b', 'c', 'd'))
    await again(8)
    await again(12)
    expect(requests().map(({ length }) => length)).toEqual([4, 4, 4])
    expect(await ledger()).toMatchObject(Array(4).fill({ state: 'delivered' }))
  })
})

async function attemptOf(messageId: string) {
  const answer = await store.read(`/v1/messages/${messageId}`)
  const { deliveries } = (await answer.json()) as {
    deliveries: { attempts: { request: JsonObject; response: string | null }[] }[]
  }
  return deliveries[0]?.attempts[0]
}

test('what a receiver of single events answers beside its status is its own affair', async () => {
  receiver.otherwise(json(200, { results: [] }))
  start(KINDS[0], [])
  await store.send([orderMessage('a')])
  await worker?.recorded(1)
  expect(await ledger()).toMatchObject([{ state: 'delivered' }])
})

test('the event is kept once, and an attempt tells under which user id it went', async () => {
  start(KINDS[0], [])
  const user = { userId: undefined, anonymousId: 'anon-1' }
  await store.send([orderMessage('early', user)])
  await worker?.recorded(1)
  await store.send([{ type: 'identify', messageId: 'i', userId: 'ann', anonymousId: 'anon-1' }])
  await store.send([orderMessage('late', user)])
  await worker?.recorded(2)
  const rows = await database.query<{ request: string }>('select request from attempts')
  for (const { request } of rows) expect(request).not.toContain('Order Completed')
  const sent = receiver.requests.map(({ body }) => JSON.parse(String(body)))
  const told = [await attemptOf('msg-early'), await attemptOf('msg-late')]
  expect(told.map((attempt) => attempt?.request.payload)).toEqual(sent)
  expect(sent.map(({ event }) => event.canonical_user_id)).toEqual([null, 'ann'])
})

// As it stands in the documentation, in a process of its own.
async function startDocumented(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/webhook.md', 'utf8')) ?? []
  const url = await refusingUrl()
  const env = { WEBHOOK_SECRET, PORT: new URL(url).port }
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env,
    stdio: 'inherit',
  })
  await until(() =>
    fetch(url).then(
      ({ status }) => status === 401,
      () => false,
    ),
  )
  return {
    url,
    end: async () => {
      const exit = once(child, 'exit')
      child.kill()
      await exit
    },
  }
}

test.each([1, 10])(
  'the receiver of the documentation reads requests of up to %i',
  async (batchSize) => {
    const { url, end } = await startDocumented()
    try {
      store = createTestStore(database, { destinations: ['webhook'] })
      await store.send(['a', 'b', 'c'].map((id) => orderMessage(id)))
      const to = (secret: string) => {
        // The receiver compares the signature's time with the machine's.
        const clock = { ...store.clock, now: Date.now }
        return destinationTo({ url, transport: transport.send, clock, batchSize, secret })
      }
      const claimed = await claimDeliveries(store.database, {
        environment: 'production',
        destination: 'webhook',
        limit: 3,
        leaseMs: 60_000,
        except: [],
      })
      const taken = Array(3).fill({ kind: 'delivered' })
      const refused = { kind: 'failed', reason: 'receiver answered 401, want 2xx' }
      expect(await to(WEBHOOK_SECRET).deliver(claimed)).toMatchObject(taken)
      expect(await to('other-secret-00001').deliver(claimed)).toMatchObject(Array(3).fill(refused))
    } finally {
      await end()
    }
  },
)
