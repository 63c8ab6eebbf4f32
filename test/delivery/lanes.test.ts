// A destination's lane, looked at directly: its circuit breaker, rate limit, batches and pauses, with destinations that
// are plain objects, and with signed webhooks.
import type { DeliveryResult, Destination } from '../../delivery/destination.ts'
import { createTransport } from '../../delivery/transport.ts'
import type { ClaimedDelivery } from '../../store/deliveries.ts'
import { reconcile } from '../../store/ledger.ts'
import { useDatabase } from '../support/database.ts'
import {
  createGate,
  type DestinationSpec,
  destinationTo,
  oneByOne,
  type RunningWorker,
  startWorker,
} from '../support/delivery.ts'
import { refusingUrl, startRecordingServer, text } from '../support/recording-server.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
let store: TestStore
let workers: RunningWorker[]

beforeEach(() => {
  store = createTestStore(database, { destinations: ['down', 'fine'] })
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
})
afterAll(() => transport.close())

function start(...destinations: readonly Destination[]): RunningWorker {
  const worker = startWorker(store.database, destinations)
  workers.push(worker)
  return worker
}

const sendOrders = (count: number) =>
  store.send(Array.from({ length: count }, (_, at) => orderMessage(`o${at}`)))

async function sums(name: string) {
  return (await reconcile(database.pool, 'production')).destinations[name]
}

type Kind = 'delivered' | 'outage' | 'credential' | 'wait'

function resultOf(kind: Kind): DeliveryResult {
  const attempt = {
    startedAt: new Date(store.clock.now()),
    durationMs: 1,
    status: kind === 'delivered' ? 200 : 503,
    error: null,
    request: {},
    response: null,
  }
  if (kind === 'delivered') return { kind, attempt }
  return {
    kind: 'failed',
    reason: kind,
    retryable: true,
    isOutage: kind !== 'credential',
    isCredential: kind === 'credential',
    ...(kind === 'wait' ? { retryAfterMs: 60_000 } : {}),
    attempt,
  }
}

interface Plain extends Destination {
  /** Size of each batch that was handed over, in order. */
  readonly batches: number[]
  says: Kind
}

function plain(over: Partial<Destination> = {}): Plain {
  const destination: Plain = {
    name: 'down',
    repeatRule: null,
    preview: async () => [],
    environment: 'production',
    concurrency: 4,
    timeoutMs: 5_000,
    leaseMs: 25_000,
    // Retries are due long after what the tests look at.
    schedule: { baseMs: 3_600_000, capMs: 3_600_000, maxAttempts: 5 },
    ratePerSecond: Number.POSITIVE_INFINITY,
    batchSize: 1,
    batches: [],
    says: 'delivered',
    deliver: async (deliveries) => {
      destination.batches.push(deliveries.length)
      return deliveries.map(() => resultOf(destination.says))
    },
    ...over,
  }
  return destination
}

function webhook(name: string, url: string, over: Partial<DestinationSpec> = {}): Destination {
  return destinationTo({ name, url, transport: transport.send, clock: store.clock, ...over })
}

// The breaker looks at ten outcomes, and four requests may be under way when it opens.
const MOST_BEFORE_OPEN = 14

/** Moves the time until the lane has done what is awaited: its own waits end somewhere within each step. */
async function advanceUntil(isDone: () => boolean, stepMs = 1_000): Promise<void> {
  await until(() => {
    if (isDone()) return true
    store.clock.advance(stepMs)
    return false
  })
}

