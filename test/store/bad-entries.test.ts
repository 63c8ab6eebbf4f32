import type { BatchEntry } from '../../core/batch.ts'
import { canonicalise } from '../../core/canonicalise.ts'
import type { JsonObject } from '../../core/json.ts'
import { table } from '../core/support/table.ts'
import { useDatabase } from '../support/database.ts'
import { batchOf, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, resultsOf, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

const entryOf = (message: JsonObject): BatchEntry => canonicalise(message, table)
const neighbours = [entryOf(orderMessage('before')), entryOf(orderMessage('after'))] as const

/** Posts the entry, given as JSON text, between two good ones, and alone; returns its results. */
async function sendBoth(entryText: string) {
  const [before, after] = neighbours.map((entry) => JSON.stringify(entry))
  const answer = await store.post(`{"batch":[${before},${entryText},${after}]}`)
  expect(answer.status).toBe(200)
  const [first, among, last] = await resultsOf(answer)
  expect([first, last]).toEqual([
    { message_id: 'msg-before', status: 200, outcome: 'accepted', event_id: 'seg_msg-before' },
    { message_id: 'msg-after', status: 200, outcome: 'accepted', event_id: 'seg_msg-after' },
  ])
  await database.clear()
  const alone = await store.post(`{"batch":[${entryText}]}`)
  expect(alone.status).toBe(200)
  return { among, alone: (await resultsOf(alone))[0] }
}

const order = entryOf(orderMessage('odd')) as unknown as JsonObject
const withCanonical = (over: JsonObject) =>
  JSON.stringify({ ...order, canonical: { ...(order.canonical as JsonObject), ...over } })
const withProperties = (over: JsonObject) =>
  withCanonical({
    properties: { ...((order.canonical as JsonObject).properties as JsonObject), ...over },
  })
const deep = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`

describe('an entry that can never be accepted is rejected with its reason, and its neighbours pass', () => {
  const cases: { name: string; text: string; reason: string | RegExp; messageId?: string }[] = [
    { name: 'null', text: 'null', reason: 'entry has no "message" object' },
    { name: 'a number', text: '7', reason: 'entry has no "message" object' },
    { name: 'a list', text: '[{"message":{}}]', reason: 'entry has no "message" object' },
    { name: 'no message', text: '{"kind":"event"}', reason: 'entry has no "message" object' },
    {
      name: 'a message that is text',
      text: '{"message":"hello","kind":"event"}',
      reason: 'entry has no "message" object',
    },
    {
      name: 'a message under __proto__ only',
      text: '{"__proto__":{"message":{"messageId":"m"}},"kind":"unmapped"}',
      reason: 'entry has no "message" object',
    },
    {
      name: 'an unknown kind',
      text: '{"message":{"messageId":"m"},"kind":"order","canonical":null,"warnings":[]}',
      reason:
        'kind "order" is unknown; want one of event, profile, audience, group, alias, delete, unmapped',
      messageId: 'm',
    },
    {
      name: 'no kind',
      text: '{"message":{"messageId":"m"}}',
      reason: /^kind of type undefined is unknown/,
      messageId: 'm',
    },
    {
      name: 'a kind that cannot be text',
      text: '{"message":{"messageId":"m"},"kind":{"toString":1,"valueOf":1}}',
      reason: /^kind of type object is unknown/,
      messageId: 'm',
    },
    {
      name: 'a messageId of 256 characters',
      text: JSON.stringify(entryOf(orderMessage('odd', { messageId: 'm'.repeat(256) }))),
      reason: 'messageId is longer than 255 characters',
      messageId: 'm'.repeat(255),
    },
    {
      name: 'an event without a canonical event',
      text: JSON.stringify({ ...order, canonical: null }),
      reason: 'kind is "event" but "canonical" is no object',
      messageId: 'msg-odd',
    },
    {
      name: 'an event without a name',
      text: withCanonical({ tracklayer_event: '' }),
      reason: 'canonical.tracklayer_event is not a name',
      messageId: 'msg-odd',
    },
    {
      name: 'an event with a name of 256 characters',
      text: withCanonical({ tracklayer_event: 'n'.repeat(256) }),
      reason: 'canonical.tracklayer_event is not a name',
      messageId: 'msg-odd',
    },
    {
      name: 'an event without an event id',
      text: withCanonical({ properties: {} }),
      reason: 'canonical.properties.event_id is missing',
      messageId: 'msg-odd',
    },
    {
      name: 'an event id of 260 characters',
      text: withProperties({ event_id: 'e'.repeat(260) }),
      reason: 'canonical.properties.event_id is too long',
      messageId: 'msg-odd',
    },
    {
      name: 'properties nested 100,000 deep in the canonical event',
      text: withProperties({ deep: 0 }).replace('"deep":0', `"deep":${deep(100_000)}`),
      reason: 'message is nested too deeply to be stored',
      messageId: 'msg-odd',
    },
    {
      name: 'a message nested 100,000 deep',
      text: `{"message":{"messageId":"m","x":${deep(100_000)}},"kind":"unmapped","canonical":null}`,
      reason: 'message is nested too deeply to be stored',
      messageId: 'm',
    },
    {
      name: 'traits nested 100,000 deep',
      text: `{"message":{"messageId":"m","userId":"u","traits":{"x":${deep(100_000)}}},"kind":"profile"}`,
      reason: 'message is nested too deeply to be stored',
      messageId: 'm',
    },
  ]

  test.each(cases)('$name', async ({ text, reason, messageId = '' }) => {
    const { among, alone } = await sendBoth(text)
    expect(alone).toEqual(among)
    expect(among).toEqual({
      message_id: messageId,
      status: 400,
      outcome: 'rejected',
      reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
    })
    expect(await database.query('select message_id, reason from rejections')).toEqual([
      { message_id: messageId, reason: among?.reason },
    ])
    expect(await database.query('select message_id from messages')).toEqual([])
  })
})

describe('an entry that PostgreSQL finds hard is stored, texts of columns repaired, and its neighbours pass', () => {
  const cases: { name: string; text: string; stored?: string; want?: unknown }[] = [
    {
      name: 'NUL in the canonical event',
      text: withProperties({ note: 'a\0b' }),
      stored: `select strpos(canonical, 'a\\u0000b') > 0 as found from events`,
      want: true,
    },
    {
      name: 'a lone surrogate in the canonical event',
      text: withProperties({ note: 'a\uD800b' }),
      stored: `select strpos(canonical, 'a\\ud800b') > 0 as found from events`,
      want: true,
    },
    {
      name: 'NUL in a key of the canonical event',
      text: withProperties({ 'no\0te': 1 }),
      stored: `select strpos(canonical, '\\u0000') > 0 as found from events`,
      want: true,
    },
    {
      name: 'NUL and a lone surrogate in an order id',
      text: withProperties({ order_id: 'o\0\uDC00' }),
      stored: 'select dedup_key as found from events',
      want: 'o\uFFFD\uFFFD',
    },
    {
      name: 'NUL in an event id',
      text: withProperties({ event_id: 'e\0' }),
      stored: 'select event_id as found from events',
      want: 'e\uFFFD',
    },
    {
      name: 'NUL in the raw message',
      text: JSON.stringify({ ...order, message: { ...(order.message as JsonObject), note: '\0' } }),
      stored: `select strpos(raw, '\\u0000') > 0 as found from messages`,
      want: true,
    },
    {
      name: 'NUL in a messageId',
      text: JSON.stringify(entryOf(orderMessage('odd', { messageId: 'm\0' }))),
      stored: 'select message_id as found from messages',
      want: 'm\uFFFD',
    },
    {
      name: 'NUL and a lone surrogate in a user id',
      text: JSON.stringify(entryOf(orderMessage('odd', { userId: 'u\0\uD83D' }))),
      stored: "select value as found from identifiers where type = 'user_id'",
      want: 'u\uFFFD\uFFFD',
    },
    {
      name: 'NUL in an email address',
      text: JSON.stringify(
        entryOf(orderMessage('odd', { context: { traits: { email: 'j\0@example.com' } } })),
      ),
      stored: "select value as found from identifiers where type = 'email'",
      want: 'j\uFFFD@example.com',
    },
    {
      name: 'NUL in a warning',
      text: JSON.stringify({ ...order, warnings: ['odd \0'] }),
      stored: 'select warnings ->> 0 as found from messages',
      want: 'odd \uFFFD',
    },
    {
      name: 'a number beyond measure in the canonical event',
      text: withProperties({ huge: 0 }).replace('"huge":0', '"huge":1e999999'),
      stored: "select canonical::json -> 'properties' -> 'huge' as found from events",
      want: null,
    },
    {
      name: 'a number beyond measure in the raw message',
      text: `{"message":{"messageId":"m","huge":1e999999},"kind":"unmapped","canonical":null}`,
      stored: 'select message_id as found from messages',
      want: 'm',
    },
    {
      name: 'a dedup key of 1,020 wide characters',
      text: withProperties({
        order_id: Array.from({ length: 1020 }, (_, at) =>
          String.fromCharCode(0x4e00 + ((at * 7919) % 20_000)),
        ).join(''),
      }),
      stored: 'select dedup_key as found from events',
      want: null,
    },
    {
      name: 'keys named __proto__ and constructor',
      text: withProperties({ a: 0 }).replace('"a":0', '"__proto__":{"x":1},"constructor":2'),
      stored: "select canonical::json -> 'properties' -> '__proto__' ->> 'x' as found from events",
      want: '1',
    },
    {
      name: 'warnings that are no texts',
      text: JSON.stringify({
        ...order,
        warnings: [7, null, { toString: 1, valueOf: 1 }, ['a'], 'said'],
      }),
      stored: 'select warnings -> -1 as found from messages',
      want: 'said',
    },
    {
      name: 'warnings that are no list',
      text: JSON.stringify({ ...order, warnings: 'odd' }),
      stored: 'select warnings as found from messages',
      want: null,
    },
  ]

  test.each(cases)('$name', async ({ text, stored = '', want }) => {
    const { among, alone } = await sendBoth(text)
    expect(among).toMatchObject({ status: 200 })
    expect(alone).toEqual(among)
    expect(await database.query(stored)).toEqual([{ found: want }])
  })

  test('a repeat of one gets the same answer', async () => {
    const text = `{"batch":[${withProperties({ note: 'a\0b' })}]}`
    const first = await (await store.post(text)).text()
    expect(await (await store.post(text)).text()).toBe(first)
    expect(await database.query('select receipts from messages')).toEqual([{ receipts: 2 }])
  })
})

// PostgreSQL holds them as text that it does not look at: how deep it can read is another limit than how deep we can write.
test('whatever depth is taken in can be read again', async () => {
  const levels = Array.from({ length: 40 }, (_, at) => (at + 1) * 250)
  const properties = { order_id: 'deep', deep: 0 }
  const results = []
  for (const level of levels) {
    const entry = entryOf(orderMessage(`deep-${level}`, { properties }))
    const text = JSON.stringify(entry).replaceAll('"deep":0', `"deep":${deep(level)}`)
    results.push(...(await resultsOf(await store.post(`{"batch":[${text}]}`))))
  }
  const taken = results.filter(({ outcome }) => outcome !== 'rejected')
  // The limit moves with the engine's stack; both sides of it have to be seen.
  expect(taken.length).toBeGreaterThan(4)
  expect(taken.length).toBeLessThan(levels.length)
  for (const { message_id } of taken) {
    const answer = await store.read(`/v1/messages/${message_id}`)
    expect([message_id, answer.status]).toEqual([message_id, 200])
  }
})

test('one bad entry in a batch of 400 costs only itself', async () => {
  const messages = Array.from({ length: 400 }, (_, at) => orderMessage(`o${at}`))
  const { batch } = batchOf(messages)
  const entries = batch.map((entry, at) =>
    at === 200 ? { ...entry, canonical: { ...entry.canonical, odd: '\0' } } : entry,
  )
  const rejected = { message: { messageId: 'nothing' }, kind: 'odd' }
  const answer = await store.post(
    JSON.stringify({ batch: [...entries.slice(0, 300), rejected, ...entries.slice(301)] }),
  )
  const results = await resultsOf(answer)
  expect(results).toHaveLength(400)
  results.forEach((result, at) => {
    expect(result).toMatchObject(
      at === 300 ? { outcome: 'rejected' } : { message_id: `msg-o${at}`, outcome: 'accepted' },
    )
  })
  expect(
    await database.query(
      `select (select count(*) from messages) as messages, (select count(*) from events) as events,
              (select count(*) from deliveries) as deliveries, (select count(*) from rejections) as rejections`,
    ),
  ).toEqual([{ messages: '399', events: '399', deliveries: '798', rejections: '1' }])
})
