import { canonicalise } from '../../core/canonicalise.ts'
import type { JsonObject } from '../../core/json.ts'
import { table } from '../core/support/table.ts'
import { useDatabase } from '../support/database.ts'
import { holdOrder } from '../support/held-order.ts'
import { batchOf, orderMessage, signedRequest } from '../support/signed-batch.ts'
import { createTestStore, resultsOf, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

const AT = '2026-04-23T10:15:00.000Z'
const MEMBERSHIP = { personas: { computation_class: 'audience', computation_id: 'aud_1' } }

async function counts(): Promise<Record<string, number>> {
  const [row] = await database.query<Record<string, string>>(
    `select (select count(*) from messages) as messages, (select count(*) from events) as events,
            (select count(*) from deliveries) as deliveries, (select count(*) from rejections) as rejections`,
  )
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]))
}

describe('every kind of message', () => {
  const kinds: {
    name: string
    message: JsonObject
    kind: string
    outcome: string
    eventId?: string
  }[] = [
    {
      name: 'an event that has a row',
      message: orderMessage('o1'),
      kind: 'event',
      outcome: 'accepted',
      eventId: 'seg_msg-o1',
    },
    {
      name: 'an event with an id of its own',
      message: orderMessage('o1', { properties: { order_id: 'o1', event_id: 'pixel-1' } }),
      kind: 'event',
      outcome: 'accepted',
      eventId: 'pixel-1',
    },
    {
      name: 'a track without a row',
      message: { type: 'track', event: 'Button Clicked', messageId: 'm', userId: 'u' },
      kind: 'unmapped',
      outcome: 'unmapped',
    },
    {
      name: 'a page',
      message: { type: 'page', messageId: 'm', anonymousId: 'a' },
      kind: 'unmapped',
      outcome: 'unmapped',
    },
    {
      name: 'an identify',
      message: { type: 'identify', messageId: 'm', userId: 'u', traits: { plan: 'pro' } },
      kind: 'profile',
      outcome: 'accepted',
    },
    {
      name: 'an audience entry',
      message: {
        type: 'track',
        event: 'Audience Entered',
        messageId: 'm',
        userId: 'u',
        context: MEMBERSHIP,
      },
      kind: 'audience',
      outcome: 'accepted',
    },
    {
      name: 'a group',
      message: { type: 'group', messageId: 'm', userId: 'u', groupId: 'g' },
      kind: 'group',
      outcome: 'accepted',
    },
    {
      name: 'an alias',
      message: { type: 'alias', messageId: 'm', userId: 'u', previousId: 'a' },
      kind: 'alias',
      outcome: 'accepted',
    },
    {
      name: 'a delete',
      message: { type: 'delete', messageId: 'm', userId: 'u' },
      kind: 'delete',
      outcome: 'accepted',
    },
  ]

  test.each(kinds)('$name is $outcome and stored raw', async (row) => {
    const { message, kind, outcome, eventId } = row
    expect(await store.send([{ timestamp: AT, ...message }])).toEqual([
      {
        message_id: message.messageId,
        status: 200,
        outcome,
        ...(eventId ? { event_id: eventId } : {}),
      },
    ])
    expect(await database.query('select kind, outcome, event_id, raw::json from messages')).toEqual(
      [{ kind, outcome, event_id: eventId ?? null, raw: { timestamp: AT, ...message } }],
    )
  })

  // The audience entry's transition is an event too, owed to nobody here: the audience is not listed.
  test('only events get a fact and a ledger row for each destination', async () => {
    await store.send(kinds.slice(0, 1).map(({ message }) => message))
    await store.send(
      kinds.slice(2).map(({ message }, at) => ({ ...message, messageId: `other-${at}` })),
    )
    expect(await counts()).toEqual({ messages: 8, events: 2, deliveries: 2, rejections: 0 })
    expect(
      await database.query(
        'select destination, state, reason, attempts from deliveries order by destination',
      ),
    ).toEqual([
      { destination: 'segment', state: 'pending', reason: null, attempts: 0 },
      { destination: 'webhook', state: 'pending', reason: null, attempts: 0 },
    ])
  })

  test('the fact keeps the canonical event, its instant and its deduplication key', async () => {
    await store.send([orderMessage('o1')])
    const { canonical } = batchOf([orderMessage('o1')]).batch[0] ?? {}
    expect(
      await database.query(
        'select name, event_id, dedup_key, message_id, occurred_at, received_at, canonical::json from events',
      ),
    ).toEqual([
      {
        name: 'purchase',
        event_id: 'seg_msg-o1',
        dedup_key: 'o1',
        message_id: 'msg-o1',
        occurred_at: new Date(AT),
        received_at: new Date(store.database.clock.now()),
        canonical,
      },
    ])
  })

  test('warnings of the sender are kept with the message', async () => {
    await store.send([orderMessage('o1', { properties: { order_id: 'o1', revenue: 'a lot' } })])
    const [row] = await database.query<{ warnings: string[] }>('select warnings from messages')
    expect(row?.warnings).toEqual([expect.stringContaining('revenue')])
  })
})

