import { functionFile, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function caching() {
  const started = start()
  const { workspace } = started
  const handle = await workspace.addDestinationFunction({
    name: 'f',
    file: functionFile('use-cache'),
    sources: ['web'],
    maxContainers: 1,
  })
  const load = async (properties: object) => {
    workspace.inject(WRITE_KEY, track('X', properties))
    await workspace.drain()
    return started.printed().at(-1).value
  }
  return { ...started, handle, load }
}

test('cache.load() runs the callback once for each key', async () => {
  const { load } = await caching()
  expect(await load({ key: 'a', ttl: 1000 })).toBe('value 1')
  expect(await load({ key: 'a', ttl: 1000 })).toBe('value 1')
  expect(await load({ key: 'b', ttl: 1000 })).toBe('value 2')
})

test('cache.load() runs it again after the ttl, and never for -1 or none', async () => {
  const { load, clock } = await caching()
  await load({ key: 'short', ttl: 60_000 })
  await load({ key: 'for ever', ttl: -1 })
  await load({ key: 'unsaid' })
  await clock.advance(61_000)
  expect(await load({ key: 'short', ttl: 60_000 })).toBe('value 4')
  expect(await load({ key: 'for ever', ttl: -1 })).toBe('value 2')
  expect(await load({ key: 'unsaid' })).toBe('value 3')
})

test('cache.load() does not keep a rejection', async () => {
  const { load } = await caching()
  expect(await load({ key: 'a', fail: true })).toBe('no value today')
  expect(await load({ key: 'a' })).toBe('value 2')
})

test('cache.delete() and a cold start forget', async () => {
  const { load, handle } = await caching()
  await load({ key: 'a' })
  expect(await load({ key: 'a', forget: true })).toBe('value 2')
  await handle.coldStart()
  expect(await load({ key: 'a' })).toBe('value 1')
})

test('the cache is always empty in the tester', async () => {
  const { workspace, printed } = start()
  await workspace.addSourceFunction({
    name: 's',
    file: functionFile('cache-request'),
    tester: true,
    maxContainers: 1,
  })
  for (let index = 0; index < 2; index += 1) {
    await workspace.app.request('/functions/s', { method: 'POST', body: '{}' })
  }
  expect(printed()).toEqual([1, 2])
})