describe('the circuit breaker', () => {
  test.each([
    { name: 'a webhook that answers 503', answer: 503 },
    { name: 'a webhook that answers 429', answer: 429 },
    { name: 'a webhook that refuses connections', answer: null },
  ])('leaves $name alone; another destination is served meanwhile', async ({ answer }) => {
    const [down, fine] = await Promise.all([
      startRecordingServer(text(answer ?? 200, '')),
      startRecordingServer(text(200, '')),
    ])
    await sendOrders(60)
    const url = answer === null ? await refusingUrl() : down.url
    start(webhook('down', url), webhook('fine', fine.url))
    await until(async () => (await sums('fine'))?.delivered === 60)
    await until(async () => ((await sums('down'))?.retrying ?? 0) >= 10)
    expect((await sums('down'))?.retrying).toBeLessThanOrEqual(MOST_BEFORE_OPEN)
    expect((await sums('down'))?.pending).toBeGreaterThanOrEqual(60 - MOST_BEFORE_OPEN)
    await Promise.all([down.close(), fine.close()])
  })

  test.each([{ status: 400 }, { status: 401 }, { status: 501 }])(
    'stays closed for answers of $status: the event or the credential is the reason',
    async ({ status }) => {
      const receiver = await startRecordingServer(text(status, ''))
      await sendOrders(30)
      start(webhook('down', receiver.url))
      await until(async () => (await sums('down'))?.pending === 0)
      expect(receiver.requests).toHaveLength(30)
      await receiver.close()
    },
  )

  test('probes with one delivery after each rest, and opens the lane when one succeeds', async () => {
    const destination = plain()
    destination.says = 'outage'
    await sendOrders(60)
    start(destination)
    await until(() => destination.batches.length >= 10)
    await until(async () => (await sums('down'))?.retrying === destination.batches.length)
    const tried = destination.batches.length
    expect(tried).toBeLessThanOrEqual(MOST_BEFORE_OPEN)

    await advanceUntil(() => destination.batches.length > tried)
    await until(async () => (await sums('down'))?.retrying === tried + 1)
    // The probe failed: nothing before another rest, twice as long.
    store.clock.advance(5_000)
    expect((await sums('down'))?.retrying).toBe(tried + 1)

    destination.says = 'delivered'
    await advanceUntil(() => destination.batches.length === 60)
    await until(async () => (await sums('down'))?.delivered === 60 - tried - 1)
  })

  test.each([
    { outages: 1, opens: false },
    { outages: 2, opens: true },
  ])(
    'opens for batches in which $outages of four requests found it down: $opens',
    async ({ outages, opens }) => {
      const destination = plain({
        batchSize: 4,
        deliver: async (deliveries) => {
          destination.batches.push(deliveries.length)
          return deliveries.map((_, at) => resultOf(at < outages ? 'outage' : 'delivered'))
        },
      })
      await sendOrders(160)
      const worker = start(destination)
      if (!opens) return worker.recorded(160)
      await until(async () => ((await sums('down'))?.retrying ?? 0) >= 20)
      await advanceUntil(() => destination.batches.length > 10)
      expect(destination.batches.length).toBeLessThan(4 * MOST_BEFORE_OPEN)
      expect((await sums('down'))?.pending).toBeGreaterThan(0)
      return undefined
    },
  )

  test('lets one probe through at a time', async () => {
    const gate = createGate()
    const destination = plain()
    destination.says = 'outage'
    await sendOrders(60)
    let probes = 0
    start({
      ...destination,
      deliver: async (deliveries) => {
        if (destination.batches.length < 10) return destination.deliver(deliveries)
        probes++
        await gate.opened
        return deliveries.map(() => resultOf('delivered'))
      },
    })
    await until(async () => ((await sums('down'))?.retrying ?? 0) >= 10)
    // What was under way when it opened is no probe; it waits at the gate as well.
    const before = probes
    await advanceUntil(() => probes > before)
    store.clock.advance(20_000)
    expect(probes).toBe(before + 1)
    gate.open()
  })
})

