import type { BatchOptions } from '../../workspace/deliver/batch-former.ts'
import type { WorkspaceOptions } from '../../workspace/workspace.ts'
import { functionFile, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function batching(batch: BatchOptions = {}, options: Partial<WorkspaceOptions> = {}) {
  const started = start(options)
  await started.workspace.addDestinationFunction({
    name: 'f',
    file: functionFile('answer-batch'),
    sources: ['web'],
    maxContainers: 1,
    batch,
  })
  const { workspace } = started
  return {
    ...started,
    send: (...messages: ReturnType<typeof track>[]) => {
      for (const message of messages) workspace.inject(WRITE_KEY, message)
    },
    calls: () => started.printed().map(({ events }) => events.join(' ')),
    statuses: () => workspace.deliveries().map(({ status }) => status),
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => track(`e${index}`))
const withStatus = (event: string, status?: number) => track(event, { answer: 'statuses', status })

describe('the batch former', () => {
  test('waits ten seconds from the first message', async () => {
    const { clock, send, calls, statuses } = await batching()
    send(track('a'))
    await clock.advance(6000)
    send(track('b'))
    await clock.advance(3999)
    expect(calls()).toEqual([])
    expect(statuses()).toEqual(['pending', 'pending'])
    await clock.advance(1)
    expect(calls()).toEqual(['a b'])
    expect(statuses()).toEqual(['delivered', 'delivered'])
  })

  test('sends at twenty messages without waiting', async () => {
    const { workspace, send, printed, statuses } = await batching()
    send(...numbered(45))
    await workspace.settled()
    expect(printed().map(({ events }) => events.length)).toEqual([20, 20])
    expect(statuses().filter((status) => status === 'pending')).toHaveLength(5)
  })

  test('starts a new window after a full batch', async () => {
    const { clock, send, calls } = await batching({ batchMaxCount: 2 })
    send(track('a'))
    await clock.advance(9000)
    send(track('b'), track('c'))
    await clock.advance(9999)
    expect(calls()).toEqual(['a b'])
    await clock.advance(1)
    expect(calls()).toEqual(['a b', 'c'])
  })

  test('takes up to 400 when raised, and no more', async () => {
    const { workspace, send, printed } = await batching({ batchMaxCount: 400 })
    send(...numbered(400))
    await workspace.settled()
    expect(printed().map(({ events }) => events.length)).toEqual([400])
    await expect(batching({ batchMaxCount: 401 })).rejects.toThrow('batchMaxCount must be 1 to 400')
  })

  test('puts messages of every type into one batch', async () => {
    const { workspace, send, printed } = await batching()
    send(track('a'))
    workspace.inject(WRITE_KEY, { type: 'identify', userId: 'u1' })
    await workspace.drain()
    expect(printed()).toEqual([{ handler: 'onBatch', events: ['a', null] }])
  })
})

describe('a positional answer', () => {
  test('is read entry by entry: 2xx delivered, 4xx discarded, 5xx alone again', async () => {
    const { clock, workspace, send, calls, statuses } = await batching()
    send(withStatus('a'), withStatus('b', 400), withStatus('c', 500), withStatus('d', 503))
    await clock.advance(10_000)
    expect(statuses()).toEqual(['delivered', 'discarded', 'retrying', 'retrying'])
    expect(workspace.deliveries().map(({ reason }) => reason)).toEqual([
      null,
      'Bad Request: 400 said 400',
      'Retry: 500 said 500',
      'Retry: 503 said 503',
    ])
    await clock.advance(10_000)
    expect(calls().slice(1).sort()).toEqual(['c', 'd'])
    expect(workspace.deliveries().map(({ attempts }) => attempts)).toEqual([1, 1, 2, 2])
  })

  test('may have its 5xx entries go together', async () => {
    const { clock, send, calls } = await batching({}, { switches: { partialRetry: 'together' } })
    send(withStatus('a'), withStatus('b', 500), withStatus('c', 500))
    await clock.advance(20_000)
    expect(calls()).toEqual(['a b c', 'b c'])
  })

  test.each([408, 429])('discards %i, or retries it when told so', async (status) => {
    const retried = await batching({}, { switches: { tooManyRequests: 'retry' } })
    retried.send(withStatus('a', status))
    await retried.clock.advance(10_000)
    expect(retried.statuses()).toEqual(['retrying'])
    const dropped = await batching()
    dropped.send(withStatus('a', status))
    await dropped.clock.advance(10_000)
    expect(dropped.statuses()).toEqual(['discarded'])
  })

  test('is retried until a permanent error ends it', async () => {
    const { clock, workspace, send } = await batching()
    send(withStatus('a', 500))
    await clock.advance(10_000)
    await clock.runUntilIdle()
    const [delivery] = workspace.deliveries()
    expect(delivery).toMatchObject({ status: 'expired', reason: 'Retry: 500 said 500' })
    expect(delivery?.attempts).toBeGreaterThan(10)
  })
})

describe('any other answer means all delivered', () => {
  test.each([
    { kind: 'nothing', answer: undefined, warning: null },
    { kind: 'a text', answer: 'fine', warning: 'returned no array but string' },
    {
      kind: 'a short array',
      answer: [{ status: 500 }],
      warning: 'returned 1 results for 2 events',
    },
    {
      kind: 'an array of nothing, as the fan-out example has it',
      answer: [null, null],
      warning: 'returned no status for the event at index 0',
    },
  ])('$kind', async ({ answer, warning }) => {
    const { workspace, send, statuses } = await batching()
    send(track('a', { answer }), track('b'))
    await workspace.drain()
    expect(statuses()).toEqual(['delivered', 'delivered'])
    expect(workspace.warnings()).toEqual(
      warning === null ? [] : [`f: onBatch ${warning}; taken as: all delivered`],
    )
  })
})

test('what onBatch throws speaks for the whole batch, which is retried as it was', async () => {
  const { clock, send, calls, statuses } = await batching()
  send(track('a', { error: 'RetryError' }), track('b'))
  await clock.advance(10_000)
  expect(statuses()).toEqual(['retrying', 'retrying'])
  await clock.advance(10_000)
  expect(calls()).toEqual(['a b', 'a b'])
})

test('an unknown error of onBatch discards the whole batch', async () => {
  const { workspace, send, statuses } = await batching()
  send(track('a', { error: 'TypeError' }), track('b'))
  await workspace.drain()
  expect(statuses()).toEqual(['discarded', 'discarded'])
})
