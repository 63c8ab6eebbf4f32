import type { Server } from 'node:http'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { HEADERS, TOLERANCE_MS } from '../../core/signature.ts'
import { useDatabase } from '../support/database.ts'
import {
  ACCOUNT,
  batchOf,
  orderMessage,
  SECRETS,
  type SigningOptions,
  signedRequest,
} from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

const body = JSON.stringify(batchOf([orderMessage('o1')]))

async function postWith(
  change: (headers: Record<string, string>) => Record<string, string>,
  signing: Partial<SigningOptions> = {},
  sentBody = body,
) {
  const request = signedRequest(body, { nowMs: store.clock.now(), ...signing })
  const answer = await store.app.request('/segment/events', {
    ...request,
    body: sentBody,
    headers: change(request.headers),
  })
  return { status: answer.status, answer: (await answer.json()) as ErrorAnswer }
}
interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string }
}

async function assertNothingStored(): Promise<void> {
  const [row] = await database.query<{ count: string }>(
    `select (select count(*) from messages) + (select count(*) from rejections)
            + (select count(*) from profiles) + (select count(*) from events) as count`,
  )
  expect(row?.count).toBe('0')
}

const MISMATCH = 'Signature does not match: check account, environment and secret'

describe('a request that is not signed as it should be', () => {
  afterEach(assertNothingStored)

  test.each(Object.values(HEADERS))('without %s is refused by that name', async (name) => {
    const { status, answer } = await postWith(({ [name]: _, ...rest }) => rest)
    expect({ status, ...answer.error }).toEqual({
      status: 401,
      code: 'unauthorized',
      docs: '/docs/errors/unauthorized',
      message: `Header ${name} is missing`,
    })
  })

  const mismatches: {
    name: string
    signing?: Partial<SigningOptions>
    headers?: Record<string, string>
    body?: string
    log: string
  }[] = [
    { name: 'from another account', signing: { account: 'acct_other' }, log: 'another account' },
    {
      name: 'whose account was changed',
      headers: { [HEADERS.account]: 'acct_live_124' },
      log: 'another account',
    },
    {
      name: 'for an unknown environment',
      headers: { [HEADERS.environment]: 'nowhere' },
      log: 'unknown environment',
    },
    {
      name: 'for the environment "__proto__"',
      headers: { [HEADERS.environment]: '__proto__' },
      log: 'unknown environment',
    },
    {
      name: 'to production with the secret of staging',
      signing: { secrets: [SECRETS.staging] },
      log: 'no live secret of production (1) made the signature',
    },
    {
      name: 'signed for staging and sent to production',
      signing: { environment: 'staging' },
      headers: { [HEADERS.environment]: 'production' },
      log: 'no live secret of production',
    },
    {
      name: 'whose body has one byte changed',
      body: body.replace('129.95', '129.96'),
      log: 'no live secret of production',
    },
    {
      name: 'whose timestamp was changed',
      headers: { [HEADERS.timestamp]: '2026-04-23T10:15:31Z' },
      log: 'no live secret of production',
    },
    {
      name: 'whose signature is no signature',
      headers: { [HEADERS.signature]: 'sha256=zz, ,' },
      log: 'no live secret of production',
    },
    {
      name: 'with a stale clock and a wrong secret (the signature is checked first)',
      signing: { secrets: ['wrong-secret-0000001'], nowMs: 0 },
      log: 'no live secret of production',
    },
  ]

  test.each(mismatches)('$name is refused without saying why; the log does', async (row) => {
    const { status, answer } = await postWith(
      (headers) => ({ ...headers, ...row.headers }),
      row.signing,
      row.body,
    )
    expect({ status, ...answer.error }).toEqual({
      status: 401,
      code: 'unauthorized',
      docs: '/docs/errors/unauthorized',
      message: MISMATCH,
    })
    expect(store.log).toEqual([
      expect.stringContaining(`warn refused POST /segment/events: ${row.log}`),
    ])
  })

  test.each([
    { name: 'late', offset: -TOLERANCE_MS - 1000 },
    { name: 'early', offset: TOLERANCE_MS + 1000 },
  ])('signed well and $name by more than five minutes is told so', async ({ offset }) => {
    const { status, answer } = await postWith((headers) => headers, {
      nowMs: store.clock.now() + offset,
    })
    expect({ status, ...answer.error }).toEqual({
      status: 401,
      code: 'unauthorized',
      docs: '/docs/errors/unauthorized',
      message: "X-TrackLayer-Timestamp is more than 5 minutes from the store's clock",
    })
  })

  test('no answer and no log line ever holds a secret or a signature', async () => {
    const { answer } = await postWith((headers) => headers, { secrets: [SECRETS.staging] })
    for (const secret of Object.values(SECRETS))
      expect(JSON.stringify(answer) + store.log.join()).not.toContain(secret)
    expect(JSON.stringify(answer) + store.log.join()).not.toMatch(/sha256=[0-9a-f]/)
  })
})