describe('a lane', () => {
  test('hands over batches of its size, and each event gets its own result', async () => {
    const seen: string[][] = []
    const deliver = async (deliveries: readonly ClaimedDelivery[]) => {
      seen.push(deliveries.map(({ canonical }) => canonical.message_id ?? ''))
      return deliveries.map(({ canonical }) =>
        canonical.message_id === 'msg-o3' ? resultOf('outage') : resultOf('delivered'),
      )
    }
    await sendOrders(7)
    start(plain({ batchSize: 5, concurrency: 1, deliver }))
    await until(async () => (await sums('down'))?.pending === 0)
    expect(seen.map((batch) => batch.length)).toEqual([5, 2])
    const rows = await database.query<{ message_id: string }>(
      `select e.message_id from deliveries d join events e on e.id = d.event_id
       where d.destination = 'down' and d.state = 'retrying'`,
    )
    expect(rows).toEqual([{ message_id: 'msg-o3' }])
  })

  test('puts a large batch on record in several transactions, each outcome once', async () => {
    const deliver = async (deliveries: readonly ClaimedDelivery[]) =>
      deliveries.map(() => resultOf('delivered'))
    await sendOrders(600)
    const worker = start(plain({ batchSize: 1_000, deliver }))
    await until(async () => ((await sums('down'))?.delivered ?? 0) > 0)
    await worker.stop()
    expect(await sums('down')).toMatchObject({ delivered: 600, total: 600 })
    const [written] = await database.query<Record<string, number>>(
      `select count(*)::integer as attempts, count(distinct delivery_id)::integer as deliveries,
              count(distinct xmin::text)::integer as transactions from attempts`,
    )
    expect(written).toEqual({ attempts: 600, deliveries: 600, transactions: 3 })
  })

  test('keeps to its rate', async () => {
    const destination = plain({ ratePerSecond: 2 })
    await sendOrders(10)
    start(destination)
    await until(async () => (await sums('down'))?.delivered === 2)
    store.clock.advance(1_000)
    await until(async () => (await sums('down'))?.delivered === 4)
    expect(destination.batches).toHaveLength(4)
    await advanceUntil(() => destination.batches.length === 10, 500)
  })

  test('sends nothing for as long as the destination asked to be left alone', async () => {
    const destination = plain({ concurrency: 1 })
    destination.says = 'wait'
    await sendOrders(4)
    start(destination)
    await until(async () => (await sums('down'))?.retrying === 1)
    store.clock.advance(59_000)
    expect(destination.batches).toHaveLength(1)
    destination.says = 'delivered'
    await advanceUntil(() => destination.batches.length === 4)
  })

  test('is paused by a refused credential, and no other lane with it', async () => {
    const destination = plain({ concurrency: 1 })
    const fine = plain({ name: 'fine' })
    const staging = plain({ environment: 'staging' })
    destination.says = 'credential'
    await sendOrders(5)
    await store.send([orderMessage('s1')], 'staging')
    const worker = start(destination, fine, staging)
    await until(() => worker.log.some((line) => line.includes('paused, its credential is refused')))
    await until(() => fine.batches.length === 5 && staging.batches.length === 1)
    const states = await database.query('select environment, destination from destination_states')
    expect(states).toEqual([{ environment: 'production', destination: 'down' }])
    expect((await sums('down'))?.pending).toBeGreaterThan(0)
  })

  test('does not begin again what it is still about when the lease is over', async () => {
    const gate = createGate()
    const begun: string[] = []
    const deliver = oneByOne(async ({ canonical }) => {
      begun.push(canonical.message_id ?? '')
      if (canonical.message_id === 'msg-o0') await gate.opened
      return resultOf('delivered')
    })
    const destination = plain({ deliver })
    await sendOrders(1)
    const worker = start(destination)
    await until(() => begun.length === 1)
    store.clock.advance(destination.leaseMs)
    // The lane looks for work meanwhile: it finds the other one, and not this.
    await store.send([orderMessage('other')])
    await until(() => begun.length === 2)
    gate.open()
    await worker.recorded(2)
    expect(begun).toEqual(['msg-o0', 'msg-other'])
    const rows = await database.query("select attempts from deliveries where destination = 'down'")
    expect(rows).toEqual([{ attempts: 1 }, { attempts: 1 }])
  })

  test('gives back what it claimed ahead when it is asked to stop', async () => {
    const gate = createGate()
    const begun: string[] = []
    const deliver = oneByOne(async ({ id }) => {
      begun.push(id)
      // By then it knows its pace: fast.
      if (begun.length > 5) await gate.opened
      return resultOf('delivered')
    })
    await sendOrders(30)
    const worker = start(plain({ concurrency: 1, deliver }))
    const claimed = () =>
      database.query<{ state: string; attempts: number }>(
        "select state, attempts from deliveries where destination = 'down' and attempts > 0",
      )
    await until(async () => (await claimed()).length === 30)
    const stopped = worker.stop()
    gate.open()
    await stopped
    expect(begun).toHaveLength(6)
    expect(await claimed()).toEqual(Array(6).fill({ state: 'delivered', attempts: 1 }))
    start(plain())
    await until(async () => (await sums('down'))?.delivered === 30)
  })

  test.each([
    { whenAnswerLost: 'retry', claimedAtOnce: 30 },
    { whenAnswerLost: 'unknown', claimedAtOnce: 6 },
  ] as const)('claims ahead unless a lost answer is for people: $whenAnswerLost', async (each) => {
    const { whenAnswerLost, claimedAtOnce } = each
    const gate = createGate()
    let begun = 0
    const deliver = oneByOne(async () => {
      if (++begun > 5) await gate.opened
      return resultOf('delivered')
    })
    await sendOrders(30)
    start(plain({ concurrency: 1, deliver, whenAnswerLost }))
    await until(() => begun === 6)
    const claimed = async () =>
      (await database.query("select from deliveries where destination = 'down' and attempts > 0"))
        .length
    await until(async () => (await claimed()) >= claimedAtOnce)
    expect(await claimed()).toBe(claimedAtOnce)
    gate.open()
  })
})
