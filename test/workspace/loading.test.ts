import { writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { functionFile, functionText, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function load(code: string) {
  const { workspace, lines } = start()
  const file = functionText(code)
  const handle = await workspace.addDestinationFunction({ name: 'f', file, sources: ['web'] })
  return { workspace, lines, handle, file }
}

test.each([
  { form: 'const', code: 'const onTrack = async () => {}' },
  { form: 'let', code: 'let onTrack = async () => {}' },
  { form: 'class', code: 'class onTrack {}' },
])('a handler declared with $form does not load', async ({ code }) => {
  await expect(load(code)).rejects.toThrow(
    `Cannot load function "f": SyntaxError: Identifier 'onTrack' has already been declared`,
  )
})

test.each([
  { form: 'a function declaration', code: 'async function onTrack() { console.log("ran") }' },
  { form: 'var', code: 'var onTrack = () => console.log("ran")' },
  { form: 'a bare assignment', code: 'onTrack = () => console.log("ran")' },
  { form: 'a byte order mark in front', code: '\uFEFFfunction onTrack() { console.log("ran") }' },
  { form: 'an early return', code: 'function onTrack() { console.log("ran") }\nreturn\nboom()' },
  { form: 'a comment at the end', code: 'function onTrack() { console.log("ran") } // end' },
])('a handler loads from $form', async ({ code }) => {
  const { workspace, lines, handle } = await load(code)
  expect(handle.handlers).toEqual(['onTrack'])
  workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  expect(lines.map(({ text }) => text)).toEqual(['ran'])
})

test.each([
  { fault: 'require', code: "const fs = require('fs')", message: 'require is not defined' },
  { fault: 'module.exports', code: 'module.exports = {}', message: 'module is not defined' },
  { fault: 'process', code: 'const key = process.env.KEY', message: 'process is not defined' },
  {
    fault: 'the address of source functions',
    code: "const url = 'https://fn.segmentapis.com/?b=x'\nboom()",
    message: 'must not contain https://fn.segmentapis.com',
  },
  { fault: 'import', code: "import fs from 'fs'", message: 'Cannot use import statement' },
])('code with $fault does not load', async ({ code, message }) => {
  await expect(load(code)).rejects.toThrow(message)
})

test('an endless loop at top level is stopped while loading', async () => {
  const { workspace } = start()
  const added = workspace.addDestinationFunction({
    name: 'f',
    file: functionText('while (true) {}'),
    sources: ['web'],
    timeoutMs: 100,
  })
  await expect(added).rejects.toThrow('Timeout: the function did not load within 100 ms')
})

test('a stack trace names the line of the user’s own file', async () => {
  const { workspace, lines } = await load(
    '\nfunction onTrack() {\n  console.log(new Error("here").stack)\n}',
  )
  workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  expect(lines[0]?.text).toContain('function.js:3:')
})

test('module state is kept while warm and lost by a cold start', async () => {
  const { workspace, printed } = start()
  const handle = await workspace.addDestinationFunction({
    name: 'f',
    file: functionFile('count-calls'),
    sources: ['web'],
    maxContainers: 1,
  })
  const calls = async () => {
    workspace.inject(WRITE_KEY, track('X'))
    await workspace.drain()
    return printed().at(-1).calls
  }
  expect([await calls(), await calls()]).toEqual([1, 2])
  await handle.coldStart()
  expect(handle.containerCount).toBe(0)
  expect(await calls()).toBe(1)
})

test('each destination function gets its own clone of a message', async () => {
  const { workspace, printed } = start()
  for (const name of ['a', 'b']) {
    const file = functionFile('count-calls')
    await workspace.addDestinationFunction({ name, file, sources: ['web'] })
  }
  workspace.inject(WRITE_KEY, track('X', { own: 1 }))
  await workspace.drain()
  expect(printed()).toEqual(Array(2).fill({ calls: 1, properties: { own: 1, seenBy: 1 } }))
})

// Answers requests two by two, so that a function that waits for its answer keeps its container busy until a second
// one runs beside it.
async function servePairs() {
  const waiting: ServerResponse[] = []
  let most = 0
  const server = createServer((_, response) => {
    waiting.push(response)
    most = Math.max(most, waiting.length)
    if (waiting.length === 2) for (const each of waiting.splice(0)) each.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    most: () => most,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

test('the pool grows to two containers and no further', async () => {
  const { workspace } = start()
  const pairs = await servePairs()
  const handle = await workspace.addDestinationFunction({
    name: 'f',
    file: functionText('async function onTrack(event, { url }) { await fetch(url) }'),
    sources: ['web'],
    settings: { url: pairs.url },
  })
  expect(handle.containerCount).toBe(1)
  for (let index = 0; index < 6; index += 1) workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  expect([handle.containerCount, pairs.most()]).toEqual([2, 2])
  expect(workspace.counts().deliveries.f?.delivered).toBe(6)
  await pairs.close()
})

test('deploy() puts the file’s new text in place', async () => {
  const { workspace, lines, handle, file } = await load('function onTrack() { console.log("old") }')
  writeFileSync(file, 'function onTrack() { console.log("new") }\nfunction onIdentify() {}')
  await handle.deploy()
  workspace.inject(WRITE_KEY, track('X'))
  await workspace.drain()
  expect(lines.map(({ text }) => text)).toEqual(['new'])
  expect(handle.handlers).toEqual(['onIdentify', 'onTrack'])
})
