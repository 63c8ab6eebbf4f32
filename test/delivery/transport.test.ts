import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import {
  type ClosableTransport,
  createTransport,
  isPrivate,
  type OutgoingRequest,
} from '../../delivery/transport.ts'
import {
  cutOff,
  json,
  type RecordingServer,
  redirect,
  refusingUrl,
  reset,
  silent,
  stalled,
  startRecordingServer,
  text,
} from '../support/recording-server.ts'

let receiver: RecordingServer
let open: ClosableTransport
beforeEach(async () => {
  receiver = await startRecordingServer(text(200, 'ok'))
  open = createTransport({ allowPrivateAddresses: true })
})
afterEach(async () => {
  open.close()
  await receiver.close()
})

function requestTo(url: string, over: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { url, headers: { 'X-Own': 'yes' }, body: '{"ä":1}', timeoutMs: 5000, ...over }
}

test('posts the body as it is and resolves with what was answered', async () => {
  receiver.otherwise(json(202, { id: 7 }, { 'Retry-After': '3' }))
  const answer = await open.send(requestTo(`${receiver.url}/a/b?c=d`))
  expect(answer).toMatchObject({ status: 202, body: '{"id":7}' })
  expect(answer.headers['retry-after']).toBe('3')
  expect(receiver.requests).toMatchObject([
    {
      method: 'POST',
      path: '/a/b?c=d',
      headers: { 'x-own': 'yes', 'content-length': '8' },
      body: Buffer.from('{"ä":1}'),
    },
  ])
})

test('uses a connection again', async () => {
  const sockets = new Set<unknown>()
  receiver.otherwise((response) => {
    sockets.add(response.socket)
    response.end('x'.repeat(100_000))
  })
  for (let at = 0; at < 3; at++) {
    await open.send(requestTo(receiver.url))
    // A connection is free once its request was written whole, which a fast answer may be ahead of.
    await new Promise(setImmediate)
  }
  expect(sockets.size).toBe(1)
})

test.each([301, 302, 303, 307, 308])('does not follow a %d', async (status) => {
  receiver.otherwise(redirect(status, `${receiver.url}/elsewhere`))
  expect(await open.send(requestTo(`${receiver.url}/here`))).toMatchObject({ status })
  expect(receiver.requests.map(({ path }) => path)).toEqual(['/here'])
})

describe('an answer of any length', () => {
  const MOST = 512 * 1024

  test('is cut to its first 512 KB', async () => {
    receiver.otherwise(text(200, 'x'.repeat(2 * MOST)))
    const { body } = await open.send(requestTo(receiver.url))
    expect(body).toHaveLength(MOST)
  })

  test('that never ends costs the receiver its connection, and is an answer', async () => {
    const closed = new Promise((resolve) => {
      receiver.otherwise((response) => {
        response.on('close', resolve)
        response.writeHead(200)
        const more = () => {
          while (response.write('x'.repeat(65_536)));
        }
        response.on('drain', more)
        more()
      })
    })
    const answer = await open.send(requestTo(receiver.url))
    expect(answer.status).toBe(200)
    expect(answer.body).toHaveLength(MOST)
    await closed
  })
})

describe('a receiver that fails', () => {
  const faults: {
    name: string
    answer: Parameters<typeof startRecordingServer>[0]
    code: string
  }[] = [
    { name: 'resets the connection', answer: reset, code: 'UNAVAILABLE' },
    {
      name: 'ends within a counted answer',
      answer: cutOff('{"a":1}', 'length'),
      code: 'UNAVAILABLE',
    },
    {
      name: 'ends within a chunked answer',
      answer: cutOff('{"a":1}', 'chunked'),
      code: 'UNAVAILABLE',
    },
    {
      name: 'speaks no HTTP',
      answer: ({ socket }) => void socket?.end('SSH-2.0-OpenSSH_9.6\r\n'),
      code: 'UNAVAILABLE',
    },
    {
      name: 'changes to another protocol',
      answer: ({ socket }) =>
        void socket?.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
        ),
      code: 'UNAVAILABLE',
    },
    {
      name: 'sends headers without end',
      answer: ({ socket }) =>
        void socket?.write(`HTTP/1.1 200 OK\r\n${'X-Much: more\r\n'.repeat(5000)}`),
      code: 'UNAVAILABLE',
    },
  ]
  test.each(faults)('and $name is an error that may pass', async ({ answer, code }) => {
    receiver.otherwise(answer)
    await expect(open.send(requestTo(receiver.url))).rejects.toMatchObject({
      name: 'TrackLayerError',
      code,
      retryable: true,
    })
  })

  test('by not listening is named', async () => {
    await expect(open.send(requestTo(await refusingUrl()))).rejects.toThrow('ECONNREFUSED')
  })

  test.each([
    { name: 'never answers', answer: silent },
    { name: 'never ends its answer', answer: stalled('{"a":1}') },
  ])('and $name is left at the deadline', async ({ answer }) => {
    receiver.otherwise(answer)
    await expect(open.send(requestTo(receiver.url, { timeoutMs: 40 }))).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: 'no answer within 40 ms',
    })
  })

  test('and drips its answer is left at the deadline as well', async () => {
    receiver.otherwise((response) => {
      const drip = setInterval(() => response.write('x'), 5)
      response.on('close', () => clearInterval(drip))
    })
    await expect(open.send(requestTo(receiver.url, { timeoutMs: 60 }))).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
  })
})