describe('within the tolerance', () => {
  test.each([-TOLERANCE_MS, TOLERANCE_MS])('a clock %d ms away is accepted', async (offset) => {
    const { status } = await postWith((headers) => headers, { nowMs: store.clock.now() + offset })
    expect(status).toBe(200)
  })
})

describe('while secrets are rotated', () => {
  const rotating = ['new-production-secret', SECRETS.production]
  beforeEach(() => {
    store = createTestStore(database, {
      access: {
        account: ACCOUNT,
        environments: [
          { name: 'production', secrets: rotating, apiKeys: [] },
          { name: 'staging', secrets: [SECRETS.staging], apiKeys: [] },
        ],
      },
    })
  })

  test.each([
    { name: 'the new secret', secrets: [rotating[0]] },
    { name: 'the old secret', secrets: [rotating[1]] },
    { name: 'both', secrets: rotating },
    { name: 'one that is live and one that is not', secrets: ['gone-secret-0000001', rotating[0]] },
  ])('a batch signed with $name is accepted', async ({ secrets }) => {
    expect((await store.post(body, { secrets: secrets as string[] })).status).toBe(200)
  })

  test.each([
    { name: 'a retired secret', secrets: ['gone-secret-0000001'] },
    { name: 'two secrets of nobody', secrets: ['gone-secret-0000001', 'gone-secret-0000002'] },
    { name: 'the secret of staging among others', secrets: ['gone-1', SECRETS.staging] },
  ])('a batch signed with $name is refused', async ({ secrets }) => {
    expect((await store.post(body, { secrets })).status).toBe(401)
    await assertNothingStored()
  })

  test('the header may carry spaces after its commas', async () => {
    const { status } = await postWith(
      (headers) => ({
        ...headers,
        [HEADERS.signature]: headers[HEADERS.signature]?.replace(',', ' , ') ?? '',
      }),
      { secrets: rotating },
    )
    expect(status).toBe(200)
  })
})

describe('a body that is no batch', () => {
  afterEach(assertNothingStored)
  const bodies: { name: string; body: string; status: number; code: string }[] = [
    { name: 'not JSON', body: '{"batch":', status: 400, code: 'invalid_json' },
    { name: 'empty', body: '', status: 400, code: 'invalid_json' },
    { name: 'a byte order mark', body: `\uFEFF${body}`, status: 400, code: 'invalid_json' },
    { name: 'a list', body: '[]', status: 400, code: 'invalid_batch' },
    { name: 'null', body: 'null', status: 400, code: 'invalid_batch' },
    { name: 'without batch', body: '{}', status: 400, code: 'invalid_batch' },
    {
      name: 'a batch that is an object',
      body: '{"batch":{}}',
      status: 400,
      code: 'invalid_batch',
    },
    {
      name: 'a batch under __proto__',
      body: '{"__proto__":{"batch":[]}}',
      status: 400,
      code: 'invalid_batch',
    },
    {
      name: '1001 entries',
      body: JSON.stringify({ batch: Array(1001).fill(null) }),
      status: 413,
      code: 'too_many_entries',
    },
  ]

  test.each(bodies)('$name: $status $code', async ({ body: sent, status, code }) => {
    const answer = await store.post(sent)
    expect(answer.status).toBe(status)
    const { error } = (await answer.json()) as ErrorAnswer
    expect(error.code).toBe(code)
    expect(error.message.length).toBeGreaterThan(10)
  })

  test.each(['text/plain', 'application/jsonp', 'application/x-www-form-urlencoded', ''])(
    'of the content type "%s" is refused before anything else',
    async (type) => {
      const { status, answer } = await postWith((headers) => ({ ...headers, 'Content-Type': type }))
      expect({ status, code: answer.error.code }).toEqual({
        status: 415,
        code: 'unsupported_media_type',
      })
    },
  )
})

test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;charset=x'])(
  'the content type "%s" is taken',
  async (type) => {
    const { status } = await postWith((headers) => ({ ...headers, 'Content-Type': type }))
    expect(status).toBe(200)
  },
)

