import type { HostSwitches } from '../../workspace/host-switches.ts'
import { functionFile, functionText, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function batching(returned: string, switches: Partial<HostSwitches> = {}) {
  const started = start({ switches })
  const code = `async function onTrack(event) { return event }
    async function onBatch(events) { return ${returned} }`
  await started.workspace.addDestinationFunction({
    name: 'f',
    file: functionFile('print-message'),
    sources: ['web'],
    maxContainers: 1,
    insert: { file: functionText(code), batch: { batchMaxCount: 3 } },
  })
  for (const [index, user] of ['u1', 'u2', 'u3'].entries()) {
    const message = { ...track(`e${index + 1}`), userId: user, messageId: `m${index + 1}` }
    started.workspace.inject(WRITE_KEY, message)
  }
  await started.workspace.drain()
  const { workspace } = started
  return {
    workspace,
    passed: started.printed().map(({ event, userId }) => `${event} of ${userId}`),
    outcomes: workspace.deliveries().map(({ status, reason }) => reason ?? status),
    warnings: workspace.warnings(),
  }
}

const FILTERED = 'Filtered at insert function: left out of the batch'
const NOTHING = 'Bad Request: the insert function returned no event'

describe('onBatch of a destination insert function', () => {
  test('hands on what it returns, by index', async () => {
    const { passed, outcomes, warnings } = await batching(
      'events.map((event) => ({ ...event, event: event.event.toUpperCase() }))',
    )
    expect(passed).toEqual(['E1 of u1', 'E2 of u2', 'E3 of u3'])
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered'])
    expect(warnings).toEqual([])
  })

  test('that turns the order round gives one user the event of another, with a warning', async () => {
    const { passed, outcomes, warnings } = await batching('events.reverse()')
    expect(passed).toEqual(['e3 of u3', 'e2 of u2', 'e1 of u1'])
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered'])
    expect(warnings).toEqual([
      "f (insert): onBatch returned another event at index 0; the host pairs by index, so one user gets another's event",
    ])
  })

  test('may leave events out, when those it returns are known and in order', async () => {
    const { passed, outcomes, warnings } = await batching('[events[0], events[2]]')
    expect(passed).toEqual(['e1 of u1', 'e3 of u3'])
    expect(outcomes).toEqual(['delivered', FILTERED, 'delivered'])
    expect(warnings).toEqual([])
  })

  test('may be paired by index even then', async () => {
    const { outcomes, warnings } = await batching('[events[0], events[2]]', {
      shortInsertBatch: 'byIndex',
    })
    expect(outcomes).toEqual(['delivered', 'delivered', FILTERED])
    expect(warnings).toEqual(['f (insert): onBatch returned 2 events for 3; paired by index'])
  })

  test.each([
    { fault: 'a shorter list out of order', returned: '[events[2], events[0]]', count: 2 },
    { fault: 'a shorter list of strangers', returned: '[{ messageId: "x" }]', count: 1 },
    { fault: 'a longer list', returned: '[...events, events[0]]', count: 4 },
  ])('with $fault is paired by index, with a warning', async ({ returned, count }) => {
    const { outcomes, warnings } = await batching(returned)
    expect(outcomes.filter((each) => each === 'delivered')).toHaveLength(Math.min(count, 3))
    expect(warnings).toEqual([
      `f (insert): onBatch returned ${count} events for 3; paired by index`,
    ])
  })

  test('that returns nothing loses the batch, or passes it when told so', async () => {
    const lost = await batching('undefined')
    expect(lost.outcomes).toEqual([NOTHING, NOTHING, NOTHING])
    expect(lost.warnings).toEqual(['f (insert): onBatch returned no array of events'])
    const passing = await batching('undefined', { insertReturnsNothing: 'pass' })
    expect(passing.passed).toEqual(['e1 of u1', 'e2 of u2', 'e3 of u3'])
  })

  test('may have holes, which end there', async () => {
    const { outcomes } = await batching('[events[0], null, events[2]]')
    expect(outcomes).toEqual(['delivered', NOTHING, 'delivered'])
  })

  test('drops the whole batch by DropEvent and retries it whole by RetryError', async () => {
    const dropped = await batching('(() => { throw new DropEvent("all") })()')
    expect(dropped.outcomes).toEqual(Array(3).fill('Filtered at insert function: all'))
  })

  test('waits ten seconds for a batch to fill', async () => {
    const { workspace, clock, printed } = start()
    const code = `async function onTrack(event) { return event }
      async function onBatch(events) { console.log(JSON.stringify({ count: events.length })); return events }`
    await workspace.addDestinationFunction({
      name: 'f',
      file: functionText('function onTrack() {}'),
      sources: ['web'],
      insert: { file: functionText(code) },
    })
    for (const event of ['a', 'b']) workspace.inject(WRITE_KEY, track(event))
    await clock.advance(9_999)
    expect(printed()).toEqual([])
    await clock.advance(1)
    expect(printed()).toEqual([{ count: 2 }])
  })
})

async function sourceInsert(code: string, switches: Partial<HostSwitches> = {}) {
  const started = start({ switches })
  const { workspace } = started
  await workspace.addSourceInsertFunction({
    name: 'guard',
    source: 'web',
    file: functionText(code),
  })
  for (const name of ['a', 'b']) {
    const file = functionFile('print-message')
    await workspace.addDestinationFunction({ name, file, sources: ['web'] })
  }
  return started
}

describe('a source insert function', () => {
  test('stands before everything downstream', async () => {
    const { workspace, printed } = await sourceInsert(
      'async function onTrack(event) { event.properties.seen = true; return event }',
    )
    workspace.inject(WRITE_KEY, track('X'))
    await workspace.drain()
    expect(printed().map(({ properties }) => properties)).toEqual([{ seen: true }, { seen: true }])
    expect(workspace.counts().deliveries).toMatchObject({
      guard: { delivered: 1 },
      a: { delivered: 1 },
      b: { delivered: 1 },
    })
  })

  test('keeps what it drops, refuses or has no handler for from everyone', async () => {
    const { workspace, printed } = await sourceInsert(`async function onTrack(event) {
      if (event.event === 'Drop') throw new DropEvent('not wanted')
      throw new InvalidEventPayload('not right')
    }`)
    workspace.inject(WRITE_KEY, track('Drop'))
    workspace.inject(WRITE_KEY, track('Other'))
    workspace.inject(WRITE_KEY, { type: 'page', userId: 'u1' })
    await workspace.drain()
    expect(printed()).toEqual([])
    expect(workspace.deliveries().map(({ destination, reason }) => [destination, reason])).toEqual([
      ['guard', 'Filtered at insert function: not wanted'],
      ['guard', 'Message Rejected: not right'],
      ['guard', 'Unsupported Event Type: page not supported'],
    ])
  })

  test('is tried a set number of times, then the message is dropped', async () => {
    const { workspace, clock } = await sourceInsert(
      'async function onTrack() { throw new RetryError("later") }',
    )
    workspace.inject(WRITE_KEY, track('X'))
    await clock.runUntilIdle()
    expect(workspace.deliveries()).toMatchObject([
      { destination: 'guard', status: 'expired', attempts: 6, reason: 'Retry: later' },
    ])
  })

  test('has no onBatch: it is a function like any other', async () => {
    const { workspace, printed } = await sourceInsert(
      'async function onTrack(event) { return event }\nasync function onBatch() { return [] }',
    )
    workspace.inject(WRITE_KEY, track('X'))
    await workspace.drain()
    expect(printed()).toHaveLength(2)
  })

  test.each([
    { handler: 'onIdentify', switches: {} },
    { handler: 'onIdentity', switches: { sourceInsertIdentify: 'onIdentity' } as const },
  ])('takes identifies in $handler', async ({ handler, switches }) => {
    const { workspace, printed } = await sourceInsert(
      `async function ${handler}(event) { return event }`,
      switches,
    )
    workspace.inject(WRITE_KEY, { type: 'identify', userId: 'u1' })
    await workspace.drain()
    expect(printed()).toHaveLength(2)
  })

  test('is one for a source, and may have up to a minute', async () => {
    const { workspace } = await sourceInsert('async function onTrack(event) { return event }')
    const again = { name: 'second', source: 'web', file: functionFile('insert') }
    await expect(workspace.addSourceInsertFunction(again)).rejects.toThrow('has an insert function')
    const other = { ...again, source: 'other' }
    await workspace.addSourceInsertFunction({ ...other, timeoutMs: 60_000 })
    await expect(
      workspace.addSourceInsertFunction({ ...other, source: 'third', timeoutMs: 60_001 }),
    ).rejects.toThrow('timeoutMs must be 1 to 60000')
  })
})
