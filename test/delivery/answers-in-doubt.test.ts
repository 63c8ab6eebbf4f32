// What may have arrived without an answer, at the next attempt: sent again where the platform recognises a repeat, and left
// for people where it would count it twice.
import { readFileSync } from 'node:fs'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import { createDestination } from '../../delivery/definitions.ts'
import type { Destination } from '../../delivery/destination.ts'
import { createTransport } from '../../delivery/transport.ts'
import { claimDeliveries } from '../../store/deliveries.ts'
import { useDatabase } from '../support/database.ts'
import { CATALOGUE, NO_RETURNS, type RunningWorker, startWorker } from '../support/delivery.ts'
import {
  json,
  type RecordingServer,
  refusingUrl,
  reset,
  startRecordingServer,
  text,
} from '../support/recording-server.ts'
import { ACCOUNT, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
const transport = createTransport({ allowPrivateAddresses: true })
const HOUR_MS = 3_600_000
let store: TestStore
let server: RecordingServer
let worker: RunningWorker | undefined

beforeEach(async () => {
  server = await startRecordingServer(text(204, ''))
})
afterEach(async () => {
  await worker?.stop()
  worker = undefined
  await server.close()
})
afterAll(() => transport.close())

const SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ga4: { measurement_id: 'G-TEST000001', api_secret: 's' },
  meta: { pixelId: '100200300400500', accessToken: 't', apiVersion: 'v24.0' },
}

function destinationOf(name: 'ga4' | 'meta', url = server.url, seconds = 10): Destination {
  const text = readFileSync(`mappings/destinations/${name}.yaml`, 'utf8')
  const shipped = parseDestinationFile(text, `${name}.yaml`, undefined, CATALOGUE)
  const file = { ...shipped, limits: { ...shipped.limits, timeout_seconds: seconds } }
  return createDestination({
    name,
    account: ACCOUNT,
    environment: 'production',
    file,
    settings: { ...SETTINGS[name], base_url: url, baseUrl: url },
    returns: NO_RETURNS,
    catalogue: CATALOGUE,
    transport: transport.send,
    clock: store.clock,
  })
}

async function given(
  name: 'ga4' | 'meta',
  orders: readonly string[],
  event = name === 'ga4' ? 'Lead Submitted' : 'Order Completed',
): Promise<void> {
  store = createTestStore(database, { destinations: [name] })
  const context = {
    consent: { categoryPreferences: { Advertising: true, Analytics: true } },
    traits: { email: 'jane@example.com' },
  }
  const message = (id: string) => orderMessage(id, { event, anonymousId: `anon-${id}`, context })
  await store.send(orders.map(message))
}

function start(destination: Destination): RunningWorker {
  worker = startWorker(store.database, [destination])
  return worker
}

const rows = () =>
  database.query<{ state: string; reason: string | null; attempts: number }>(
    'select state, reason, attempts from deliveries order by id',
  )

describe('where a repeat counts twice', () => {
  test('of a batch of several requests only those whose answer was lost are unknown', async () => {
    await given('ga4', ['a', 'b', 'c'])
    server.otherwise((response, request) => {
      const { body } = request
      const answer = body.includes('msg-a')
        ? text(204, '')
        : body.includes('msg-b')
          ? reset
          : text(503, '')
      answer(response, request)
    })
    await start(destinationOf('ga4')).recorded(3)
    expect((await rows()).map(({ state }) => state)).toEqual(['delivered', 'unknown', 'retrying'])
  })

  test('a lost answer is unknown when the whole batch met the same fault', async () => {
    await given('ga4', ['a', 'b'])
    server.otherwise(reset)
    await start(destinationOf('ga4')).recorded(2)
    expect(await rows()).toMatchObject([{ state: 'unknown' }, { state: 'unknown' }])
  })

  test('a connection that was never made sent nothing', async () => {
    await given('ga4', ['a', 'b'])
    await start(destinationOf('ga4', await refusingUrl())).recorded(2)
    expect(await rows()).toMatchObject([{ state: 'retrying' }, { state: 'retrying' }])
  })

  test("a gateway's 504 may stand before a platform that has counted the event", async () => {
    await given('ga4', ['a'])
    server.otherwise(text(504, ''))
    await start(destinationOf('ga4')).recorded(1)
    expect(await rows()).toMatchObject([{ state: 'unknown' }])
  })

  test('an attempt that ended with its worker is not sent again', async () => {
    await given('ga4', ['a'])
    const destination = destinationOf('ga4')
    const { leaseMs } = destination
    const claim = { environment: 'production', destination: 'ga4', limit: 1, leaseMs }
    expect(await claimDeliveries(store.database, claim)).toHaveLength(1)
    store.clock.advance(leaseMs)
    await start(destination).recorded(1)
    expect(await rows()).toEqual([
      { state: 'unknown', reason: expect.stringContaining('may have arrived'), attempts: 1 },
    ])
    expect(server.requests).toEqual([])
  })
})

test('what one event of the platform is known by counts for that event only: a purchase goes again', async () => {
  await given('ga4', ['a'], 'Order Completed')
  server.next(reset)
  const running = start(destinationOf('ga4'))
  await running.recorded(1)
  store.clock.advance(HOUR_MS)
  await running.recorded(2)
  expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 2 }])
})

test('of an action that runs out of time, what was answered is delivered and what did not begin waits', async () => {
  await given(
    'ga4',
    Array.from({ length: 30 }, (_, at) => `o${at}`),
  )
  let begun = 0
  server.otherwise((response) => {
    begun++
    if (begun === 16) store.clock.advance(400)
    if (begun !== 2 && begun < 10) response.writeHead(204).end()
  })
  await start(destinationOf('ga4', server.url, 0.4)).recorded(30)
  // Eight requests at once: the second and the seven after the ninth were under way when time ran out.
  const states = (await rows()).map(({ state }) => state)
  expect(states.filter((state) => state === 'delivered')).toHaveLength(8)
  expect(states.filter((state) => state === 'unknown')).toHaveLength(8)
  expect(states.filter((state) => state === 'retrying')).toHaveLength(14)
})

describe('where a repeat is recognised for 48 hours', () => {
  const accepted = json(200, { events_received: 1 })

  test('what may have arrived goes again within them', async () => {
    await given('meta', ['a'])
    server.next(reset)
    server.otherwise(accepted)
    const running = start(destinationOf('meta'))
    await running.recorded(1)
    store.clock.advance(HOUR_MS)
    await running.recorded(2)
    expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 2 }])
  })

  test.each([
    { answer: 'was lost', first: reset, state: 'unknown', requests: 1 },
    { answer: 'was a refusal', first: text(503, ''), state: 'delivered', requests: 2 },
  ])('after them, what had an answer that $answer is $state', async (row) => {
    await given('meta', ['a'])
    server.next(row.first)
    server.otherwise(accepted)
    const running = start(destinationOf('meta'))
    await running.recorded(1)
    await running.stop()
    store.clock.advance(48 * HOUR_MS)
    await start(destinationOf('meta')).recorded(1)
    expect(await rows()).toMatchObject([{ state: row.state }])
    expect(server.requests).toHaveLength(row.requests)
  })
})
