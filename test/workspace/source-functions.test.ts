import type { SourceFunctionSetup, WorkspaceOptions } from '../../workspace/workspace.ts'
import { functionFile, functionText, useWorkspaces } from './start-workspace.ts'

const start = useWorkspaces()

async function sourceFunction(
  file: string,
  setup: Partial<SourceFunctionSetup> = {},
  options: Partial<WorkspaceOptions> = {},
) {
  const started = start(options)
  const { workspace } = started
  await workspace.addSourceFunction({ name: 'hook', file, settings: { own: true }, ...setup })
  await workspace.addDestinationFunction({
    name: 'receiver',
    file: functionFile('print-message'),
    sources: ['hook'],
  })
  const post = (body: string, headers: Record<string, string> = {}, query = '') =>
    workspace.app.request(`/functions/hook${query}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    })
  return { ...started, post }
}

const printing = (setup: Partial<SourceFunctionSetup> = {}) =>
  sourceFunction(functionFile('print-request'), setup)
const emitting = (
  setup: Partial<SourceFunctionSetup> = {},
  options: Partial<WorkspaceOptions> = {},
) => sourceFunction(functionFile('emit'), { maxContainers: 1, ...setup }, options)

const UNSORTED = '{"b": 1.0, "a": {"d": [{"z":1,"y":2}], "c": null}, "é": 1, "B": 2}'

describe('the request', () => {
  test('has headers, url, json() and text(), and none of what the host withholds', async () => {
    const { post, printed } = await printing()
    await post('{"a":1}', { 'X-Custom': 'yes' }, '?q=1%202')
    expect(printed()).toEqual([
      {
        text: '{"a":1}',
        json: { a: 1 },
        header: 'yes',
        url: 'https://fn.segmentapis.com/?q=1%202',
        query: '1 2',
        members: Object.fromEntries(
          ['method', 'ip', 'rawBody', 'body', 'response'].map((name) => [name, 'undefined']),
        ),
        settings: { own: true },
      },
    ])
  })

  test('has its keys sorted at every depth when deployed', async () => {
    const { post, printed } = await printing()
    await post(UNSORTED)
    expect(printed()[0].text).toBe('{"B":2,"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1,"é":1}')
  })

  test('has its keys as they came in the tester', async () => {
    const { post, printed } = await printing({ tester: true })
    await post(UNSORTED)
    expect(printed()[0].text).toBe('{"b":1,"a":{"d":[{"z":1,"y":2}],"c":null},"é":1,"B":2}')
  })

  test('takes a form as an object', async () => {
    const { post, printed } = await printing()
    await post('name=Ada+L&tag=x&tag=y', { 'Content-Type': 'application/x-www-form-urlencoded' })
    expect(printed()[0].json).toEqual({ name: 'Ada L', tag: ['x', 'y'] })
  })

  test('throws a SyntaxError from json() for what is no JSON', async () => {
    const { workspace, post } = await printing()
    const answer = await post('{"a":')
    expect(answer.status).toBe(400)
    expect(workspace.requests()[0]?.reason).toContain('Bad Request: SyntaxError')
  })

  test('may be 512 KiB large and not a byte more', async () => {
    const { workspace, post } = await printing()
    const body = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`
    expect((await post(body(512 * 1024))).status).toBe(200)
    expect((await post(body(512 * 1024 + 1))).status).toBe(413)
    expect(workspace.requests()).toHaveLength(1)
  })

  test('must be a POST to a function that exists', async () => {
    const { workspace } = await printing()
    expect((await workspace.app.request('/functions/hook')).status).toBe(405)
    const other = await workspace.app.request('/functions/none', { method: 'POST', body: '{}' })
    expect(other.status).toBe(404)
  })
})

test('a file without onRequest discards every request', async () => {
  const { workspace, post } = await sourceFunction(functionText('var nothing'))
  expect((await post('{}')).status).toBe(400)
  expect(workspace.requests()[0]?.reason).toBe('Unsupported Event Type: request not supported')
})

const id = { userId: 'u1' }
const call = (method: string, fields: object) => ({ method, fields })

