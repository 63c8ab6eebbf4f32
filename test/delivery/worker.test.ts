import { createRandom } from '../../core/clock.ts'
import { verify } from '../../core/signature.ts'
import type { Destination } from '../../delivery/destination.ts'
import { createTransport } from '../../delivery/transport.ts'
import { reconcile } from '../../store/ledger.ts'
import { useDatabase } from '../support/database.ts'
import { createOutage } from '../support/database-outage.ts'
import {
  createGate,
  type DestinationSpec,
  destinationTo,
  type RunningWorker,
  startWorker,
  WEBHOOK_SECRET,
} from '../support/delivery.ts'
import {
  after as answerAfter,
  type RecordingServer,
  silent,
  startRecordingServer,
  text,
} from '../support/recording-server.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
let store: TestStore
let receiver: RecordingServer
let workers: RunningWorker[]

beforeEach(async () => {
  store = createTestStore(database, { destinations: ['webhook'] })
  receiver = await startRecordingServer(text(200, 'ok'))
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await receiver.close()
})
afterAll(() => transport.close())

function webhook(over: Partial<DestinationSpec> = {}): Destination {
  return destinationTo({
    url: `${receiver.url}/hook`,
    transport: transport.send,
    clock: store.clock,
    ...over,
  })
}

function start(
  destinations: readonly Destination[],
  options: Parameters<typeof startWorker>[2] = {},
  on = store.database,
): RunningWorker {
  const worker = startWorker(on, destinations, options)
  workers.push(worker)
  return worker
}

const sendOrders = (count: number, prefix = 'o') =>
  store.send(Array.from({ length: count }, (_, at) => orderMessage(`${prefix}${at}`)))

async function ledger(destination = 'webhook') {
  return database.query<{
    state: string
    reason: string | null
    attempts: number
    due_at: Date
  }>('select state, reason, attempts, due_at from deliveries where destination = $1 order by id', [
    destination,
  ])
}
const attempts = () =>
  database.query(
    'select number, status, error, response from attempts order by delivery_id, number',
  )

