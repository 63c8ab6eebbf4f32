import { gzipSync } from 'node:zlib'
import type { WorkspaceOptions } from '../../workspace/workspace.ts'
import { functionFile, useWorkspaces, WRITE_KEY } from './start-workspace.ts'

const start = useWorkspaces()

function isWritten(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array
}

async function receiving(options: Partial<WorkspaceOptions> = {}) {
  const started = start(options)
  const { workspace } = started
  await workspace.addDestinationFunction({
    name: 'receiver',
    file: functionFile('print-message'),
    sources: ['web'],
    maxContainers: 1,
  })
  const send = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    workspace.app.request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: isWritten(body) ? body : JSON.stringify(body),
    })
  const received = async () => {
    await workspace.drain()
    return started.printed()
  }
  return { ...started, send, received }
}

const MESSAGE = { userId: 'u1', event: 'X', groupId: 'g1', previousId: 'old', writeKey: WRITE_KEY }

test.each([
  ['track', 'track'],
  ['identify', 'identify'],
  ['page', 'page'],
  ['screen', 'screen'],
  ['group', 'group'],
  ['alias', 'alias'],
  ['t', 'track'],
  ['i', 'identify'],
  ['p', 'page'],
  ['s', 'screen'],
  ['g', 'group'],
  ['a', 'alias'],
])('POST /v1/%s takes a message of type %s', async (path, type) => {
  const { send, received } = await receiving()
  const answer = await send(`/v1/${path}`, MESSAGE)
  expect([answer.status, await answer.json()]).toEqual([200, { success: true }])
  const [message] = await received()
  expect(message).toMatchObject({ type, userId: 'u1', channel: 'server', version: 2 })
  expect(message.writeKey).toBeUndefined()
})

test.each(['/v1/batch', '/v1/b'])(
  'POST %s lays each item over the batch’s context and integrations',
  async (path) => {
    const { send, received } = await receiving()
    await send(path, {
      writeKey: WRITE_KEY,
      context: { app: 'shop', locale: 'de' },
      integrations: { All: true },
      batch: [
        { type: 'track', event: 'A', userId: 'u1', context: { locale: 'en' } },
        { type: 'identify', userId: 'u1', integrations: { Meta: false } },
      ],
    })
    expect(await received()).toMatchObject([
      { event: 'A', context: { app: 'shop', locale: 'en' }, integrations: { All: true } },
      { type: 'identify', context: { locale: 'de' }, integrations: { All: true, Meta: false } },
    ])
  },
)

describe('the write key', () => {
  const { writeKey: _, ...anonymous } = MESSAGE
  const basic = (text: string) => ({ Authorization: `Basic ${btoa(text)}` })

  test.each([
    { way: 'in the body', body: MESSAGE, headers: {} },
    { way: 'as Basic user', body: anonymous, headers: basic(`${WRITE_KEY}:`) },
    { way: 'in the body beside a Bearer', body: MESSAGE, headers: { Authorization: 'Bearer t' } },
  ])('counts $way', async ({ body, headers }) => {
    const { send, received } = await receiving()
    await send('/v1/track', body, headers)
    expect(await received()).toHaveLength(1)
  })

  test.each([
    { way: 'unknown', body: { ...MESSAGE, writeKey: 'nobody' } },
    { way: 'absent', body: anonymous },
  ])('when $way is answered 200, and the message dropped and counted', async ({ body }) => {
    const { workspace, send, received } = await receiving()
    expect((await send('/v1/track', body)).status).toBe(200)
    expect(await received()).toEqual([])
    expect(workspace.counts().rejected).toEqual({ unknown_write_key: 1 })
  })

  test('when unknown is answered 401 to a developer who asks for it', async () => {
    const { send } = await receiving({ strictWriteKeys: true })
    expect((await send('/v1/track', { ...MESSAGE, writeKey: 'nobody' })).status).toBe(401)
    expect((await send('/v1/track', MESSAGE)).status).toBe(200)
  })
})

