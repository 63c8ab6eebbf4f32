import { type Clock, createRandom } from '../../core/clock.ts'
import { functionFile, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function printing(seed: number) {
  const started = start({ random: createRandom(seed) })
  const { workspace } = started
  await workspace.addDestinationFunction({
    name: 'f',
    file: functionFile('print-message'),
    sources: ['web'],
    maxContainers: 1,
  })
  const send = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      workspace.inject(WRITE_KEY, { ...track(String(index)), messageId: `m${index}` })
    }
  }
  const events = () => started.printed().map(({ event }) => Number(event))
  return { ...started, send, events }
}

const inOrder = (count: number) => Array.from({ length: count }, (_, index) => index)

test('without faults messages arrive once and in order', async () => {
  const { workspace, send, events } = await printing(1)
  send(20)
  await workspace.drain()
  expect(events()).toEqual(inOrder(20))
})

test('deliverTwice() repeats about that share of the calls, by the seed', async () => {
  const run = async (seed: number) => {
    const { workspace, send, events } = await printing(seed)
    workspace.faults.deliverTwice(0.5)
    send(40)
    await workspace.drain()
    expect(new Set(events())).toEqual(new Set(inOrder(40)))
    const twice = workspace.deliveries().filter(({ attempts }) => attempts === 2)
    expect(events()).toHaveLength(40 + twice.length)
    return twice.map(({ messageId }) => messageId)
  }
  const first = await run(1)
  expect(first.length).toBeGreaterThan(10)
  expect(first.length).toBeLessThan(30)
  expect(await run(1)).toEqual(first)
  expect(await run(2)).not.toEqual(first)
})

test('shuffle() lets messages arrive out of order within its window', async () => {
  const run = async (seed: number) => {
    const { workspace, clock, send, events } = await printing(seed)
    workspace.faults.shuffle(2000)
    send(20)
    await clock.advance(2000)
    expect([...events()].sort((a, b) => a - b)).toEqual(inOrder(20))
    return events()
  }
  const first = await run(1)
  expect(first).not.toEqual(inOrder(20))
  expect(await run(1)).toEqual(first)
})

test('drain() does not wait for a shuffled message’s time', async () => {
  const { workspace, send, events } = await printing(1)
  workspace.faults.shuffle(60_000)
  send(5)
  await workspace.drain()
  expect(events()).toHaveLength(5)
})

const realClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

test('drain() on a real clock sends a forming batch at once and waits for the retries', async () => {
  const { workspace } = start({
    clock: realClock,
    destinationRetry: { baseMs: 20, capMs: 20, totalMs: 60 },
  })
  const file = functionFile('answer-batch')
  await workspace.addDestinationFunction({ name: 'f', file, sources: ['web'] })
  workspace.inject(WRITE_KEY, track('a'))
  workspace.inject(WRITE_KEY, track('b', { answer: 'statuses' }))
  await workspace.drain()
  expect(workspace.counts().deliveries.f).toMatchObject({ delivered: 2 })
  workspace.inject(WRITE_KEY, track('c', { answer: 'statuses', status: 500 }))
  await workspace.drain()
  expect(workspace.counts().deliveries.f).toMatchObject({ delivered: 2, expired: 1, retrying: 0 })
})

test('close() ends what is under way and leaves no timer', async () => {
  const { workspace, clock, send } = await printing(1)
  const file = functionFile('always-retry')
  await workspace.addDestinationFunction({ name: 'retrying', file, sources: ['web'] })
  const batching = functionFile('answer-batch')
  await workspace.addDestinationFunction({ name: 'batching', file: batching, sources: ['web'] })
  send(3)
  await workspace.settled()
  expect(clock.pendingCount).toBeGreaterThan(1)
  send(3)
  workspace.faults.shuffle(1000)
  send(3)
  await workspace.close()
  expect(clock.pendingCount).toBe(0)
})

test('close() lets go of whoever waits in drain()', async () => {
  const { workspace, send } = await printing(1)
  const file = functionFile('always-retry')
  await workspace.addDestinationFunction({ name: 'retrying', file, sources: ['web'] })
  send(1)
  const drained = workspace.drain()
  await workspace.settled()
  await workspace.close()
  await drained
  expect(workspace.counts().deliveries.retrying).toMatchObject({ retrying: 1 })
})