describe('a delivery', () => {
  test('that is accepted is delivered, with its attempt on record', async () => {
    await sendOrders(1)
    const worker = start([webhook()])
    await worker.recorded(1)
    expect(await ledger()).toMatchObject([{ state: 'delivered', reason: null, attempts: 1 }])
    expect(await attempts()).toEqual([{ number: 1, status: 200, error: null, response: 'ok' }])
    expect(receiver.requests).toHaveLength(1)
  })

  test('waits half to all of its doubling delay, which the seed decides, and keeps its ids', async () => {
    receiver.next(text(503, ''), text(500, ''), text(429, ''), text(200, ''))
    await sendOrders(1)
    const on = { ...store.database, random: createRandom(11) }
    const expected = createRandom(11)
    const worker = start([webhook()], {}, on)
    for (const [attempt, delayMs] of [10_000, 20_000, 40_000].entries()) {
      await worker.recorded(attempt + 1)
      const [row] = await ledger()
      const waitMs = Math.round(delayMs / 2 + (expected() * delayMs) / 2)
      expect(row).toMatchObject({ state: 'retrying', attempts: attempt + 1 })
      expect(row?.due_at.getTime()).toBe(store.clock.now() + waitMs)
      store.clock.advance(waitMs - 1)
      expect(receiver.requests).toHaveLength(attempt + 1)
      store.clock.advance(1)
    }
    await worker.recorded(4)
    expect(await ledger()).toMatchObject([{ state: 'delivered', reason: null, attempts: 4 }])
    expect((await attempts()).map((row) => (row as { status: number }).status)).toEqual([
      503, 500, 429, 200,
    ])
    const keys = receiver.requests.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys)).toEqual(new Set(['purchase:seg_msg-o0']))
    const bodies = receiver.requests.map(({ body }) => body.toString())
    expect(new Set(bodies).size).toBe(1)
    const signatures = receiver.requests.map(({ headers }) => headers['x-tracklayer-signature'])
    expect(new Set(signatures).size).toBe(4)
  })

  test('is left alone for as long as the receiver asks', async () => {
    receiver.next(text(429, '', { 'Retry-After': '600' }))
    await sendOrders(1)
    const worker = start([webhook()])
    await worker.recorded(1)
    const [row] = await ledger()
    expect(row?.due_at.getTime()).toBe(store.clock.now() + 600_000)
  })

  test('is dead after the last attempt, with the last reason', async () => {
    receiver.otherwise(text(503, 'busy'))
    await sendOrders(1)
    const worker = start([webhook({ maxAttempts: 3 })])
    for (const count of [1, 2]) {
      await worker.recorded(count)
      store.clock.advance(100_000)
    }
    await worker.recorded(3)
    expect(await ledger()).toMatchObject([
      { state: 'dead', reason: 'receiver answered 503, want 2xx', attempts: 3 },
    ])
    store.clock.advance(1_000_000)
    await sendOrders(1, 'next')
    await worker.recorded(4)
    expect(receiver.requests).toHaveLength(4)
  })

  const outcomes = [
    ...[200, 201, 202, 204].map((status) => ({ status, state: 'delivered' })),
    ...[300, 301, 302, 303, 304, 307, 308].map((status) => ({ status, state: 'dead' })),
    ...[400, 402, 404, 405, 409, 410, 413, 418, 422, 451, 501].map((status) => ({
      status,
      state: 'dead',
    })),
    ...[401, 403, 408, 423, 425, 429, 500, 502, 503, 504, 507, 599].map((status) => ({
      status,
      state: 'retrying',
    })),
  ]
  test('is delivered, dead or retrying by the status of the answer', async () => {
    await sendOrders(outcomes.length)
    receiver.otherwise((response, { body }) => {
      const { order_id } = JSON.parse(body.toString()).event.properties
      const { status = 500 } = outcomes[Number(order_id.slice(1))] ?? {}
      response.writeHead(status, { Location: `${receiver.url}/elsewhere` }).end()
    })
    const worker = start([webhook({ concurrency: 16 })])
    await worker.recorded(outcomes.length)
    const rows = await database.query(
      `select a.status, d.state from deliveries d join attempts a on a.delivery_id = d.id
       join events e on e.id = d.event_id order by substr(e.dedup_key, 2)::integer`,
    )
    expect(rows).toEqual(outcomes)
    // A redirect is not followed: each delivery made one request, to the address it was given.
    expect(receiver.requests.map(({ path }) => path)).toEqual(outcomes.map(() => '/hook'))
  })

  test('goes out under the signature of its environment, which the receiver can verify', async () => {
    await sendOrders(1)
    const worker = start([webhook({ secret: `next-secret-0000001, ${WEBHOOK_SECRET}` })])
    await worker.recorded(1)
    const [request] = receiver.requests
    if (!request) throw new Error('nothing was received')
    const { headers, body, method } = request
    expect(method).toBe('POST')
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-tracklayer-account': ACCOUNT,
      'x-tracklayer-environment': 'production',
      'x-tracklayer-timestamp': '2026-04-23T10:15:30Z',
      'content-length': String(body.length),
    })
    const content = {
      timestamp: String(headers['x-tracklayer-timestamp']),
      account: ACCOUNT,
      environment: 'production',
      body,
    }
    const signature = String(headers['x-tracklayer-signature'])
    expect(verify([WEBHOOK_SECRET], content, signature)).toBe(true)
    expect(verify(['next-secret-0000001'], content, signature)).toBe(true)
    expect(verify(['other'], content, signature)).toBe(false)
    expect(verify([WEBHOOK_SECRET], { ...content, environment: 'staging' }, signature)).toBe(false)
    expect(JSON.parse(body.toString()).event).toMatchObject({
      tracklayer_event: 'purchase',
      canonical_user_id: 'user-o0',
      properties: { event_id: 'seg_msg-o0' },
    })
  })
})