describe('what is refused', () => {
  const large = 'x'.repeat(32 * 1024)
  const items = (count: number, item = {}) =>
    Array.from({ length: count }, () => ({ type: 'track', event: 'X', userId: 'u1', ...item }))

  test.each([
    { fault: 'invalid JSON', path: 'track', body: '{"a":', status: 400, reason: 'invalid_json' },
    { fault: 'no object', path: 'track', body: '[]', status: 400, reason: 'not_an_object' },
    {
      fault: 'a message over 32 KB',
      path: 'track',
      body: { ...MESSAGE, properties: { large } },
      status: 400,
      reason: 'message_too_large',
    },
    {
      fault: 'a message over 32 KB in a batch',
      path: 'batch',
      body: { writeKey: WRITE_KEY, batch: items(1, { large }) },
      status: 200,
      reason: 'message_too_large',
    },
    {
      fault: 'neither id',
      path: 'track',
      body: { event: 'X', writeKey: WRITE_KEY },
      status: 200,
      reason: 'no_user_anon_id',
    },
    {
      fault: 'a track without event',
      path: 'track',
      body: { userId: 'u1', writeKey: WRITE_KEY },
      status: 200,
      reason: 'no_event',
    },
    {
      fault: 'an item without type',
      path: 'batch',
      body: { writeKey: WRITE_KEY, batch: [{ userId: 'u1' }] },
      status: 200,
      reason: 'no_type',
    },
  ])('$fault', async ({ path, body, status, reason }) => {
    const { workspace, send, received } = await receiving()
    expect((await send(`/v1/${path}`, body)).status).toBe(status)
    expect(await received()).toEqual([])
    expect(workspace.counts()).toMatchObject({
      received: 1,
      accepted: 0,
      rejected: { [reason]: 1 },
    })
  })

  test('is listed with its reason, its id and its source', async () => {
    const { workspace, send } = await receiving()
    await send('/v1/track', { event: 'X', writeKey: WRITE_KEY, messageId: 'm1' })
    expect(workspace.rejections()).toEqual([
      { reason: 'no_user_anon_id', messageId: 'm1', source: 'web' },
    ])
  })

  test.each([
    { fault: 'over 2500 events', batch: items(2501, { properties: undefined }) },
    { fault: 'over 500 KB', batch: items(20, { large: large.slice(0, 30_000) }) },
  ])('a batch of $fault, with 200', async ({ batch }) => {
    const { workspace, send } = await receiving()
    const answer = await send('/v1/batch', { writeKey: WRITE_KEY, batch })
    expect(answer.status).toBe(200)
    expect(workspace.counts()).toMatchObject({
      accepted: 0,
      rejected: { batch_too_large: batch.length },
    })
  })

  test('metrics of the libraries are answered and ignored', async () => {
    const { workspace, send } = await receiving()
    expect((await send('/v1/m', { series: [] })).status).toBe(200)
    expect(workspace.counts().received).toBe(0)
  })
})

describe('stamps', () => {
  // The virtual clock stands at 2026-01-15T09:00:00Z.
  const RECEIVED = '2026-01-15T09:00:00.000Z'

  test.each([
    {
      sender: 'five minutes fast',
      timestamp: '2026-01-15T09:04:58Z',
      sentAt: '2026-01-15T09:05:00Z',
      want: '2026-01-15T08:59:58.000Z',
    },
    {
      sender: 'a year slow, sending late',
      timestamp: '2025-01-15T07:00:00Z',
      sentAt: '2025-01-15T08:00:00Z',
      want: '2026-01-15T08:00:00.000Z',
    },
    {
      sender: 'without sentAt',
      timestamp: '2020-01-01T00:00:00Z',
      sentAt: undefined,
      want: '2020-01-01T00:00:00.000Z',
    },
    {
      sender: 'in another zone',
      timestamp: '2026-01-15T10:00:00+01:00',
      sentAt: '2026-01-15T09:00:00Z',
      want: RECEIVED,
    },
    { sender: 'without any time', timestamp: undefined, sentAt: undefined, want: RECEIVED },
    { sender: 'with no instant', timestamp: 'yesterday', sentAt: undefined, want: RECEIVED },
  ])('the time of a sender $sender is corrected', async ({ timestamp, sentAt, want }) => {
    const { send, received } = await receiving()
    await send('/v1/track', { ...MESSAGE, timestamp, sentAt })
    const [message] = await received()
    expect(message).toMatchObject({ timestamp: want, receivedAt: RECEIVED })
  })

  test('the sender’s own time is kept as originalTimestamp, the batch’s sentAt counts for its items', async () => {
    const { send, received } = await receiving()
    await send('/v1/batch', {
      writeKey: WRITE_KEY,
      sentAt: '2026-01-15T10:00:00Z',
      batch: [{ type: 'identify', userId: 'u1', timestamp: '2026-01-15T09:30:00Z' }],
    })
    expect((await received())[0]).toMatchObject({
      originalTimestamp: '2026-01-15T09:30:00.000Z',
      sentAt: '2026-01-15T10:00:00.000Z',
      timestamp: '2026-01-15T08:30:00.000Z',
    })
  })

  test('a messageId is made when absent, another each time, and kept when given', async () => {
    const { send, received } = await receiving()
    await send('/v1/track', MESSAGE)
    await send('/v1/track', MESSAGE)
    await send('/v1/track', { ...MESSAGE, messageId: 'mine' })
    const ids = (await received()).map(({ messageId }) => messageId)
    expect(new Set(ids).size).toBe(3)
    expect(ids[0]).toMatch(/^api-[0-9a-f]{32}$/)
    expect(ids[2]).toBe('mine')
  })

  test('a page’s category is copied into its properties', async () => {
    const { send, received } = await receiving()
    await send('/v1/page', { ...MESSAGE, category: 'Docs', properties: { a: 1 } })
    expect((await received())[0].properties).toEqual({ category: 'Docs', a: 1 })
  })

  test('the caller’s address is stamped when direct is asked for', async () => {
    const { workspace, received } = await receiving()
    const { url } = await workspace.listen({ port: 0 })
    for (const context of [{ direct: true }, {}, { direct: true, ip: '9.9.9.9' }]) {
      const body = JSON.stringify({ ...MESSAGE, context })
      await fetch(`${url}/v1/track`, { method: 'POST', body })
    }
    const ips = (await received()).map(({ context }) => context.ip)
    expect(ips).toEqual(['127.0.0.1', undefined, '9.9.9.9'])
  })
})

