// Every point that the host leaves open, both ways. Those of batches, inserts and deletes stand with their own tests.
import {
  changedSwitches,
  DEFAULT_SWITCHES,
  type HostSwitches,
  SWITCH_VALUES,
} from '../../workspace/host-switches.ts'
import { functionText, track, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

async function printed(body: string, switches: Partial<HostSwitches>) {
  const started = start({ switches })
  await started.workspace.addDestinationFunction({
    name: 'f',
    file: functionText(`async function onTrack() { ${body} }`),
    sources: ['web'],
    maxContainers: 1,
  })
  for (let index = 0; index < 2; index += 1) started.workspace.inject(WRITE_KEY, track('X'))
  await started.workspace.drain()
  return started.printed()
}

async function request(
  body: string,
  headers: Record<string, string>,
  switches: Partial<HostSwitches>,
) {
  const started = start({ switches })
  const code = `function onRequest(request) { console.log(JSON.stringify(request.json())); Segment.page({ name: 'Home' }) }`
  await started.workspace.addSourceFunction({ name: 's', file: functionText(code) })
  await started.workspace.app.request('/functions/s', { method: 'POST', body, headers })
  return started
}
const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

test.each([
  { webGlobals: 'absent', want: ['undefined', 'undefined', 'undefined'] },
  { webGlobals: 'present', want: ['function', 'function', 'function'] },
] as const)('webGlobals: $webGlobals', async ({ webGlobals, want }) => {
  const names = '[typeof AbortController, typeof TextEncoder, typeof structuredClone]'
  expect((await printed(`console.log(JSON.stringify(${names}))`, { webGlobals }))[0]).toEqual(want)
})

test.each([
  { cacheConcurrentLoads: 'each', want: 2 },
  { cacheConcurrentLoads: 'shared', want: 1 },
] as const)(
  'cacheConcurrentLoads: $cacheConcurrentLoads',
  async ({ cacheConcurrentLoads, want }) => {
    const body = `let runs = 0
    const load = () => cache.load('k', 1000, async () => { runs += 1 })
    await Promise.all([load(), load()])
    console.log(JSON.stringify(runs))`
    expect((await printed(body, { cacheConcurrentLoads }))[0]).toBe(want)
  },
)

test.each([
  { cacheRejections: 'forget', want: ['no', 'ok'] },
  { cacheRejections: 'keep', want: ['no', 'no'] },
] as const)('cacheRejections: $cacheRejections', async ({ cacheRejections, want }) => {
  const body = `globalThis.runs = (globalThis.runs || 0) + 1
    const value = await cache.load('k', 60000, async () => {
      if (runs === 1) throw new Error('no')
      return 'ok'
    }).catch((error) => error.message)
    console.log(JSON.stringify(value))`
  expect(await printed(body, { cacheRejections })).toEqual(want)
})

test.each([
  { keySorting: 'deep', want: '{"a":{"b":1,"c":2},"z":1}' },
  { keySorting: 'shallow', want: '{"a":{"c":2,"b":1},"z":1}' },
] as const)('keySorting: $keySorting', async ({ keySorting, want }) => {
  const { lines } = await request('{"z":1,"a":{"c":2,"b":1}}', JSON_TYPE, { keySorting })
  expect(lines[0]?.text).toBe(want)
})

test.each([
  { repeatedFormKeys: 'array', want: { tag: ['x', 'y'] } },
  { repeatedFormKeys: 'last', want: { tag: 'y' } },
] as const)('repeatedFormKeys: $repeatedFormKeys', async ({ repeatedFormKeys, want }) => {
  const started = await request('tag=x&tag=y', FORM_TYPE, { repeatedFormKeys })
  expect(started.printed()[0]).toEqual(want)
})

test.each([
  { segmentWithoutId: 'throw', want: 'discarded' },
  { segmentWithoutId: 'pass', want: 'succeeded' },
] as const)('segmentWithoutId: $segmentWithoutId', async ({ segmentWithoutId, want }) => {
  const { workspace } = await request('{}', JSON_TYPE, { segmentWithoutId })
  expect(workspace.requests()[0]?.status).toBe(want)
})

test.each([
  { unreadableBatchAnswer: 'delivered', want: 'delivered' },
  { unreadableBatchAnswer: 'discard', want: 'discarded' },
] as const)(
  'unreadableBatchAnswer: $unreadableBatchAnswer',
  async ({ unreadableBatchAnswer, want }) => {
    const { workspace } = start({ switches: { unreadableBatchAnswer } })
    const file = functionText('function onTrack() {}\nfunction onBatch() { return ["done"] }')
    await workspace.addDestinationFunction({ name: 'f', file, sources: ['web'] })
    workspace.inject(WRITE_KEY, track('X'))
    await workspace.drain()
    expect(workspace.deliveries()[0]?.status).toBe(want)
    expect(workspace.warnings()).toHaveLength(1)
  },
)

test('every switch has its default first among its values, and reads from a command line', () => {
  const firsts = Object.entries(SWITCH_VALUES).map(([name, [first]]) => [name, first])
  expect(Object.fromEntries(firsts)).toEqual(DEFAULT_SWITCHES)
  expect(changedSwitches(['webGlobals=present'])).toEqual({ webGlobals: 'present' })
  expect(() => changedSwitches(['nothing=1'])).toThrow('no switch "nothing"; there are')
  expect(() => changedSwitches(['webGlobals=yes'])).toThrow('webGlobals is absent or present')
})