describe('lanes', () => {
  const lane = (name: string, url: string) => webhook({ name, url, concurrency: 2 })

  test('a receiver that hangs delays nobody but itself', async () => {
    store = createTestStore(database, { destinations: ['slow', 'quick'] })
    const gate = createGate()
    const slow = await startRecordingServer(answerAfter(gate.opened, text(200, '')))
    await sendOrders(20)
    const worker = start([lane('slow', slow.url), lane('quick', receiver.url)])
    await until(() => slow.requests.length === 2)
    await worker.recorded(20)
    expect(worker.records.map(({ name }) => name)).toEqual(Array(20).fill('quick'))
    expect(slow.requests).toHaveLength(2)
    gate.open()
    await worker.recorded(40)
    expect(worker.records.slice(20).map(({ name }) => name)).toEqual(Array(20).fill('slow'))
    expect(await reconcile(database.pool, 'production')).toMatchObject({
      balanced: true,
      destinations: { slow: { delivered: 20 }, quick: { delivered: 20 } },
    })
    await slow.close()
  })

  test('one slow request in a lane does not hold up the others of that lane', async () => {
    const gate = createGate()
    receiver.next(answerAfter(gate.opened, text(200, 'slow')))
    await sendOrders(9)
    const worker = start([webhook({ concurrency: 3 })])
    await worker.recorded(8)
    gate.open()
    await worker.recorded(9)
    expect(worker.records.at(-1)?.record.attempt?.response).toBe('slow')
  })

  test('no more requests are under way than the destination takes', async () => {
    let underWay = 0
    let most = 0
    receiver.otherwise((response) => {
      underWay++
      most = Math.max(most, underWay)
      setImmediate(() => {
        underWay--
        response.end()
      })
    })
    await sendOrders(40)
    const worker = start([webhook({ concurrency: 3 })])
    await worker.recorded(40)
    expect(most).toBeLessThanOrEqual(3)
    expect(most).toBeGreaterThan(1)
  })

  test('two workers on one destination send each event once', async () => {
    await sendOrders(80)
    const pair = [start([webhook()]), start([webhook()])]
    await until(() => pair.reduce((sum, { records }) => sum + records.length, 0) >= 80)
    const keys = receiver.requests.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(80)
    expect(new Set(keys).size).toBe(80)
  })

  test('environments have lanes of their own', async () => {
    await store.send([orderMessage('p')], 'production')
    await store.send([orderMessage('s')], 'staging')
    const worker = start([webhook({ environment: 'staging' })])
    await worker.recorded(1)
    expect(receiver.requests.map(({ headers }) => headers['x-tracklayer-environment'])).toEqual([
      'staging',
    ])
    expect(await ledger()).toMatchObject([{ state: 'pending' }, { state: 'delivered' }])
  })
})

describe('a fault of ours', () => {
  // A destination that fails as bugs do: once by a rejection, once by a throw, then works.
  function faulty(): Destination {
    const faults: (() => Promise<never>)[] = [
      () => Promise.reject(new TypeError('cannot read this')),
      () => {
        throw new TypeError('cannot read that')
      },
    ]
    const good = webhook()
    return { ...good, deliver: (deliveries) => (faults.shift() ?? good.deliver)(deliveries) }
  }

  test('is logged whole, recorded and tried again, not lost', async () => {
    await sendOrders(1)
    const worker = start([faulty()])
    for (const [at, word] of ['this', 'that'].entries()) {
      await worker.recorded(at + 1)
      expect(await ledger()).toMatchObject([
        { state: 'retrying', reason: `internal: cannot read ${word}`, attempts: at + 1 },
      ])
      store.clock.advance(100_000)
    }
    await worker.recorded(3)
    expect(await ledger()).toMatchObject([{ state: 'delivered', attempts: 3 }])
    expect(await attempts()).toMatchObject([
      { number: 1, status: null, error: 'cannot read this' },
      { number: 2, status: null, error: 'cannot read that' },
      { number: 3, status: 200 },
    ])
    expect(worker.log).toEqual([
      expect.stringMatching(
        /^error webhook: delivering "seg_msg-o0" failed .*TypeError: cannot read this\n +at /,
      ),
      expect.stringMatching(
        /^error webhook: delivering "seg_msg-o0" failed .*TypeError: cannot read that\n +at /,
      ),
    ])
  })

  test('in one delivery leaves its neighbours alone', async () => {
    await sendOrders(5)
    const worker = start([faulty()])
    await worker.recorded(5)
    const states = (await ledger()).map(({ state }) => state).sort()
    expect(states).toEqual(['delivered', 'delivered', 'delivered', 'retrying', 'retrying'])
  })
})