test('an empty batch has no results', async () => {
  expect(await store.send([])).toEqual([])
})

test('results answer by position, whatever becomes of each entry', async () => {
  const entries = [
    ...batchOf([orderMessage('z'), { type: 'page', messageId: 'page-1', userId: 'u' }]).batch,
    { message: { messageId: 'odd' }, kind: 'odd', canonical: null, warnings: [] },
    ...batchOf([orderMessage('a'), orderMessage('z')]).batch,
  ]
  const answer = await store.post(JSON.stringify({ batch: entries }))
  expect(
    (await resultsOf(answer)).map(({ message_id, outcome }) => `${message_id} ${outcome}`),
  ).toEqual([
    'msg-z accepted',
    'page-1 unmapped',
    'odd rejected',
    'msg-a accepted',
    'msg-z accepted',
  ])
})

describe('a repeated message', () => {
  test('gets the first answer again, byte for byte, in one batch and across requests', async () => {
    const body = JSON.stringify(
      batchOf([
        orderMessage('o1'),
        orderMessage('o1', { messageId: 'second' }),
        { type: 'page', messageId: 'p', userId: 'u' },
        orderMessage('o1'),
        orderMessage('o1', { messageId: 'second' }),
      ]),
    )
    const first = await (await store.post(body)).text()
    const again = await (await store.post(body)).text()
    expect(again).toBe(first)
    const results = JSON.parse(first).results
    expect(results[3]).toEqual(results[0])
    expect(results[4]).toEqual(results[1])
    expect(await counts()).toEqual({ messages: 3, events: 1, deliveries: 2, rejections: 0 })
    expect(
      await database.query('select message_id, receipts from messages order by message_id'),
    ).toEqual([
      { message_id: 'msg-o1', receipts: 4 },
      { message_id: 'p', receipts: 2 },
      { message_id: 'second', receipts: 4 },
    ])
  })

  test('is answered as it was even when its content has changed meanwhile', async () => {
    const [first] = await store.send([orderMessage('o1')])
    const [again] = await store.send([
      orderMessage('o2', { messageId: 'msg-o1', properties: { order_id: 'o2', event_id: 'new' } }),
    ])
    expect(again).toEqual(first)
    expect(await counts()).toMatchObject({ messages: 1, events: 1 })
  })

  test('states no trait a second time: a later statement stays', async () => {
    const identify = (messageId: string, plan: string) => ({
      type: 'identify',
      messageId,
      userId: 'u',
      traits: { plan },
    })
    await store.send([identify('m1', 'free')])
    store.clock.advance(1000)
    await store.send([identify('m2', 'pro')])
    store.clock.advance(1000)
    await store.send([identify('m1', 'free')])
    expect(await database.query('select value from profile_traits')).toEqual([{ value: 'pro' }])
  })

  test('that was rejected is rejected again, in the same words', async () => {
    const body = JSON.stringify({ batch: [{ message: { messageId: 'm' }, kind: 'odd' }] })
    const first = await (await store.post(body)).text()
    expect(await (await store.post(body)).text()).toBe(first)
  })
})

