// Settings of the destination function, and inputs no source would let in. A wrong setting is a RetryError: a typing
// error must not lose what happens meanwhile.
import type { JsonObject } from '../../core/json.ts'
import { openBundleRealm } from '../support/bundle-realm.ts'
import {
  destinationSettings,
  order,
  ownReturn,
  SECRET,
  singleHandlers,
  useFunctionStage,
} from '../support/function-stage.ts'
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts'
import { accepting, idsOf } from '../support/store-answers.ts'

const stage = useFunctionStage()
const realm = openBundleRealm()

let store: RecordingServer
beforeEach(async () => {
  store = await startRecordingServer(accepting)
})
afterEach(() => store.close())

/** What a handler made of its input: `returned: …` or `<error name>: <message>`. */
async function call(handler: string, payload: string, settings: unknown): Promise<string> {
  const outcome = await realm.invoke(handler, payload, JSON.stringify(settings))
  return outcome.kind === 'returned'
    ? `returned: ${outcome.returned}`
    : `${outcome.error.name}: ${outcome.error.message}`
}

/** The same message through `onTrack` and through `onBatch`. */
async function callBoth(settings: unknown, message: JsonObject = order('m1')): Promise<string[]> {
  const text = JSON.stringify(message)
  return [await call('onTrack', text, settings), await call('onBatch', `[${text}]`, settings)]
}

const WELL = ['returned: undefined', 'returned: [{"status":200}]']

describe('a setting that is missing', () => {
  test.each(
    ['storeUrl', 'account', 'environment', 'secret'].flatMap((name) =>
      [undefined, null, '', '   ', 7, ['x']].map((value) => ({ name, value })),
    ),
  )('$name: $value', async ({ name, value }) => {
    const said = await callBoth(destinationSettings(store.url, { [name]: value }))
    expect(said).toEqual(
      Array(2).fill(`RetryError: Setting "${name}" is empty; fill it in the function's settings`),
    )
    expect(store.requests).toEqual([])
  })

  test('all of them, in whatever form nothing comes', async () => {
    for (const settings of [{}, null]) {
      expect(await callBoth(settings)).toEqual(
        Array(2).fill(expect.stringMatching(/^RetryError: Setting "storeUrl" is empty/)),
      )
    }
  })

  test('is seen before anything is filtered, so that it shows at once', async () => {
    const said = await callBoth(destinationSettings(store.url, { secret: '' }), ownReturn('m1'))
    expect(said).toEqual(Array(2).fill(expect.stringMatching(/^RetryError: Setting "secret"/)))
  })

  test('is retried by the host until it is filled in, in single handlers and batches', async () => {
    const { addDestination, send, statuses } = await stage()
    await addDestination({ settings: { secret: '' } })
    await addDestination({ name: 'single', file: singleHandlers(), settings: { account: '' } })
    await send(order('m1'))
    expect(statuses()).toEqual([
      `retrying: Retry: Setting "secret" is empty; fill it in the function's settings`,
      `retrying: Retry: Setting "account" is empty; fill it in the function's settings`,
    ])
  })
})

describe('the store’s address', () => {
  test.each([
    'http://tracklayer.example.com',
    'http://10.0.0.1:8080',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://localhost:8080@example.com',
    'http://127.0.0.1@example.com/',
    'http://0.0.0.0:8080',
    'ftp://tracklayer.example.com',
    'tracklayer.example.com',
    '//tracklayer.example.com',
    'javascript:alert(1)',
    'https://',
    'https:///segment/events',
    'https://user:a-secret@tracklayer.example.com',
    'https://a-secret@tracklayer.example.com/base',
    'https://tracklayer.example.com?key=a-secret',
    'https://tracklayer.example.com/base?key=a-secret',
    'https://tracklayer.example.com#part',
    'https://tracklayer.example.com/ba se',
    'https://tracklayer.example.com\\@example.com',
  ])('%s is refused, and not repeated in the reason', async (storeUrl) => {
    const said = await callBoth(destinationSettings(storeUrl))
    expect(said).toEqual(
      Array(2).fill(
        'RetryError: Setting "storeUrl" must be an https:// address, e.g. https://tracklayer.example.com',
      ),
    )
  })

  test.each(['https://[', 'https://host:99999', 'https://%'])(
    '%s, which is none, is tried again as well',
    async (storeUrl) => {
      const said = await callBoth(destinationSettings(storeUrl))
      expect(said).toEqual(Array(2).fill(expect.stringMatching(/^RetryError: /)))
    },
  )

  test.each([
    { name: 'as it is', of: (url: string) => url, path: '/segment/events' },
    { name: 'a slash at its end', of: (url: string) => `${url}/`, path: '/segment/events' },
    { name: 'several', of: (url: string) => `${url}///`, path: '/segment/events' },
    { name: 'blanks around', of: (url: string) => ` ${url}\n`, path: '/segment/events' },
    { name: 'a path', of: (url: string) => `${url}/eu/store`, path: '/eu/store/segment/events' },
    {
      name: 'a path and a slash',
      of: (url: string) => `${url}/eu/`,
      path: '/eu/segment/events',
    },
    {
      name: 'localhost by name, in any case',
      of: (url: string) => url.replace('http://127.0.0.1', 'HTTP://LocalHost'),
      path: '/segment/events',
    },
  ])('$name', async ({ of, path }) => {
    expect(await callBoth(destinationSettings(of(store.url)))).toEqual(WELL)
    expect(store.requests.map((request) => request.path)).toEqual([path, path])
  })
})

