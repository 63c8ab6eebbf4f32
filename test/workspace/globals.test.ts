import vm from 'node:vm'
import { librariesFor } from '../../workspace/realm/library-globals.ts'
import { functionFile, functionText, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function printGlobals() {
  const { workspace, printed } = start()
  await workspace.addDestinationFunction({
    name: 'globals',
    file: functionFile('print-globals'),
    sources: ['web'],
  })
  workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  return printed()[0]
}

async function run(code: string) {
  const { workspace, printed } = start()
  await workspace.addDestinationFunction({ name: 'f', file: functionText(code), sources: ['web'] })
  workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  return { printed: printed(), reason: workspace.deliveries()[0]?.reason }
}

// The shim's list, the names its documentation adds, and nothing else.
const PROMISED: Record<string, string> = {
  atob: 'function',
  btoa: 'function',
  Buffer: 'function',
  cache: 'object',
  clearInterval: 'function',
  clearTimeout: 'function',
  console: 'object',
  crypto: 'object',
  DropEvent: 'function',
  EventNotSupported: 'function',
  fetch: 'function',
  Headers: 'function',
  https: 'object',
  InvalidEventPayload: 'function',
  Request: 'function',
  Response: 'function',
  RetryError: 'function',
  Segment: 'object',
  ServerRequest: 'function',
  setInterval: 'function',
  setTimeout: 'function',
  URL: 'function',
  URLSearchParams: 'function',
  ValidationError: 'function',
  window: 'object',
}

test('the realm has every promised global and no other', async () => {
  const { globals } = await printGlobals()
  const language = new Set(vm.runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[])
  const libraries = new Set(librariesFor('destination').map(({ global }) => global.split('.')[0]))
  const found = Object.entries(globals).filter(
    ([name]) => (!language.has(name) || name === 'console') && !libraries.has(name),
  )
  expect(Object.fromEntries(found)).toEqual(PROMISED)
  for (const library of libraries) expect(globals).toHaveProperty(String(library))
})

test('fetch is node-fetch 2, whose responses have buffer()', async () => {
  const { fetchSource, responseBuffer } = await printGlobals()
  expect(fetchSource).not.toContain('[native code]')
  expect(fetchSource).toContain('fetch.Promise')
  expect(responseBuffer).toBe('function')
})

test('a module system, the process and its environment are out of sight', async () => {
  const { hidden, environment } = await printGlobals()
  expect(hidden).toEqual(Array(5).fill('undefined'))
  expect(environment).toEqual({})
})

test('window is a copy of the globals; atob and btoa are the npm packages; errors are of the outer realm', async () => {
  const { selfIsWindow, base64, errorIsOuter } = await printGlobals()
  expect(selfIsWindow).toBe(true)
  expect(base64).toEqual(['hi', 'aGk=', 'aGk='])
  expect(errorIsOuter).toBe(false)
})

test('reading a library that is not installed names the package to install', async () => {
  const { reason } = await run('async function onTrack() { return new AWS.S3() }')
  expect(reason).toBe(
    'Bad Request: Error: The Functions host offers "AWS", but its package is not installed here: ' +
      'npm install --save-dev aws-sdk@2.488.0',
  )
  const nested = await run('async function onTrack() { return new google.cloud.storage() }')
  expect(nested.reason).toContain('npm install --save-dev @google-cloud/storage@5.3.0')
})

test('globals can be assigned, as the documentation does at top level', async () => {
  const { printed } = await run(`
    zlib = zlib.zlib
    AWS = { S3: 'mine' }
    undeclared = 1
    async function onTrack() {
      const text = zlib.gunzipSync(zlib.gzipSync('hi')).toString()
      console.log(JSON.stringify([text, AWS.S3, undeclared, typeof window.undeclared]))
    }`)
  expect(printed).toEqual([['hi', 'mine', 1, 'undefined']])
})

test('an error class carries its own name', async () => {
  const names = [
    'ValidationError',
    'EventNotSupported',
    'InvalidEventPayload',
    'RetryError',
    'DropEvent',
  ]
  const { printed } = await run(`async function onTrack() {
    const made = ${JSON.stringify(names)}.map((name) => new globalThis[name]('why'))
    console.log(JSON.stringify(made.map(({ name, message }) => name + ' ' + message)))
  }`)
  expect(printed[0]).toEqual(names.map((name) => `${name} why`))
})
