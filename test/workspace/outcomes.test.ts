import { functionFile, functionText, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function throwing(timeoutMs = 5000) {
  const started = start()
  await started.workspace.addDestinationFunction({
    name: 'f',
    file: functionFile('throw-by-name'),
    sources: ['web'],
    timeoutMs,
    maxContainers: 1,
  })
  return started
}

async function outcomeOf(message: ReturnType<typeof track>, timeoutMs?: number) {
  const { workspace } = await throwing(timeoutMs)
  workspace.inject(WRITE_KEY, message)
  await workspace.settled()
  const [delivery] = workspace.deliveries()
  return { status: delivery?.status, reason: delivery?.reason }
}

const discarded = (reason: string) => ({ status: 'discarded', reason })
const retrying = (reason: string) => ({ status: 'retrying', reason })
const thrown = (error: string) => track('Throw class', { error, message: 'why' })

// One row of facts 1.5 each.
test.each([
  { row: 'a return', message: track('Return'), want: { status: 'delivered', reason: null } },
  {
    row: 'EventNotSupported',
    message: thrown('EventNotSupported'),
    want: discarded('Unsupported Event Type: why'),
  },
  {
    row: 'InvalidEventPayload',
    message: thrown('InvalidEventPayload'),
    want: discarded('Message Rejected: why'),
  },
  {
    row: 'ValidationError',
    message: thrown('ValidationError'),
    want: discarded('Message Rejected: why'),
  },
  { row: 'RetryError', message: thrown('RetryError'), want: retrying('Retry: why') },
  {
    row: 'a subclass of RetryError',
    message: track('Throw subclass', { message: 'why' }),
    want: retrying('Retry: why'),
  },
  {
    row: 'an error that only has the name',
    message: track('Throw by name', { error: 'RetryError', message: 'why' }),
    want: retrying('Retry: why'),
  },
  {
    row: 'DropEvent, which is for insert functions',
    message: thrown('DropEvent'),
    want: discarded('Bad Request: DropEvent: why'),
  },
  {
    row: 'a plain Error',
    message: thrown('Error'),
    want: discarded('Bad Request: Error: why'),
  },
  {
    row: 'a text',
    message: track('Throw text', { message: 'why' }),
    want: discarded('Bad Request: Error: why'),
  },
  {
    row: 'a TypeError',
    message: track('Type error'),
    want: discarded(
      "Bad Request: TypeError: Cannot read properties of undefined (reading 'field')",
    ),
  },
])('a single handler that ends with $row', async ({ message, want }) => {
  expect(await outcomeOf(message)).toEqual(want)
})

test('a connection error that is not caught is a discard, not a retry', async () => {
  const { status, reason } = await outcomeOf(track('Fetch nothing'))
  expect(status).toBe('discarded')
  expect(reason).toContain('Bad Request: FetchError')
})

test('a type without a handler is not supported', async () => {
  const { workspace } = await throwing()
  workspace.inject(WRITE_KEY, { type: 'identify', userId: 'u1' })
  await workspace.settled()
  expect(workspace.deliveries()[0]).toMatchObject(
    discarded('Unsupported Event Type: identify not supported'),
  )
})

test.each(['Never answer', 'Loop for ever'])(
  '"%s" times out, is retried, and the next call finds a fresh container',
  async (event) => {
    const { workspace, clock } = await throwing(150)
    workspace.inject(WRITE_KEY, track(event))
    await workspace.settled()
    expect(workspace.deliveries()[0]).toMatchObject(retrying('Timeout: no answer within 150 ms'))
    workspace.inject(WRITE_KEY, track('Return'))
    await workspace.settled()
    expect(workspace.deliveries()[1]?.status).toBe('delivered')
    await clock.advance(10_000)
    expect(workspace.deliveries()[0]?.attempts).toBe(2)
  },
)

test('a rejection that nobody awaits ends the container, and only that', async () => {
  const { workspace, lines } = await throwing()
  workspace.inject(WRITE_KEY, track('Reject elsewhere'))
  workspace.inject(WRITE_KEY, track('Return'))
  await workspace.settled()
  const [crashed, next] = workspace.deliveries()
  expect(crashed).toMatchObject(discarded('Bad Request: Error: nobody awaits me'))
  expect(next?.status).toBe('delivered')
  expect(lines.map(({ text }) => text)).toContain('The container ended: nobody awaits me')
})

test('the integrations object keeps a message from a function, by its display name', async () => {
  const { workspace } = await throwing()
  const send = (integrations: Record<string, boolean>) =>
    workspace.inject(WRITE_KEY, { ...track('Return'), integrations })
  send({ All: false })
  send({ 'f (Local)': false })
  send({ All: false, 'f (Local)': true })
  send({ 'F (Local)': false })
  await workspace.settled()
  expect(workspace.deliveries().map(({ status, attempts }) => [status, attempts])).toEqual([
    ['discarded', 0],
    ['discarded', 0],
    ['delivered', 1],
    ['delivered', 1],
  ])
})

describe('an insert function', () => {
  async function withInsert() {
    const started = start()
    await started.workspace.addDestinationFunction({
      name: 'f',
      file: functionFile('print-message'),
      sources: ['web'],
      insert: { file: functionFile('insert') },
    })
    return started
  }

  test('changes the message before the destination function sees it', async () => {
    const { workspace, printed } = await withInsert()
    workspace.inject(WRITE_KEY, track('X', { own: 1 }))
    await workspace.drain()
    expect(printed()[0].properties).toEqual({ own: 1, inserted: true })
    expect(workspace.deliveries()[0]?.status).toBe('delivered')
  })

  test('drops by DropEvent, and blocks what it has no handler for or does not return', async () => {
    const { workspace, printed } = await withInsert()
    workspace.inject(WRITE_KEY, track('Internal'))
    workspace.inject(WRITE_KEY, { type: 'page', userId: 'u1' })
    workspace.inject(WRITE_KEY, track('Forgotten'))
    await workspace.drain()
    expect(workspace.deliveries().map(({ reason }) => reason)).toEqual([
      'Filtered at insert function: internal event',
      'Unsupported Event Type: page not supported',
      'Bad Request: the insert function returned no event',
    ])
    expect(printed()).toEqual([])
  })

  test('passes messages on into batches, which drain() sends', async () => {
    const { workspace, printed } = start()
    await workspace.addDestinationFunction({
      name: 'f',
      file: functionFile('answer-batch'),
      sources: ['web'],
      insert: { file: functionFile('insert') },
    })
    for (const event of ['a', 'b']) workspace.inject(WRITE_KEY, track(event))
    await workspace.drain()
    expect(printed().flatMap(({ events }) => events)).toEqual(['a', 'b'])
  })

  test('is retried by RetryError, for four hours', async () => {
    const { workspace, clock } = await withInsert()
    workspace.inject(WRITE_KEY, track('Later'))
    await workspace.settled()
    expect(workspace.deliveries()[0]?.status).toBe('retrying')
    await clock.runUntilIdle()
    expect(workspace.deliveries()[0]?.status).toBe('expired')
  })
})

test.each([
  { settings: {}, fault: 'setting "url" is required' },
  { settings: { url: '' }, fault: 'setting "url" is required' },
  { settings: { url: 1 }, fault: 'setting "url" must be a text' },
  { settings: { url: 'u', on: 'yes' }, fault: 'setting "on" must be true or false' },
  { settings: { url: 'u', names: [1] }, fault: 'setting "names" must be a list of texts' },
  { settings: { url: 'u', map: { a: 1 } }, fault: 'setting "map" must be an object of texts' },
  { settings: { url: 'u', on: false, names: ['a'], map: { a: 'b' } }, fault: null },
])('settings that do not fit discard the event before anything runs: $fault', async (row) => {
  const { workspace, lines } = start()
  await workspace.addDestinationFunction({
    name: 'f',
    file: functionText('function onTrack() { console.log("ran") }'),
    sources: ['web'],
    settings: row.settings,
    settingDefinitions: [
      { name: 'url', type: 'STRING', required: true },
      { name: 'on', type: 'BOOLEAN', required: false },
      { name: 'names', type: 'ARRAY', required: false },
      { name: 'map', type: 'TEXT_MAP', required: false },
    ],
  })
  workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  const want = row.fault === null ? null : `Invalid Settings: ${row.fault}`
  expect(workspace.deliveries()[0]?.reason).toBe(want)
  expect(lines).toHaveLength(row.fault === null ? 1 : 0)
})
