// Functions that crash, hang, leak and lie on purpose: in a thread and in a process, the workspace outlives them all and
// the next event finds a fresh container.
import { functionText, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

// What each does to its container, and what its event is told. Anything but an answer is not silence.
const DEEDS = {
  'loops for ever': 'while (true) {}',
  'never resolves': 'await new Promise(() => {})',
  'loops in a promise': 'await Promise.resolve().then(() => { for (;;); })',
  'waits for a body without end': 'await (await fetch(settings.url)).text()',
  'throws from a timer':
    'setTimeout(() => { throw new Error("late") }, 1); await new Promise(() => {})',
  'leaks memory': 'const kept = []; for (;;) kept.push(new Array(100000).fill({}))',
  'kills the thread': 'this.constructor.constructor("return process")().exit(3)',
  'overflows the stack': '(function deeper() { deeper() })()',
  'throws a liar': 'throw { get name() { throw new Error("no") } }',
  'throws a proxy': 'throw new Proxy({}, { get() { throw new Error("trap") } })',
  'returns a liar': 'return { toJSON() { throw new Error("no JSON") } }',
  'returns a thenable that lies': 'return { then() { throw new RetryError("later") } }',
  'returns a circle': 'const circle = {}; circle.self = circle; return circle',
  'breaks the language':
    'JSON.parse = JSON.stringify = () => "{}"; Promise.prototype.then = null; Date.now = () => 0',
  'spams the console': 'for (let i = 0; i < 2000; i += 1) console.log("x".repeat(100))',
}

const CODE = `async function onTrack(event, settings) {
  switch (event.event) {
    ${Object.entries(DEEDS)
      .map(([deed, code]) => `case ${JSON.stringify(deed)}: { ${code}; break }`)
      .join('\n')}
  }
}`

const WANT: Readonly<Record<string, RegExp>> = {
  'loops for ever': /^retrying: Timeout/,
  'never resolves': /^retrying: Timeout/,
  'loops in a promise': /^retrying: Timeout/,
  'waits for a body without end': /^retrying: Timeout/,
  'throws from a timer': /^discarded: Bad Request: Error: late/,
  'leaks memory': /^discarded: Bad Request: .*(memory|ended)/,
  'kills the thread': /^discarded: Bad Request: .*(ended|process)/,
  'overflows the stack': /^discarded: Bad Request: RangeError: Maximum call stack/,
  'throws a liar': /^discarded: Bad Request: Error: what was thrown cannot be read/,
  'throws a proxy': /^discarded: Bad Request: Error: what was thrown cannot be read/,
  'returns a liar': /^delivered/,
  'returns a thenable that lies': /^retrying: Retry: later/,
  'returns a circle': /^delivered/,
  'breaks the language': /^delivered/,
  'spams the console': /^delivered/,
}

async function endless() {
  const { createServer } = await import('node:http')
  const server = createServer((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'), 5)
    response.on('close', () => clearInterval(timer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe.each([
  { place: 'a thread', nodeFile: undefined, deeds: Object.keys(DEEDS) },
  {
    place: 'a process',
    nodeFile: process.execPath,
    deeds: ['loops for ever', 'throws from a timer', 'leaks memory', 'kills the thread'],
  },
])('in $place', ({ nodeFile, deeds }) => {
  let server: Awaited<ReturnType<typeof endless>>
  beforeAll(async () => {
    server = await endless()
  })
  afterAll(() => server.close())

  test.each(deeds)('a function that %s', async (deed) => {
    const { workspace } = start(nodeFile === undefined ? {} : { nodeFile })
    await workspace.addDestinationFunction({
      name: 'f',
      file: functionText(CODE),
      sources: ['web'],
      settings: { url: server.url },
      // A heap is full sooner than this; every other deed is at its end at once or never.
      timeoutMs: deed === 'leaks memory' ? 5000 : 400,
      memoryMb: 32,
      maxContainers: 1,
    })
    workspace.inject(WRITE_KEY, track(deed))
    await workspace.settled()
    workspace.inject(WRITE_KEY, track('nothing'))
    await workspace.settled()
    const [told, next] = workspace.deliveries()
    expect(`${told?.status}: ${told?.reason}`).toMatch(WANT[deed] as RegExp)
    expect(next?.status).toBe('delivered')
  })
})

test('what one event does to its input is not seen by the next one', async () => {
  const { workspace, printed } = start()
  const code = `var kept
    function onTrack(event, settings) {
      console.log(JSON.stringify([event === kept, settings.seen, event.properties.seen]))
      kept = event; settings.seen = true; event.properties.seen = true
    }`
  await workspace.addDestinationFunction({
    name: 'f',
    file: functionText(code),
    sources: ['web'],
    maxContainers: 1,
  })
  const message = track('X')
  for (let index = 0; index < 2; index += 1) workspace.inject(WRITE_KEY, message)
  await workspace.drain()
  expect(printed()).toEqual([
    [false, null, null],
    [false, null, null],
  ])
  expect(message.properties).toEqual({})
})