describe('private addresses', () => {
  const guarded = createTransport({ allowPrivateAddresses: false })
  afterAll(() => guarded.close())
  const port = () => new URL(receiver.url).port

  test.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0',
    '10.0.0.1',
    '169.254.169.254',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a00:1]',
    '[fe80::1]',
    '[fd00::1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
  ])('%s is refused', async (host) => {
    await expect(guarded.send(requestTo(`http://${host}:${port()}/`))).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringContaining('TRACKLAYER_ALLOW_PRIVATE_ADDRESSES=true'),
    })
    expect(receiver.requests).toEqual([])
  })

  test.each(['localhost', 'LOCALHOST'])(
    'the name %s is refused once it resolves to one',
    async (host) => {
      await expect(guarded.send(requestTo(`http://${host}:${port()}/`))).rejects.toMatchObject({
        code: 'SETTINGS_INVALID',
        message: expect.stringContaining('is a private address'),
      })
      expect(receiver.requests).toEqual([])
    },
  )

  test('are reached where that is allowed', async () => {
    expect(await open.send(requestTo(`http://localhost:${port()}/`))).toMatchObject({ status: 200 })
  })

  test('a name that resolves to nothing is an error that may pass', async () => {
    await expect(guarded.send(requestTo('http://nobody.invalid/'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })

  test.each([
    ['0.0.0.0', true],
    ['9.255.255.255', false],
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['100.63.255.255', false],
    ['100.64.0.0', true],
    ['100.127.255.255', true],
    ['100.128.0.0', false],
    ['126.255.255.255', false],
    ['127.255.255.255', true],
    ['169.253.255.255', false],
    ['169.254.0.1', true],
    ['172.15.255.255', false],
    ['172.16.0.0', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['192.0.0.8', true],
    ['192.0.2.1', true],
    ['192.167.255.255', false],
    ['192.168.0.1', true],
    ['198.17.255.255', false],
    ['198.19.0.0', true],
    ['223.255.255.255', false],
    ['224.0.0.1', true],
    ['255.255.255.255', true],
    ['8.8.8.8', false],
    ['::', true],
    ['::1', true],
    ['::2', true],
    ['::ffff:8.8.8.8', false],
    ['::ffff:808:808', false],
    ['::ffff:a9fe:a9fe', true],
    ['1fff::1', true],
    ['4000::1', true],
    ['3fff::1', true],
    ['3ffe::1', false],
    ['::ffff:10.0.0.1', true],
    ['::FFFF:7f00:1', true],
    ['64:ff9b::808:808', true],
    ['64:ff9b:1::1', true],
    ['100::1', true],
    ['2001:0:1::', true],
    ['2001:db8::1', true],
    ['2002:808:808::', true],
    ['2a00:1450:4001:80b::200e', false],
    ['2606:4700::1111', false],
    ['fbff::1', true],
    ['fc00::1', true],
    ['fe80::1', true],
    ['fec0::1', true],
    ['ff02::1', true],
  ])('isPrivate(%s) is %s', (address, want) => {
    expect(isPrivate(address)).toBe(want)
  })
})

test('close() ends idle connections', async () => {
  await open.send(requestTo(receiver.url))
  open.close()
  const idle = http.globalAgent.sockets
  expect(Object.keys(idle)).toEqual([])
  await receiver.close()
  // Its server could not close while a connection was open; a fresh one takes the same port.
  const { port } = new URL(receiver.url)
  const again = net.createServer()
  await new Promise<void>((resolve) => again.listen(Number(port), '127.0.0.1', resolve))
  expect((again.address() as AddressInfo).port).toBe(Number(port))
  await new Promise((resolve) => again.close(resolve))
})