test('blanks around a setting are no part of it', async () => {
  const said = await callBoth(
    destinationSettings(store.url, { account: ' acct_1 ', environment: 'production\n' }),
  )
  expect(said).toEqual(WELL)
  for (const { headers } of store.requests) {
    expect(headers).toMatchObject({
      'x-tracklayer-account': 'acct_1',
      'x-tracklayer-environment': 'production',
    })
  }
})

test('an account that cannot stand in a header is tried again', async () => {
  const said = await callBoth(destinationSettings(store.url, { account: 'acct\r\nX-Other: 1' }))
  expect(said).toEqual(Array(2).fill(expect.stringMatching(/^RetryError: Cannot reach the store/)))
  expect(store.requests).toEqual([])
})

describe('an entry that is no message', () => {
  const settings = () => destinationSettings(store.url)
  const NO_MESSAGE = 'not a Segment message: want an object with a known type'

  test.each(['null', '7', '"track"', '[]', '{}', '{"type":7}', '{"type":null}'])(
    '%s is named in a batch, and its neighbours are sent',
    async (entry) => {
      const payload = `[${JSON.stringify(order('m1'))},${entry},${JSON.stringify(order('m2'))}]`
      const said = await call('onBatch', payload, settings())
      expect(JSON.parse(said.slice('returned: '.length))).toEqual([
        { status: 200 },
        { status: 400, errormessage: NO_MESSAGE },
        { status: 200 },
      ])
      expect(store.requests.map(idsOf)).toEqual([['m1', 'm2']])
    },
  )

  test.each(['null', '7', '[]', '{}'])('%s in a single handler is not supported', async (entry) => {
    expect(await call('onTrack', entry, settings())).toMatch(/^EventNotSupported: /)
    expect(store.requests).toEqual([])
  })

  test('an empty batch is answered with nothing', async () => {
    expect(await call('onBatch', '[]', settings())).toBe('returned: []')
    expect(store.requests).toEqual([])
  })

  test('a type Segment does not know yet is the store’s to judge', async () => {
    const message = { ...order('m1'), type: 'later' }
    expect(await callBoth(settings(), message)).toEqual(WELL)
    const kinds = store.requests.map(({ body }) => JSON.parse(body.toString()).batch[0].kind)
    expect(kinds).toEqual(['unmapped', 'unmapped'])
  })
})

describe('a message nested too deeply to be written', () => {
  // As deep as 32 KB of brackets; JSON.parse does not mind, JSON.stringify does.
  const deep = (messageId: string | null) => {
    const text = JSON.stringify({ ...order('deep'), messageId, properties: { nest: 0 } })
    return text.replace('0}', `${'['.repeat(15_000)}${']'.repeat(15_000)}}`)
  }
  const REASON = 'message is nested too deeply to be written as JSON'

  test.each(['deep', null])('is discarded alone (message id: %s)', async (messageId) => {
    const [first, second] = [JSON.stringify(order('m1')), JSON.stringify(order('m2'))]
    const payload = `[${first},${deep(messageId)},${second}]`
    const said = await call('onBatch', payload, destinationSettings(store.url))
    expect(JSON.parse(said.slice('returned: '.length))).toEqual([
      { status: 200 },
      { status: 400, errormessage: REASON },
      { status: 200 },
    ])
    expect(store.requests.flatMap(idsOf).sort()).toEqual(['m1', 'm2'])
  })

  test('is discarded by a single handler', async () => {
    const said = await call('onTrack', deep('deep'), destinationSettings(store.url))
    expect(said).toBe(`InvalidEventPayload: Message "deep": ${REASON}`)
    expect(store.requests).toEqual([])
  })
})

test('no secret is in any reason of this file', async () => {
  const said = await Promise.all(
    [{ storeUrl: 'http://x' }, { account: '' }, { storeUrl: 'https://store.invalid' }].map(
      (wrong) => callBoth(destinationSettings(store.url, wrong)),
    ),
  )
  expect(said.flat().join()).not.toContain(SECRET)
})