test('a browser may post text/plain from any page', async () => {
  const { workspace, send, received } = await receiving()
  const headers = { 'Content-Type': 'text/plain', Origin: 'https://shop.example' }
  const answer = await send('/v1/t', MESSAGE, headers)
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(await received()).toHaveLength(1)
  const preflight = await workspace.app.request('/v1/t', {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://shop.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')
})

test('a gzipped body is read', async () => {
  const { send, received } = await receiving()
  const body = new Uint8Array(gzipSync(JSON.stringify(MESSAGE)))
  await send('/v1/track', body, { 'Content-Encoding': 'gzip' })
  expect(await received()).toHaveLength(1)
})

describe('de-duplication by messageId', () => {
  const sendTwice = async (options: Partial<WorkspaceOptions>, waitMs: number) => {
    const { workspace, clock, send } = await receiving(options)
    await send('/v1/track', { ...MESSAGE, messageId: 'm1' })
    await clock.advance(waitMs)
    await send('/v1/track', { ...MESSAGE, messageId: 'm1' })
    return workspace.counts()
  }
  const DAY = 24 * 60 * 60 * 1000

  test('is off, so that what stands behind must hold without it', async () => {
    expect(await sendTwice({}, 0)).toMatchObject({ accepted: 2, rejected: {} })
  })

  test('drops the second within a day when on', async () => {
    expect(await sendTwice({ dedup: true }, DAY)).toMatchObject({
      accepted: 1,
      rejected: { duplicate: 1 },
    })
    expect(await sendTwice({ dedup: true }, DAY + 1)).toMatchObject({ accepted: 2 })
  })
})

test('every message is counted, and ends in one delivery for each connected destination', async () => {
  const { workspace, send } = await receiving()
  const file = functionFile('throw-by-name')
  await workspace.addDestinationFunction({ name: 'other', file, sources: ['web'] })
  await workspace.addDestinationFunction({ name: 'unconnected', file, sources: ['elsewhere'] })
  for (let index = 0; index < 5; index += 1) await send('/v1/track', MESSAGE)
  await send('/v1/identify', MESSAGE)
  await send('/v1/track', { writeKey: WRITE_KEY, event: 'X' })
  await workspace.drain()
  const none = { pending: 0, delivered: 0, discarded: 0, retrying: 0, expired: 0 }
  expect(workspace.counts()).toEqual({
    received: 7,
    accepted: 6,
    rejected: { no_user_anon_id: 1 },
    objects: 0,
    deliveries: {
      receiver: { ...none, delivered: 6 },
      other: { ...none, delivered: 5, discarded: 1 },
      unconnected: none,
    },
  })
})