describe('shutdown', () => {
  test('finishes and records what is under way, and takes nothing new', async () => {
    const gate = createGate()
    receiver.otherwise(answerAfter(gate.opened, text(200, '')))
    await sendOrders(10)
    const worker = start([webhook({ concurrency: 4 })])
    await until(() => receiver.requests.length === 4)
    const stopped = worker.stop()
    gate.open()
    await stopped
    expect(receiver.requests).toHaveLength(4)
    expect((await ledger()).map(({ state }) => state).sort()).toEqual([
      ...Array(4).fill('delivered'),
      ...Array(6).fill('pending'),
    ])
    expect(await attempts()).toHaveLength(4)
  })

  test('of an idle worker is immediate', async () => {
    const worker = start([webhook()], { pollMs: 1_000_000 })
    await worker.stop()
    expect(worker.log).toEqual([])
  })
})

describe('an outage of the database', () => {
  test('while an outcome is recorded: the delivery goes out again with the same ids', async () => {
    const outage = await createOutage(database.connection)
    const pool = database.createPool({ ...outage.connection, max: 2 })
    receiver.next((response) => {
      void outage.cut().then(() => response.end('first'))
    })
    await sendOrders(1)
    const worker = start([webhook({ timeoutMs: 5000 })], {}, { ...store.database, pool })
    await until(() => worker.log.some((line) => line.includes('cannot record 1 outcome(s)')))
    expect(await ledger()).toMatchObject([{ state: 'pending', attempts: 1 }])
    await outage.mend()
    // Its lease: the longest attempt and 20 seconds to record it.
    store.clock.advance(25_000)
    await worker.recorded(1)
    expect(await ledger()).toMatchObject([{ state: 'delivered', attempts: 2 }])
    expect(await attempts()).toEqual([{ number: 2, status: 200, error: null, response: 'ok' }])
    const [first, second] = receiver.requests
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
    expect(second?.body).toEqual(first?.body)
    expect(await reconcile(database.pool, 'production')).toMatchObject({ balanced: true })
    await worker.stop()
    await pool.end()
    await outage.close()
  })

  test('while it looks for work: it says so, asks more rarely, and goes on once it is back', async () => {
    const outage = await createOutage(database.connection)
    const pool = database.createPool({ ...outage.connection, max: 2 })
    await outage.cut()
    await sendOrders(1)
    const worker = start([webhook()], { pollMs: 1 }, { ...store.database, pool })
    await until(() => worker.log.length >= 4)
    expect(
      worker.log.map((line) => /trying again in (\d+) ms/.exec(line)?.[1]).slice(0, 4),
    ).toEqual(['1', '2', '4', '8'])
    await outage.mend()
    store.clock.advance(10_000)
    await worker.recorded(1)
    expect(await ledger()).toMatchObject([{ state: 'delivered', attempts: 1 }])
    await worker.stop()
    await pool.end()
    await outage.close()
  })
})

test('a worker that dies after sending is followed by one that sends the same again', async () => {
  await sendOrders(1)
  receiver.next(silent)
  const dead = start([webhook({ timeoutMs: 5000 })], {})
  await until(() => receiver.requests.length === 1)
  store.clock.advance(25_000)
  const heir = start([webhook()])
  await heir.recorded(1)
  expect(heir.records[0]?.record.delivery.attempt).toBe(2)
  expect(await ledger()).toMatchObject([{ state: 'delivered', attempts: 2 }])
  const [first, second] = receiver.requests
  expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
  // The connection of the first is cut as by its death; its late record changes nothing.
  await receiver.close()
  await dead.recorded(1)
  expect(await ledger()).toMatchObject([{ state: 'delivered', attempts: 2 }])
  expect(await attempts()).toHaveLength(2)
})
