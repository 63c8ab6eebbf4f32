// The insert function from its bundle, in the host's kind of realm: built once with the mappings that are shipped, and
// once with a plan that blocks and a policy that has rules.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildFunctions } from '../../build/functions.ts'
import type { JsonObject } from '../../core/json.ts'
import { openBundleRealm } from '../support/bundle-realm.ts'
import {
  BUNDLES,
  functionFile,
  order,
  ownReturn,
  useFunctionStage,
} from '../support/function-stage.ts'
import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts'

const stage = useFunctionStage()
const ROOT = path.join(__dirname, '..', '..')
const folder = mkdtempSync(path.join(tmpdir(), 'tracklayer-insert-'))
const built = (name: string) => path.join(folder, 'dist', 'functions', name)

const PLAN = `version: '1'
name: Strict
on_violation: block
unplanned_properties: omit
events:
  - event: Order Completed
    properties:
      orderId: { type: string, required: true }
      revenue: { type: number, minimum: 0 }
      currency: { type: string }
calls:
  - { call: identify, on_violation: flag, traits: { email: { type: string }, name: { type: string }, plan: {} } }
`
const PII = `version: '1'
fields:
  email: { paths: [traits.email, properties.email] }
  name: { paths: [traits.name] }
  user: { paths: [userId] }
rules:
  - { fields: [email], action: hash }
  - { fields: [user], action: hmac }
destinations: { tracklayer: [email, user], braze: [user] }
`
const KEY = { piiKey: 'a-key-of-the-policy-0000000000000' }

beforeAll(async () => {
  const mappingsDir = path.join(folder, 'mappings')
  mkdirSync(mappingsDir)
  writeFileSync(
    path.join(mappingsDir, 'events.yaml'),
    readFileSync(path.join(ROOT, 'mappings', 'events.yaml')),
  )
  writeFileSync(path.join(mappingsDir, 'tracking-plan.yaml'), PLAN)
  writeFileSync(path.join(mappingsDir, 'pii.yaml'), PII)
  await buildFunctions({ root: ROOT, mappingsDir, outDir: path.join(folder, 'dist') })
})
afterAll(() => rmSync(folder, { recursive: true }))

const shipped = () => openBundleRealm('insert')
const strict = () => openBundleRealm('insert', undefined, built('insert.js'))

async function call(
  realm: ReturnType<typeof shipped>,
  handler: string,
  payload: unknown,
  settings: object = KEY,
) {
  const outcome = await realm.invoke(handler, JSON.stringify(payload), JSON.stringify(settings))
  if (outcome.kind === 'threw') return `${outcome.error.name}: ${outcome.error.message}`
  return JSON.parse(outcome.returned ?? 'null')
}

describe('with the mappings that are shipped', () => {
  const CALLS = {
    onTrack: 'track',
    onIdentify: 'identify',
    onPage: 'page',
    onScreen: 'screen',
    onGroup: 'group',
    onAlias: 'alias',
    onDelete: 'delete',
  }

  test.each(Object.entries(CALLS))(
    '%s gives back a message that the plan says nothing of',
    async (handler, type) => {
      const message = {
        type,
        event: 'Anything',
        userId: 'u',
        context: [],
        properties: { any: 1 },
        messageId: 'm',
      }
      expect(await call(shipped(), handler, message, {})).toEqual(message)
    },
  )

  test('flags: the message passes with its violations on it', async () => {
    const message = {
      ...order('m1', { order_id: 'no' }),
      context: { protocols: { sourceId: 's' } },
    }
    const returned = await call(shipped(), 'onTrack', message, {})
    expect(returned).toEqual({
      ...message,
      context: {
        protocols: {
          sourceId: 's',
          violations: ['order_id', 'total', 'currency', 'products'].map((name) => ({
            type: { order_id: 'Pattern', currency: 'Enum' }[name] ?? 'Required',
            field: `properties.${name}`,
            description: expect.stringContaining(`properties.${name} `),
          })),
        },
      },
    })
  })

  test('what TrackLayer itself sent is not looked at', async () => {
    const message = { ...ownReturn('m1'), event: 'Order Completed', properties: {} }
    expect(await call(shipped(), 'onTrack', message, {})).toEqual(message)
  })

  test('what is no message is refused alone, and in a batch keeps its place', async () => {
    expect(await call(shipped(), 'onTrack', 'text')).toMatch(/^InvalidEventPayload: /)
    expect(await call(shipped(), 'onBatch', [null, 'text', 7])).toEqual([null, 'text', 7])
  })
})