describe('a second message for one fact', () => {
  test('is a duplicate of the first event, stored raw, without a ledger row', async () => {
    await store.send([orderMessage('o1')])
    expect(await store.send([orderMessage('o1', { messageId: 'second' })])).toEqual([
      { message_id: 'second', status: 200, outcome: 'duplicate', event_id: 'seg_msg-o1' },
    ])
    expect(await counts()).toEqual({ messages: 2, events: 1, deliveries: 2, rejections: 0 })
    expect(
      await database.query(
        "select raw::json ->> 'messageId' as id, outcome, event_id from messages",
      ),
    ).toContainEqual({ id: 'second', outcome: 'duplicate', event_id: 'seg_msg-o1' })
  })

  test('in the same batch: the one at the earlier place is the event', async () => {
    const results = await store.send([
      orderMessage('o1', { messageId: 'm-z' }),
      orderMessage('o1', { messageId: 'm-a' }),
      orderMessage('o1', { messageId: 'm-k' }),
    ])
    expect(results.map(({ outcome, event_id }) => `${outcome} ${event_id}`)).toEqual([
      'accepted seg_m-z',
      'duplicate seg_m-z',
      'duplicate seg_m-z',
    ])
  })

  test('by an event id of its own counts once for each event name', async () => {
    const own = (messageId: string, event: string, order: string) => ({
      ...orderMessage(order, { messageId, event }),
      properties: { order_id: order, event_id: 'own-1' },
    })
    const results = await store.send([
      own('m1', 'Order Completed', 'o1'),
      own('m2', 'Order Cancelled', 'o1'),
      own('m3', 'Order Completed', 'o2'),
    ])
    expect(results.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'duplicate'])
    expect(await counts()).toMatchObject({ messages: 3, events: 2, deliveries: 4 })
  })

  test('is told apart where nothing makes two messages one fact', async () => {
    const view = (messageId: string) => ({
      type: 'track',
      event: 'Product Viewed',
      messageId,
      userId: 'u',
      properties: { product_id: 'p1' },
    })
    expect((await store.send([view('m1'), view('m2')])).map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'accepted',
    ])
  })

  test('8 requests at once with the same order make exactly one event', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        store.send([orderMessage('o1', { messageId: `m${at}`, anonymousId: 'visitor' })]),
      ),
    )
    const results = answers.flat()
    const accepted = results.filter(({ outcome }) => outcome === 'accepted')
    expect(accepted).toHaveLength(1)
    expect(new Set(results.map(({ event_id }) => event_id))).toEqual(
      new Set([accepted[0]?.event_id]),
    )
    expect(await counts()).toEqual({ messages: 8, events: 1, deliveries: 2, rejections: 0 })
  })

  test('8 requests at once with the same message all get the one answer', async () => {
    const request = signedRequest(JSON.stringify(batchOf([orderMessage('o1')])), {
      nowMs: store.database.clock.now(),
    })
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () =>
        (await store.app.request('/segment/events', request)).text(),
      ),
    )
    expect(new Set(answers).size).toBe(1)
    expect(await counts()).toMatchObject({ messages: 1, events: 1, deliveries: 2 })
    expect(await database.query('select receipts from messages')).toEqual([{ receipts: 8 }])
  })

  test('batches with the same orders in opposite order do not block each other', async () => {
    const orders = Array.from({ length: 40 }, (_, at) => `o${at}`)
    const send = (at: number) => {
      const turned = at % 2 ? [...orders].reverse() : orders
      return store.send(turned.map((order) => orderMessage(order, { messageId: `${order}-${at}` })))
    }
    const results = (await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(send))).flat()
    expect(results.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(40)
    expect(await counts()).toMatchObject({ messages: 320, events: 40, deliveries: 80 })
  })
})