describe('Segment', () => {
  test.each([
    { method: 'identify', own: { traits: { a: 1 } } },
    { method: 'track', own: { event: 'X', properties: { a: 1 } } },
    { method: 'page', own: { name: 'Home', properties: { a: 1 } } },
    { method: 'screen', own: { name: 'Home', properties: { a: 1 } } },
    { method: 'group', own: { groupId: 'g1', traits: { a: 1 } } },
    { method: 'alias', own: { previousId: 'old' } },
  ])('$method hands on its own and the common fields, and no other', async ({ method, own }) => {
    const { workspace, post, printed } = await emitting()
    const common = { userId: 'u1', messageId: 'm1', context: { ip: '1.2.3.4' }, integrations: {} }
    const fields = { ...own, ...common, category: 'x', originalTimestamp: '2020-01-01T00:00:00Z' }
    const answer = await post(JSON.stringify({ calls: [call(method, fields)] }))
    expect(answer.status).toBe(200)
    await workspace.drain()
    const [message] = printed()
    expect(message).toMatchObject({ type: method, ...own, ...common })
    expect(message.category).toBeUndefined()
    expect(message.originalTimestamp).not.toContain('2020')
  })

  test.each([
    { method: 'track', fields: id, missing: 'event' },
    { method: 'track', fields: { ...id, event: '' }, missing: 'event' },
    { method: 'group', fields: id, missing: 'groupId' },
    { method: 'alias', fields: id, missing: 'previousId' },
    { method: 'set', fields: { id: '1' }, missing: 'collection' },
    { method: 'set', fields: { collection: 'c' }, missing: 'id' },
    { method: 'identify', fields: {}, missing: 'One of userId,anonymousId' },
    { method: 'track', fields: { event: 'X' }, missing: 'One of userId,anonymousId' },
    { method: 'page', fields: { name: 'X' }, missing: 'One of userId,anonymousId' },
    { method: 'screen', fields: { name: 'X' }, missing: 'One of userId,anonymousId' },
    { method: 'group', fields: { groupId: 'g' }, missing: 'One of userId,anonymousId' },
  ])('$method refuses a call without $missing', async ({ method, fields, missing }) => {
    const { workspace, post } = await emitting()
    expect((await post(JSON.stringify({ calls: [call(method, fields)] }))).status).toBe(400)
    expect(workspace.requests()[0]).toMatchObject({
      status: 'discarded',
      reason: `Message Rejected: ${missing} is required but not defined`,
    })
  })

  test('drops falsy fields', async () => {
    const { workspace, post, printed } = await emitting()
    const fields = { userId: 0, anonymousId: 'a1', event: 'X', properties: { kept: 0 } }
    await post(JSON.stringify({ calls: [call('track', fields)] }))
    await workspace.drain()
    expect(printed()[0]).toMatchObject({ anonymousId: 'a1', properties: { kept: 0 } })
    expect(printed()[0].userId).toBeUndefined()
  })

  test('set is for warehouses: counted, and delivered nowhere', async () => {
    const { workspace, post } = await emitting()
    const fields = { collection: 'rooms', id: '1', properties: { beds: 2 } }
    await post(JSON.stringify({ calls: [call('set', fields)] }))
    await workspace.drain()
    expect(workspace.counts()).toMatchObject({ objects: 1, received: 0 })
    expect(workspace.deliveries()).toEqual([])
  })

  test('hands on 32 KB and no more; the others of the same run go their way', async () => {
    const { workspace, post, printed } = await emitting()
    const sized = (bytes: number) => ({ ...id, event: 'X', properties: { p: 'x'.repeat(bytes) } })
    const calls = [call('track', sized(31 * 1024)), call('track', sized(32 * 1024))]
    expect((await post(JSON.stringify({ calls }))).status).toBe(400)
    await workspace.drain()
    expect(printed()).toHaveLength(1)
    expect(workspace.requests()[0]).toMatchObject({
      emitted: 1,
      reason:
        'Bad Request: failed calling Tracking API: the message is too large and over the maximum 32KB limit',
    })
  })

  test.each([
    { bufferAfterThrow: 'drop', want: ['second'] },
    { bufferAfterThrow: 'keep', want: ['first', 'second'] },
  ] as const)(
    'what a failed run had emitted: $bufferAfterThrow',
    async ({ bufferAfterThrow, want }) => {
      const { workspace, post, printed } = await emitting({}, { switches: { bufferAfterThrow } })
      const track = (event: string) => call('track', { ...id, event })
      await post(JSON.stringify({ calls: [track('first')], error: 'TypeError' }))
      await post(JSON.stringify({ calls: [track('second')] }))
      await workspace.drain()
      expect(printed().map(({ event }) => event)).toEqual(want)
    },
  )
})

test('the caller may be answered before the function has run', async () => {
  const { workspace, post } = await emitting({}, { switches: { webhookAnswer: 'accepted' } })
  expect((await post('{"error":"TypeError"}')).status).toBe(200)
  await workspace.settled()
  expect(workspace.requests()[0]?.status).toBe('discarded')
})

test('a message goes round from a source through both functions and ends', async () => {
  const { workspace, printed } = await emitting()
  const { url } = await workspace.listen({ port: 0 })
  workspace.addSource({ name: 'shop', writeKey: 'wk_shop' })
  await workspace.addDestinationFunction({
    name: 'sender',
    file: functionFile('send-back'),
    sources: ['shop', 'hook'],
    settings: { webhook: `${url}/functions/hook` },
  })
  workspace.inject('wk_shop', { type: 'track', event: 'Order Completed', userId: 'u1' })
  await workspace.drain()
  expect(printed()).toMatchObject([{ event: 'Confirmed', context: { origin: 'return path' } }])
  expect(workspace.counts().deliveries).toMatchObject({
    sender: { delivered: 2 },
    receiver: { delivered: 1 },
  })
})
