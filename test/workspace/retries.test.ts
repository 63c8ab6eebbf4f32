import { functionFile, functionText, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const gaps = (instants: readonly number[]) =>
  instants.slice(1).map((at, index) => at - (instants[index] ?? 0))

test('a destination function is retried with growing waits for four hours, then the message expires', async () => {
  const instants: number[] = []
  const { workspace, clock } = start({ onLog: () => instants.push(clock.now()) })
  await workspace.addDestinationFunction({
    name: 'f',
    file: functionFile('always-retry'),
    sources: ['web'],
  })
  const began = clock.now()
  workspace.inject(WRITE_KEY, track('X'))
  await clock.advance(3 * HOUR)
  expect(workspace.deliveries()[0]?.status).toBe('retrying')
  await clock.advance(HOUR)
  await clock.runUntilIdle()
  const waits = gaps(instants)
  expect(workspace.deliveries()[0]).toMatchObject({
    status: 'expired',
    attempts: waits.length + 1,
    reason: 'Retry: store is down',
  })
  waits.forEach((wait, index) => {
    const step = Math.min(20 * MINUTE, 10_000 * 2 ** index)
    expect(wait).toBeGreaterThanOrEqual(step / 2)
    expect(wait).toBeLessThanOrEqual(step)
  })
  expect(new Set(waits.map((wait) => wait / 1000)).size).toBe(waits.length)
  const total = clock.now() - began
  expect(total).toBeGreaterThan(4 * HOUR - 20 * MINUTE)
  expect(total).toBeLessThanOrEqual(4 * HOUR)
})

test('base, cap and total of the destination’s schedule are options', async () => {
  const { workspace, clock } = start({
    destinationRetry: { baseMs: 1000, capMs: 1000, totalMs: 5000 },
  })
  const file = functionFile('always-retry')
  await workspace.addDestinationFunction({ name: 'f', file, sources: ['web'] })
  workspace.inject(WRITE_KEY, track('X'))
  await clock.advance(5000)
  const [delivery] = workspace.deliveries()
  expect(delivery?.status).toBe('expired')
  expect(delivery?.attempts).toBeGreaterThanOrEqual(5)
})

test('a function’s Date is the workspace’s time', async () => {
  const { workspace, clock, printed } = start()
  const file = functionText(`async function onTrack() {
    const date = new Date()
    console.log(JSON.stringify([Date.now(), date.getTime(), date instanceof Date, new Date(0).toISOString()]))
  }`)
  await workspace.addDestinationFunction({ name: 'f', file, sources: ['web'] })
  await clock.advance(100 * 24 * HOUR)
  workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  const [now, made, isDate, epoch] = printed()[0]
  // It flows while the function runs, which is stopped long before a minute is over.
  for (const time of [now, made]) {
    expect(time).toBeGreaterThanOrEqual(clock.now())
    expect(time).toBeLessThan(clock.now() + MINUTE)
  }
  expect([isDate, epoch]).toEqual([true, '1970-01-01T00:00:00.000Z'])
})

async function sourceFunction(code: string, timeoutMs = 5000) {
  const instants: number[] = []
  const started = start({ onRequest: () => instants.push(started.clock.now()) })
  await started.workspace.addSourceFunction({ name: 's', file: functionText(code), timeoutMs })
  const answer = await started.workspace.app.request('/functions/s', { method: 'POST', body: '{}' })
  return { ...started, instants, answer }
}

test.each([
  { cause: 'a RetryError', code: 'function onRequest() { throw new RetryError("later") }' },
  { cause: 'a timeout', code: 'function onRequest() { return new Promise(() => {}) }' },
])('a source function is tried six times after $cause', async ({ code }) => {
  const { workspace, clock, instants, answer } = await sourceFunction(code, 100)
  expect(answer.status).toBe(200)
  expect(workspace.requests()[0]?.status).toBe('retrying')
  await clock.runUntilIdle()
  expect(workspace.requests()).toMatchObject([{ status: 'expired', attempts: 6 }])
  const waits = gaps(instants)
  expect(waits).toHaveLength(5)
  waits.forEach((wait, index) => {
    expect(wait).toBeGreaterThanOrEqual(Math.min(20, 2 ** index) * MINUTE)
    expect(wait).toBeLessThanOrEqual(Math.min(20, 3 * 2 ** index) * MINUTE)
  })
})

test('any other error of a source function is not retried', async () => {
  const { workspace, clock, answer } = await sourceFunction('function onRequest() { boom() }')
  expect(answer.status).toBe(400)
  expect(clock.pendingCount).toBe(0)
  expect(workspace.requests()).toMatchObject([
    { status: 'discarded', reason: 'Bad Request: ReferenceError: boom is not defined' },
  ])
})