test('an unknown path and a wrong method have the error form of all others', async () => {
  for (const [path, method] of [
    ['/segment/nothing', 'POST'],
    ['/segment/events', 'GET'],
  ] as const) {
    const answer = await store.app.request(path, { method })
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 404,
      body: {
        error: {
          code: 'not_found',
          message: `No ${method} ${path} here`,
          docs: '/docs/errors/not_found',
        },
      },
    })
  }
})

describe('over a real connection', () => {
  let server: Server
  let port: number
  beforeEach(async () => {
    await new Promise<void>((resolve) => {
      server = serve({ fetch: store.app.fetch, hostname: '127.0.0.1', port: 0 }, () =>
        resolve(),
      ) as Server
    })
    port = (server.address() as AddressInfo).port
  })
  afterEach(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )

  function send(
    headers: Record<string, string | number>,
    chunks: readonly (string | Buffer)[],
  ): Promise<{ status: number; text: string; headers: http.IncomingHttpHeaders }> {
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host: '127.0.0.1', port, path: '/segment/events', method: 'POST', headers },
        async (response) => {
          let text = ''
          for await (const chunk of response) text += chunk
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers })
        },
      )
      // The store may hang up on a body that it will not read; the answer has come before.
      request.on('error', reject)
      for (const chunk of chunks) request.write(chunk)
      request.end()
    })
  }

  const megabyte = Buffer.alloc(1024 * 1024, ' ')

  test('a body of 17 MB with its length is refused', async () => {
    const { headers } = signedRequest(body, { nowMs: store.clock.now() })
    const tooMuch = Array(17).fill(megabyte)
    const answer = await send({ ...headers, 'Content-Length': 17 * megabyte.length }, tooMuch)
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text).error.code).toBe('body_too_large')
  })

  test('a body of 17 MB in chunks is refused', async () => {
    const { headers } = signedRequest(body, { nowMs: store.clock.now() })
    const answer = await send(
      { ...headers, 'Transfer-Encoding': 'chunked' },
      Array(17).fill(megabyte),
    )
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text).error.code).toBe('body_too_large')
    await assertNothingStored()
  })

  test('a body of 15 MB in chunks is taken', async () => {
    const large = `${body}${' '.repeat(15 * 1024 * 1024)}`
    const { headers } = signedRequest(large, { nowMs: store.clock.now() })
    const answer = await send({ ...headers, 'Transfer-Encoding': 'chunked' }, [large])
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text).results).toMatchObject([{ outcome: 'accepted' }])
  })

  test('the signature is of the bytes as sent: invalid UTF-8 verifies and is stored repaired', async () => {
    const page = { type: 'page', messageId: 'm', userId: 'u', name: 'caf?' }
    const bytes = Buffer.from(JSON.stringify(batchOf([page])))
    bytes[bytes.indexOf('caf?') + 3] = 0xe9
    const { headers } = signedRequest(bytes as unknown as string, { nowMs: store.clock.now() })
    expect((await send(headers, [bytes])).status).toBe(200)
    const [row] = await database.query<{ name: string }>(
      "select raw::json ->> 'name' as name from messages",
    )
    expect(row?.name).toBe('caf\uFFFD')
  })

  test('connections that are slow to send do not keep others out', async () => {
    const slow = Array.from({ length: 70 }, () => {
      const { headers } = signedRequest(body, { nowMs: store.clock.now() })
      const request = http.request({
        host: '127.0.0.1',
        port,
        path: '/segment/events',
        method: 'POST',
        headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        agent: false,
      })
      request.on('error', () => {}) // ended by us below
      request.write(body.slice(0, 10))
      return request
    })
    await Promise.all(
      slow.map(
        (request) =>
          new Promise((resolve) =>
            request.on('socket', (socket) => {
              if (socket.connecting) socket.once('connect', resolve)
              else resolve(null)
            }),
          ),
      ),
    )
    const { headers } = signedRequest(body, { nowMs: store.clock.now() })
    const answer = await send(headers, [body])
    for (const request of slow) request.destroy()
    expect(answer.status).toBe(200)
  })
})

describe('a ping: a signed batch of nothing', () => {
  afterEach(assertNothingStored)
  const ping = JSON.stringify({ batch: [] })

  test('is answered with no results, and touches no database', async () => {
    const pool = database.createPool()
    await pool.end()
    const answer = await createTestStore(database, { pool }).post(ping)
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 200,
      body: { results: [] },
    })
  })

  test('is refused with a wrong secret', async () => {
    const answer = await store.post(ping, { secrets: ['not-the-secret-0000000'] })
    expect(answer.status).toBe(401)
  })
})
