// `tracklayer function …` as a user has it: the built command, in a folder of theirs.
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { json, startRecordingServer } from '../support/recording-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CLI = path.join(__dirname, '..', '..', 'dist', 'cli.js')

function folderWith(files: Readonly<Record<string, string | object>>): string {
  const folder = temporaryFolder('cli')
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(
      path.join(folder, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    )
  }
  return folder
}

function run(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, 'function', ...args],
      { cwd, env: { ...process.env, NO_COLOR: '1' } },
      (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

const FUNCTION = `
async function onTrack(event, settings) {
  console.log('plan', event.properties.plan)
  const response = await fetch(settings.url + '?key=a-secret', {
    method: 'POST', headers: { Authorization: 'Bearer a-secret' }, body: JSON.stringify(event.properties)
  })
  if (response.status >= 500) throw new RetryError('busy')
}
`
const EVENT = {
  type: 'track',
  messageId: 'm1',
  userId: 'u1',
  event: 'X',
  properties: { plan: 'pro' },
}

test('run sends what the function sends, and hides credentials', async () => {
  const server = await startRecordingServer(json(202, {}))
  const settings = { url: `${server.url}/in` }
  const folder = folderWith({ 'f.js': FUNCTION, 'e.json': EVENT, 's.json': settings })
  const args = ['run', 'f.js', '--event', 'e.json', '--settings', 's.json']
  const shown = await run(folder, ...args)
  expect(shown).toMatchObject({ code: 0, err: '' })
  expect(
    shown.out
      .replace(/\d+ ms/, '5 ms')
      .replace(/:\d+\//, '/')
      .split('\n'),
  ).toEqual([
    'onTrack  5 ms',
    '  console.info  plan pro',
    '  POST      http://127.0.0.1/in?…  202  {"plan":"pro"}',
    '  ok         m1',
    '',
  ])
  const asJson = await run(folder, ...args, '--json')
  expect(JSON.parse(asJson.out)).toMatchObject({
    handler: 'onTrack',
    outcomes: [{ messageId: 'm1', status: 'ok', reason: null }],
    requests: [{ headers: { authorization: '(hidden)' }, status: 202 }],
  })
  expect(server.requests.map(({ body, headers }) => [String(body), headers.authorization])).toEqual(
    Array(2).fill(['{"plan":"pro"}', 'Bearer a-secret']),
  )
  await server.close()
})

test('run fails for an event that did not go well, and for a file that does not load', async () => {
  const folder = folderWith({
    'f.js': FUNCTION,
    'bad.js': 'const onTrack = 1',
    'e.json': EVENT,
    's.json': { url: 'http://nobody.example.com' },
  })
  const offline = ['--event', 'e.json', '--settings', 's.json', '--offline']
  const discarded = await run(folder, 'run', 'f.js', ...offline)
  expect(discarded.code).toBe(1)
  expect(discarded.out).toContain('discarded  m1  Bad Request: FetchError')
  const unloaded = await run(folder, 'run', 'bad.js', ...offline)
  expect(unloaded).toMatchObject({
    code: 2,
    err: "Cannot load the function: SyntaxError: Identifier 'onTrack' has already been declared\n",
  })
  const missing = await run(folder, 'run', 'none.js', '--event', 'e.json')
  expect(missing.code).toBe(2)
  expect(missing.err).toContain('Cannot read none.js')
})

test('test judges recorded payloads against recorded answers', async () => {
  const url = 'https://api.example.com'
  const folder = folderWith({
    'f.js': FUNCTION,
    's.json': { url },
    'payloads/a-ok.json': { event: EVENT, answers: [{ url: `${url}*`, status: 204 }] },
    'payloads/b-busy.json': {
      event: EVENT,
      answers: [{ url: `${url}*`, status: 503 }],
      expect: {
        status: 'retry',
        reason: 'busy',
        requests: [{ method: 'POST', body: { plan: 'pro' } }],
      },
    },
    'payloads/c-unanswered.json': EVENT,
  })
  const args = ['test', 'f.js', '--payloads', 'payloads', '--settings', 's.json']
  const shown = await run(folder, ...args)
  expect(shown.code).toBe(1)
  expect(shown.out).toMatch(/^pass {2}a-ok\.json/)
  expect(shown.out).toContain('pass  b-busy.json')
  expect(shown.out).toContain('FAIL  c-unanswered.json')
  expect(shown.out).toContain('✗ status[0] is "discarded", want "ok"')
  expect(shown.out).toContain('2 as expected, 1 not')
  const asJson = JSON.parse((await run(folder, ...args, '--json')).out)
  expect(asJson).toMatchObject({
    passed: 2,
    failed: 1,
    cases: [{ name: 'a-ok.json', faults: [] }, {}, {}],
  })
})

test('lint names lines and fixes, and fails on errors only', async () => {
  const folder = folderWith({ 'bad.js': '\nconst onTrack = () => {}', 'good.js': FUNCTION })
  const bad = await run(folder, 'lint', 'bad.js')
  expect(bad.code).toBe(1)
  expect(bad.out).toContain('bad.js:2:7  error  "const onTrack" does not load')
  expect(bad.out).toContain('    write "async function onTrack(…) { … }"')
  const good = await run(folder, 'lint', 'good.js', '--json')
  expect(good).toMatchObject({ code: 0, out: '{"findings":[]}\n' })
})

test('another Node may be named; a wrong switch is told', async () => {
  const folder = folderWith({ 'f.js': 'function onTrack() {}', 'e.json': EVENT })
  const args = ['run', 'f.js', '--event', 'e.json']
  const odd = await run(folder, ...args, '--node', 'latest')
  expect(odd.err).toContain('--node is "latest", want a major version such as 22')
  const wrong = await run(folder, ...args, '--switch', 'deletes=never')
  expect(wrong.err).toContain('deletes is delivered or withheld')
})
