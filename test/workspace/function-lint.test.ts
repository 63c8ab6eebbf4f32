import { type LintOptions, lintFunction } from '../../workspace/lint/lint-function.ts'

const lint = (code: string, options: Partial<LintOptions> = {}) =>
  lintFunction(code, { kind: 'destination', ...options }).map(
    ({ rule, line, column }) => `${rule} ${line}:${column}`,
  )

const HANDLER = 'async function onTrack(event, settings) {'

test.each([
  {
    name: 'const',
    code: 'const onTrack = async () => {}',
    want: ['const-handler 1:7'],
  },
  {
    name: 'let, on line 2',
    code: '\nlet onTrack = 1',
    want: ['const-handler 2:5'],
  },
  { name: 'class', code: 'class onTrack {}', want: ['const-handler 1:1'] },
  { name: 'require', code: `${HANDLER} require('fs') }`, want: ['no-require 1:43'] },
  {
    name: 'module.exports',
    code: `${HANDLER} }\nmodule.exports = onTrack`,
    want: ['no-require 2:1'],
  },
  { name: 'process', code: `${HANDLER} process.env.KEY }`, want: ['no-require 1:43'] },
  { name: 'import', code: `import fs from 'fs'\n${HANDLER} }`, want: ['no-import 1:1'] },
  { name: 'export', code: `export ${HANDLER} }`, want: ['no-import 1:1'] },
  { name: 'import()', code: `${HANDLER} return import('fs') }`, want: ['no-import 1:50'] },
  { name: 'a syntax error', code: `${HANDLER}\n  const = 1 }`, want: ['syntax 2:9'] },
  { name: 'await at top level', code: 'await 1', want: ['syntax 1:7'] },
  {
    name: 'AbortController',
    code: `${HANDLER} new AbortController() }`,
    want: ['unknown-global 1:47'],
  },
  { name: 'a typing error', code: `${HANDLER} evnt.name }`, want: ['unknown-global 1:43'] },
  {
    name: 'a library of source inserts',
    code: `${HANDLER} aws4.aws4 }`,
    want: ['unknown-global 1:43'],
  },
  {
    name: 'the forbidden host',
    code: `${HANDLER} }\n// https://fn.segmentapis.com/?b=x`,
    want: ['forbidden-host 2:4'],
  },
  {
    name: 'settings kept',
    code: `var key\n${HANDLER} key = settings.key }`,
    want: ['captured-settings 2:43'],
  },
  {
    name: 'a client kept',
    code: `let client\n${HANDLER} client = client || stripe(settings.key) }`,
    want: ['captured-settings 2:43'],
  },
  {
    name: 'a part kept',
    code: `const kept = {}\nfunction onTrack(event, { key }) { kept.key = key }`,
    want: ['captured-settings 2:36'],
  },
  {
    name: 'settings made a global',
    code: `${HANDLER} secret = settings.key }`,
    want: ['implicit-global 1:43', 'captured-settings 1:43'],
  },
  {
    name: 'a library replaced per event',
    code: `${HANDLER} uuidv5 = uuidv5.uuidv5 }`,
    want: ['reassigned-global 1:43'],
  },
  {
    name: 'fetch without retries',
    code: `${HANDLER} await fetch('https://x.example') }`,
    want: ['no-retry 1:49'],
  },
  {
    name: 'a handler of another kind',
    code: `${HANDLER} }\nfunction onRequest() {}`,
    want: ['foreign-handler 2:1'],
  },
  { name: 'nothing at all', code: '', want: ['no-handler 1:1'] },
])('reports $name', ({ code, want }) => {
  expect(lint(code)).toEqual(want)
})

test.each([
  { name: 'an early return and a byte order mark', code: `\uFEFF${HANDLER} }\nreturn` },
  { name: 'var and bare handlers', code: 'var onTrack = () => {}\nonIdentify = () => {}' },
  {
    name: 'libraries replaced at top level',
    code: `zlib = zlib.zlib\n${HANDLER} zlib.gzipSync('') }`,
  },
  { name: 'a question for a global', code: `${HANDLER} if (typeof process === 'object') return }` },
  {
    name: 'clients kept by their settings',
    code: `const clients = {}\n${HANDLER} clients[settings.key] = stripe(settings.key) }`,
  },
  {
    name: 'settings in a local',
    code: `${HANDLER} const key = settings.key; let k; k = key; return k }`,
  },
  {
    name: 'own names',
    code: `${HANDLER} return mine(event, ...arguments) }\nfunction mine() { return undefined }`,
  },
  { name: 'new syntax', code: `${HANDLER} return event?.a ?? class { #p = 1; static {} } }` },
])('has nothing to say of $name', ({ code }) => {
  expect(lint(code)).toEqual([])
})

test('insert functions must return events, and block what they have no handler for', () => {
  const code = `async function onTrack(event) { event.a = [1].map((n) => { return n }) }
    async function onIdentify(event) { return event }
    async function onPage() { throw new DropEvent('no pages') }`
  expect(lint(code, { kind: 'insert' })).toEqual(['blocked-types 1:1', 'no-event-returned 1:1'])
})

test('a source insert function has its own libraries and no onBatch', () => {
  const code = 'async function onBatch(events) { return aws4.aws4 }'
  expect(lint(code, { kind: 'sourceInsert' })).toEqual(['no-handler 1:1', 'foreign-handler 1:1'])
})

test('size has a limit that can be set', () => {
  const code = `${HANDLER} } // ${'x'.repeat(100 * 1024)}`
  expect(lint(code)).toEqual(['size 1:1'])
  expect(lint(code, { maxBytes: 200 * 1024 })).toEqual([])
})

test('every finding says what to do', () => {
  const [finding] = lintFunction('const onTrack = 1', { kind: 'destination' })
  expect(finding).toMatchObject({
    level: 'error',
    message: expect.stringContaining('the host passes onTrack as a parameter'),
    fix: 'write "async function onTrack(…) { … }"',
  })
})