describe('with a plan that blocks and a policy', () => {
  const bad = {
    ...order('bad'),
    properties: { revenue: -1, email: 'Jane@Example.com' },
    context: { ip: '203.0.113.7' },
  }

  test('a blocked message is dropped, with every reason', async () => {
    expect(await call(strict(), 'onTrack', bad)).toBe(
      'DropEvent: Blocked by the tracking plan: properties.orderId is required; properties.revenue is less than 0',
    )
  })

  test('unplanned properties are taken off and named, and no violation', async () => {
    const returned = await call(strict(), 'onTrack', order('m1', { coupon: 'X' }))
    expect(returned.properties).toEqual({ orderId: 'order-m1', revenue: 12.5, currency: 'eur' })
    expect(returned.context).toEqual({ protocols: { omitted: ['properties.coupon'] } })
  })

  test('the policy runs after the plan, and lets a destination have only what is on its list', async () => {
    const message = {
      type: 'identify',
      userId: 'u1',
      messageId: 'm',
      traits: { email: 'Jane@Example.com', name: 7, plan: 'a' },
    }
    const returned = await call(strict(), 'onIdentify', message, { ...KEY, destination: 'braze' })
    expect(returned.traits).toEqual({ plan: 'a' })
    expect(returned.userId).toMatch(/^[0-9a-f]{64}$/)
    expect(returned.context.protocols.violations).toEqual([
      {
        type: 'Invalid Type',
        field: 'traits.name',
        description: 'traits.name is of type number, want string',
      },
    ])
  })

  test('nothing passes while the key is missing, and nothing is lost', async () => {
    const why = 'RetryError: Setting "piiKey" is empty; fill it in the function\'s settings'
    expect(await call(strict(), 'onTrack', order('m1'), {})).toBe(why)
    expect(await call(strict(), 'onBatch', [order('m1')], {})).toBe(why)
  })

  test('the key is a setting of insert and destination function, and of no other', () => {
    const names = (kind: string) =>
      JSON.parse(readFileSync(built(`${kind}.settings.json`), 'utf8')).map(
        ({ name }: JsonObject) => name,
      )
    expect(
      ['insert', 'destination', 'source'].map((kind) => names(kind).includes('piiKey')),
    ).toEqual([true, true, false])
  })

  test('a batch keeps length and order: what is blocked stays in its place without its content', async () => {
    const batch = [
      order('m0'),
      bad,
      order('m2'),
      { type: 'identify', userId: 'u', messageId: 'm3', traits: { plan: 'a' } },
    ]
    const returned: JsonObject[] = await call(strict(), 'onBatch', batch)
    expect(returned.map(({ messageId }) => messageId)).toEqual(['m0', 'bad', 'm2', 'm3'])
    expect(returned[1]).toEqual({
      type: 'track',
      event: 'Blocked by Tracking Plan',
      messageId: 'bad',
      userId: expect.stringMatching(/^[0-9a-f]{64}$/),
      timestamp: '2026-01-15T08:59:00.000Z',
      properties: { blocked_event: 'Order Completed' },
      context: {
        protocols: {
          omitted: ['properties.email'],
          violations: [expect.anything(), expect.anything()],
        },
        tracklayer: { origin: 'tracklayer' },
      },
      integrations: { All: false },
    })
    expect(JSON.stringify(returned)).not.toMatch(/jane|203\.0/i)
  })

  test('batch and single handlers say the same of every message that passes', async () => {
    const messages = [
      order('a'),
      order('b', { more: 1 }),
      { type: 'identify', userId: 'u', messageId: 'c', traits: { email: 'A@b.co' } },
    ]
    const single = await Promise.all(
      messages.map((one) => call(strict(), one.type === 'track' ? 'onTrack' : 'onIdentify', one)),
    )
    expect(await call(strict(), 'onBatch', messages)).toEqual(single)
  })

  test('insert and destination function one after the other hash once', async () => {
    const message = {
      type: 'identify',
      userId: 'u1',
      messageId: 'm',
      timestamp: '2026-01-15T08:59:00.000Z',
      traits: { email: 'Jane@Example.com', name: 'Jane' },
    }
    const store = await startRecordingServer((response) =>
      response.end('{"results":[{"status":200}]}'),
    )
    const settings = { storeUrl: store.url, account: 'a', environment: 'e', secret: 's', ...KEY }
    const destination = openBundleRealm('destination', undefined, built('destination.js'))
    const inserted = await call(strict(), 'onIdentify', message)
    for (const one of [message, inserted]) await call(destination, 'onIdentify', one, settings)
    await store.close()
    const [alone, both] = store.requests.map(
      ({ body }) => JSON.parse(body.toString()).batch[0].message,
    )
    const { name: _, ...kept } = inserted.traits
    expect(alone.traits).toEqual(kept)
    expect(both.traits).toEqual(kept)
    expect([alone.userId, both.userId]).toEqual([inserted.userId, inserted.userId])
    expect(kept.email).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('Violation Generated', () => {
  let source: RecordingServer
  beforeEach(async () => {
    source = await startRecordingServer((response) => response.end('{"success":true}'))
  })
  afterEach(() => source.close())
  const settings = () => ({ ...KEY, violationsWriteKey: 'wk_violations', trackingApi: source.url })
  const bodies = () =>
    source.requests.map(({ path: at, body }) => ({ at, ...JSON.parse(body.toString()) }))

  test('one for each violation, blocked or flagged, in one request, the same at each retry', async () => {
    const bad = { ...order('bad'), properties: { revenue: -1 } }
    for (let nth = 0; nth < 2; nth++) await call(strict(), 'onTrack', bad, settings())
    const flagged = { type: 'identify', userId: 'u', messageId: 'm3', traits: { name: 7 } }
    await call(strict(), 'onBatch', [order('fine'), bad, flagged], settings())
    const [first, again, batch] = bodies()
    expect(again).toEqual(first)
    expect(first).toMatchObject({ at: '/v1/batch', writeKey: 'wk_violations' })
    expect(first.batch).toHaveLength(2)
    expect(first.batch[0]).toEqual({
      type: 'track',
      event: 'Violation Generated',
      userId: 'schema-violations',
      messageId: expect.stringMatching(/^sch-[0-9a-f]{40}$/),
      context: { tracklayer: { origin: 'tracklayer' } },
      properties: {
        eventMessageID: 'bad',
        eventName: 'Order Completed',
        eventType: 'track',
        eventTimestamp: '2026-01-15T08:59:00.000Z',
        trackingPlanName: 'Strict',
        trackingPlanVersion: expect.stringMatching(/^1\+[0-9a-f]{6}$/),
        action: 'block',
        violationType: 'Required',
        violationField: 'properties.orderId',
        violationDescription: 'properties.orderId is required',
      },
    })
    expect(batch.batch.map(({ messageId }: JsonObject) => messageId).slice(0, 2)).toEqual(
      first.batch.map(({ messageId }: JsonObject) => messageId),
    )
    expect(batch.batch[2].properties).toMatchObject({ eventName: 'identify', action: 'flag' })
  })

  test('no violation, no request', async () => {
    await call(strict(), 'onTrack', order('m1', { more: 1 }), settings())
    expect(source.requests).toEqual([])
  })

  test.each([
    {
      name: 'an answer that is not 200',
      prepare: () => source.next((response) => response.writeHead(500).end()),
    },
    { name: 'a broken connection', prepare: () => source.next((response) => response.destroy()) },
  ])('$name does not hold the event up', async ({ prepare }) => {
    prepare()
    const flagged = { type: 'identify', userId: 'u', messageId: 'm3', traits: { name: 7 } }
    expect(await call(strict(), 'onIdentify', flagged, settings())).toMatchObject({
      messageId: 'm3',
    })
    expect(source.requests).toHaveLength(1)
  })

  test('the write key goes to no address without encryption', async () => {
    const flagged = { type: 'identify', userId: 'u', messageId: 'm3', traits: { name: 7 } }
    // Reachable all the same: only the function's own look at it keeps the key here.
    const trackingApi = source.url.replace('http://', 'http://user:word@')
    expect(
      await call(strict(), 'onIdentify', flagged, { ...settings(), trackingApi }),
    ).toMatchObject({ messageId: 'm3' })
    expect(source.requests).toEqual([])
  })
})

test('in the workspace: what is flagged reaches the store with its violations, what is blocked never does', async () => {
  const through = async (file: string) => {
    const { addDestination, send, statuses, store } = await stage()
    // Without its batch handler, as the host runs it below about a message a second.
    const single = functionFile(path.basename(file), `${readFileSync(file)}\nonBatch = undefined`)
    await addDestination({ insert: { file: single, settings: KEY }, settings: KEY })
    await send({ ...order('m1'), properties: { revenue: -1 } })
    const entries = store.requests.flatMap(({ body }) => JSON.parse(body.toString()).batch)
    return {
      statuses: statuses(),
      violations: entries.map(({ message }) => message.context.protocols.violations.length),
    }
  }
  expect(await through(BUNDLES.insert)).toEqual({ statuses: ['delivered'], violations: [5] })
  expect(await through(built('insert.js'))).toEqual({
    statuses: [
      'discarded: Filtered at insert function: Blocked by the tracking plan: properties.orderId is required; properties.revenue is less than 0',
    ],
    violations: [],
  })
})

test('in the workspace: what is blocked in a batch ends at the destination function', async () => {
  const { addDestination, clock, inject, statuses, store } = await stage()
  await addDestination({ insert: { file: built('insert.js'), settings: KEY }, settings: KEY })
  inject({ ...order('m1'), properties: { revenue: -1 } })
  // The insert function's window of ten seconds, then the destination's of one.
  await clock.advance(12_000)
  expect(statuses()).toEqual(['delivered'])
  expect(store.requests).toEqual([])
})