describe('batches that arrive while others are being stored', () => {
  // Three batches that wait for the held order keep all transactions busy; what comes after them shares the next one.
  async function whileBusy(...bodies: readonly string[]) {
    const held = await holdOrder(database, 'held')
    const busy = ['b1', 'b2', 'b3'].map((messageId) =>
      body(orderMessage('held', { messageId, userId: messageId })),
    )
    const answers = [...busy, ...bodies].map((text) => store.post(text))
    await held.blocked(busy.length)
    await held.release()
    return (await Promise.all(answers)).slice(busy.length)
  }
  const body = (...messages: readonly JsonObject[]) => JSON.stringify(batchOf(messages))

  test('are stored together, and each is answered for its own, by position', async () => {
    const answers = await whileBusy(
      body(orderMessage('o1'), orderMessage('o2')),
      body(orderMessage('o3')),
      body(orderMessage('o1', { messageId: 'again' }), orderMessage('o4')),
      body(orderMessage('o2')),
    )
    const results = await Promise.all(answers.map(resultsOf))
    expect(
      results.map((list) => list.map(({ message_id, outcome }) => [message_id, outcome])),
    ).toEqual([
      [
        ['msg-o1', 'accepted'],
        ['msg-o2', 'accepted'],
      ],
      [['msg-o3', 'accepted']],
      [
        ['again', 'duplicate'],
        ['msg-o4', 'accepted'],
      ],
      [['msg-o2', 'accepted']],
    ])
    const [{ transactions } = { transactions: '' }] = await database.query<{
      transactions: string
    }>(
      "select count(distinct xmin::text) as transactions from messages where message_id not like 'b_'",
    )
    expect(transactions).toBe('1')
    expect(await counts()).toMatchObject({ messages: 8, events: 5 })
  })

  test('share no fault: what PostgreSQL cannot hold is rejected alone', async () => {
    const entry = canonicalise(orderMessage('odd'), table)
    const unstorable = {
      ...entry,
      message: { ...entry.message, timestamp: '+275760-09-13T00:00:00.000Z' },
      canonical: { ...entry.canonical, occurred_at: '+275760-09-13T00:00:00.000Z' },
    }
    const answers = await whileBusy(
      body(orderMessage('o1')),
      JSON.stringify({ batch: [unstorable] }),
      body(orderMessage('o2')),
    )
    const results = await Promise.all(answers.map(resultsOf))
    expect(results.flat().map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'rejected',
      'accepted',
    ])
  })

  test('wait while somebody they name is being stored; others go ahead of them', async () => {
    const held = await holdOrder(database, 'held')
    const order = (id: string, userId: string) => body(orderMessage(id, { userId }))
    const done: string[] = []
    const posted = [
      ['held', 'ann'],
      ['a2', 'ann'],
      ['b1', 'bob'],
      ['a3', 'ann'],
    ].map(async ([id = '', userId = '']) => {
      const answer = await store.post(order(id, userId))
      done.push(id)
      return answer.status
    })
    await held.blocked(1)
    await until(() => done.length === 1)
    expect(done).toEqual(['b1'])
    await held.release()
    expect(await Promise.all(posted)).toEqual([200, 200, 200, 200])
  })

  test('do not wait for somebody whose ids are linked: there is nothing left to decide', async () => {
    const order = (id: string, ids: JsonObject) => body(orderMessage(id, ids))
    await store.post(order('before', { userId: 'ann', anonymousId: 'laptop' }))
    const held = await holdOrder(database, 'held')
    const blocked = store.post(order('held', { userId: 'ann', anonymousId: 'laptop' }))
    await held.blocked(1)
    const known = await store.post(order('known', { userId: 'ann', anonymousId: 'laptop' }))
    expect(known.status).toBe(200)
    const devices = await Promise.all(
      ['phone', 'again'].map((id) =>
        store.post(order(id, { userId: 'ann', anonymousId: 'phone' })),
      ),
    )
    expect(devices.map(({ status }) => status)).toEqual([200, 200])
    await held.release()
    expect((await blocked).status).toBe(200)
    expect(await counts()).toMatchObject({ messages: 5, events: 5 })
    const ids = await database.query('select type, value from identifiers order by type, value')
    expect(ids).toEqual([
      { type: 'anonymous_id', value: 'laptop' },
      { type: 'anonymous_id', value: 'phone' },
      { type: 'user_id', value: 'ann' },
    ])
  })

  test('are all taken in, whoever they are about and however many there are', async () => {
    // Visitors become known in all of them at once: transactions that undid each other's links would give up.
    const visit = (batch: number) =>
      body(
        ...Array.from({ length: 10 }, (_, visitor) =>
          orderMessage(`o${batch}-${visitor}`, {
            anonymousId: `anon-${visitor}`,
            ...(batch % 2 ? { userId: `user-${visitor}` } : { userId: null }),
          }),
        ),
      )
    const answers = await Promise.all(
      Array.from({ length: 48 }, (_, batch) => store.post(visit(batch))),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await counts()).toMatchObject({ messages: 480, events: 480 })
  })
})
