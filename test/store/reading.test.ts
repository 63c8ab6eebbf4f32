import type { JsonObject } from '../../core/json.ts'
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import { type Reconciliation, reconcile } from '../../store/ledger.ts'
import { table } from '../core/support/table.ts'
import { useDatabase } from '../support/database.ts'
import { batchOf, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

async function story(id: string) {
  const answer = await store.read(`/v1/messages/${encodeURIComponent(id)}`)
  return { status: answer.status, story: (await answer.json()) as Record<string, unknown> }
}

async function claimOne() {
  const [delivery] = await claimDeliveries(store.database, {
    environment: 'production',
    destination: 'webhook',
    limit: 1,
    leaseMs: 60_000,
  })
  if (!delivery) throw new Error('nothing is due')
  return delivery
}

function attemptWith(status: number, response: string | null = null, error: string | null = null) {
  return {
    startedAt: new Date(store.clock.now()),
    durationMs: 12,
    status,
    error,
    request: { method: 'POST', url: 'https://example.com/hook', bytes: 700 },
    response,
  }
}

describe('GET /v1/messages/:id', () => {
  test('tells the whole story: raw, event, profile, each destination with each attempt', async () => {
    await store.send([orderMessage('o1')])
    const delivery = await claimOne()
    const dueAt = new Date(store.clock.now() + 5000)
    await recordDeliveries(store.database, [
      {
        delivery,
        settlement: { state: 'retrying', reason: 'receiver answered 503, want 2xx', dueAt },
        attempt: attemptWith(503, 'busy', 'receiver answered 503, want 2xx'),
      },
    ])
    const receivedAt = new Date(store.clock.now()).toISOString()
    expect(await story('msg-o1')).toEqual({
      status: 200,
      story: {
        message_id: 'msg-o1',
        environment: 'production',
        kind: 'event',
        outcome: 'accepted',
        received_at: receivedAt,
        receipts: 1,
        transitions: [],
        warnings: [],
        raw: orderMessage('o1'),
        event: {
          name: 'purchase',
          event_id: 'seg_msg-o1',
          dedup_key: 'o1',
          message_id: 'msg-o1',
          canonical: batchOf([orderMessage('o1')]).batch[0]?.canonical,
        },
        dedup: {
          verdict: 'first',
          by: 'dedup_key',
          winner: { message_id: 'msg-o1', received_at: receivedAt },
          duplicates: [],
        },
        profile: { id: expect.any(String), canonical_user_id: 'user-o1' },
        identity: {
          links: [
            {
              type: 'user_id',
              value: 'user-o1',
              profile_id: expect.any(String),
              rule: 'first_seen',
              message_id: 'msg-o1',
              linked_at: receivedAt,
            },
          ],
          merges: [],
        },
        deliveries: [
          {
            delivery_id: expect.any(String),
            claimed_until: null,
            destination: 'segment',
            decision: null,
            state: 'pending',
            reason: null,
            due_at: receivedAt,
            attempts: [],
            replays: [],
          },
          {
            delivery_id: expect.any(String),
            claimed_until: null,
            destination: 'webhook',
            decision: null,
            state: 'retrying',
            reason: 'receiver answered 503, want 2xx',
            due_at: dueAt.toISOString(),
            attempts: [
              {
                number: 1,
                started_at: receivedAt,
                duration_ms: 12,
                status: 503,
                error: 'receiver answered 503, want 2xx',
                request: { method: 'POST', url: 'https://example.com/hook', bytes: 700 },
                response: 'busy',
              },
            ],
            replays: [],
          },
        ],
      },
    })
  })

  test('of a duplicate names the event that counts instead, and its deliveries', async () => {
    await store.send([orderMessage('o1')])
    await store.send([orderMessage('o1', { messageId: 'second' })])
    expect(await story('second')).toMatchObject({
      story: {
        outcome: 'duplicate',
        event: { event_id: 'seg_msg-o1', message_id: 'msg-o1' },
        deliveries: [{ destination: 'segment' }, { destination: 'webhook' }],
      },
    })
  })

  test('of a duplicate names the winner, and of the winner its duplicates', async () => {
    await store.send([orderMessage('o1')])
    await store.send([orderMessage('o1', { messageId: 'second' })])
    expect(await story('second')).toMatchObject({
      story: { dedup: { verdict: 'duplicate', by: 'dedup_key', winner: { message_id: 'msg-o1' } } },
    })
    expect(await story('msg-o1')).toMatchObject({
      story: { dedup: { verdict: 'first', duplicates: [{ message_id: 'second' }] } },
    })
  })

  test('tells the path of identity: which identifier, which rule, which message, which merge', async () => {
    const { userId: _, ...anonymous } = orderMessage('o1', { anonymousId: 'a' })
    await store.send([anonymous as JsonObject])
    await store.send([{ type: 'identify', messageId: 'i0', userId: 'u', traits: {} }])
    await store.send([
      { type: 'identify', messageId: 'i1', userId: 'u', anonymousId: 'a', traits: {} },
    ])
    expect(await story('msg-o1')).toMatchObject({
      story: {
        profile: { canonical_user_id: 'u' },
        identity: {
          links: [{ type: 'anonymous_id', value: 'a', rule: 'first_seen', message_id: 'msg-o1' }],
          merges: [{ rule: 'same_message', message_id: 'i1' }],
        },
      },
    })
  })

  test('of a duplicate by an own event id names the event of the same name', async () => {
    const own = (messageId: string, event: string) => ({
      ...orderMessage('o', { messageId, event }),
      properties: { order_id: messageId, event_id: 'own' },
    })
    await store.send([own('m1', 'Order Completed')])
    await store.send([own('m2', 'Order Cancelled')])
    await store.send([own('m3', 'Order Cancelled')])
    expect(await story('m3')).toMatchObject({
      story: { outcome: 'duplicate', event: { name: 'cancel_order', message_id: 'm2' } },
    })
  })

  test('of a message without an event has neither event nor deliveries', async () => {
    await store.send([{ type: 'page', messageId: 'p', timestamp: 'yesterday' }])
    expect(await story('p')).toMatchObject({
      story: { outcome: 'unmapped', event: null, profile: null, deliveries: [] },
    })
  })

  test('shows who the person is by now', async () => {
    const { userId: _, ...anonymous } = orderMessage('o1', { anonymousId: 'a' })
    await store.send([anonymous as JsonObject])
    await store.send([{ type: 'identify', messageId: 'i', userId: 'later', anonymousId: 'a' }])
    expect(await story('msg-o1')).toMatchObject({
      story: { profile: { canonical_user_id: 'later' } },
    })
  })

  test.each([
    'msg/with/slashes',
    'a b?c#d%25',
    'ümläut ✓',
    '%E0%A4%A',
    "'; drop table messages; --",
  ])('finds the message "%s"', async (messageId) => {
    await store.send([{ type: 'page', messageId }])
    expect(await story(messageId)).toMatchObject({ status: 200, story: { message_id: messageId } })
  })

  test.each([
    { name: 'an unknown id', path: '/v1/messages/nobody' },
    { name: 'an id with NUL', path: '/v1/messages/a%00b' },
    { name: 'an id of 5,000 characters', path: `/v1/messages/${'x'.repeat(5000)}` },
    { name: 'a broken escape', path: '/v1/messages/%E0%A4%A' },
  ])('answers 404 for $name', async ({ path }) => {
    const answer = await store.read(path)
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    })
  })

  test('finds a message whose id was repaired', async () => {
    await store.send([{ type: 'page', messageId: 'a\0b' }])
    expect((await store.read('/v1/messages/a%00b')).status).toBe(200)
  })

  test('shows a message nested as deep as the store takes', async () => {
    const nested = `${'{"x":'.repeat(2000)}1${'}'.repeat(2000)}`
    const text = `{"batch":[{"message":{"messageId":"m","n":${nested}},"kind":"unmapped"}]}`
    expect((await store.post(text)).status).toBe(200)
    expect((await store.read('/v1/messages/m')).status).toBe(200)
  })
})

describe('what the story shows', () => {
  const PERSONAL = [
    'jane.doe@example.com',
    'Jane.Doe',
    'jane.doe%40example.com',
    '+49 170 5551234',
    '5551234',
    'Jane',
    'Doe',
    'Hauptstrasse',
    'Bonn',
    '53111',
    '203.0.113.77',
    'Mozilla/5.0',
    '1984-05-06',
  ]
  const person = {
    email: 'jane.doe@example.com',
    phone: '+49 170 5551234',
    firstName: 'Jane',
    lastName: 'Doe',
    name: 'Jane Doe',
    birthday: '1984-05-06',
    address: { street: 'Hauptstrasse 1', city: 'Bonn', postalCode: '53111', country: 'DE' },
  }
  const message = orderMessage('o1', {
    userId: 'jane.doe@example.com',
    context: {
      ip: '203.0.113.77',
      userAgent: 'Mozilla/5.0 (X11)',
      traits: person,
      page: { url: 'https://shop.example/thanks?email=jane.doe%40example.com&x=1' },
    },
    properties: {
      order_id: 'o1',
      event_id: 'lead-jane.doe@example.com',
      shipping_address: { street: 'Hauptstrasse 1', city: 'Bonn', phone_number: '+49 170 5551234' },
      contact_email: 'jane.doe@example.com',
      customer: { first_name: 'Jane', last_name: 'Doe', full_name: 'Jane Doe', mobile: '5551234' },
      ip_address: '203.0.113.77',
      note: 'write to jane.doe@example.com',
    },
  })

  function assertMasked(text: string): void {
    expect(PERSONAL.filter((value) => text.includes(value))).toEqual([])
  }

  test('names nobody: no email, phone, name, address or ip of the message', async () => {
    await store.send([message])
    const answer = await store.read('/v1/messages/msg-o1')
    expect(answer.status).toBe(200)
    const text = await answer.text()
    assertMasked(text)
    expect(text).toContain('o1')
  })

  test('names nobody in a dedup key and a profile made of an email address', async () => {
    await store.send([
      { ...message, event: 'Signed Up', userId: 'jane.doe@example.com', properties: {} },
    ])
    assertMasked(await (await store.read('/v1/messages/msg-o1')).text())
  })

  test('keeps what is no one’s: order, amount, products', async () => {
    await store.send([
      orderMessage('o1', {
        properties: {
          order_id: 'o1',
          revenue: 5,
          products: [{ name: 'Jane’s Chair', product_id: 'p1' }],
        },
      }),
    ])
    expect(await story('msg-o1')).toMatchObject({
      story: {
        raw: { properties: { order_id: 'o1', products: [{ name: 'Jane’s Chair' }] } },
        event: { dedup_key: 'o1', canonical: { properties: { items: ['p1'] } } },
      },
    })
  })
})

describe('GET /v1/reconcile', () => {
  const sums = async () => (await (await store.read('/v1/reconcile')).json()) as Reconciliation

  test('of nothing is balanced', async () => {
    expect(await sums()).toEqual({
      environment: 'production',
      messages: {
        stored: 0,
        received: 0,
        accepted: 0,
        accepted_events: 0,
        duplicates: 0,
        unmapped: 0,
        rejected: 0,
      },
      events: 0,
      transitions: 0,
      owed: 0,
      destinations: {},
      balanced: true,
    })
  })

  test('sums what came and what became of it', async () => {
    await store.send([
      orderMessage('o1'),
      orderMessage('o2'),
      orderMessage('o2', { messageId: 'again' }),
      { type: 'page', messageId: 'p' },
      { type: 'identify', messageId: 'i', userId: 'u' },
    ])
    await store.send([orderMessage('o1'), { type: 'page', messageId: 'p' }])
    await store.post(JSON.stringify({ batch: [{ message: {}, kind: 'odd' }] }))
    const delivery = await claimOne()
    await recordDeliveries(store.database, [
      {
        delivery,
        settlement: { state: 'dead', reason: 'receiver answered 400, want 2xx' },
        attempt: attemptWith(400),
      },
    ])
    expect(await sums()).toEqual({
      environment: 'production',
      messages: {
        stored: 5,
        received: 8,
        accepted: 3,
        accepted_events: 2,
        duplicates: 3,
        unmapped: 1,
        rejected: 1,
      },
      events: 2,
      transitions: 0,
      owed: 4,
      destinations: {
        segment: expect.objectContaining({ pending: 2, total: 2, reasons: {} }),
        webhook: expect.objectContaining({
          pending: 1,
          dead: 1,
          total: 2,
          reasons: { dead: { 'receiver answered 400, want 2xx': 1 } },
        }),
      },
      balanced: true,
    })
  })

  test('a destination added later owes nothing of before', async () => {
    store = createTestStore(database, { destinations: ['webhook'] })
    await store.send([orderMessage('o1'), orderMessage('o2')])
    store = createTestStore(database, { destinations: ['webhook', 'segment'] })
    await store.send([orderMessage('o3')])
    expect(await sums()).toMatchObject({
      events: 3,
      destinations: { webhook: { total: 3 }, segment: { total: 1 } },
      balanced: true,
    })
  })

  // Known fault: "owed" counts on after a destination is gone. It passes once the ledger knows what each event owes.
  test('a destination that was taken away owes nothing of afterwards', async () => {
    await store.send([orderMessage('o1')])
    store = createTestStore(database, { destinations: ['webhook'] })
    await store.send([orderMessage('o2')])
    expect(await sums()).toMatchObject({
      destinations: { webhook: { total: 2 }, segment: { total: 1 } },
      balanced: true,
    })
  })

  test.each([
    {
      name: 'a ledger row',
      statement:
        "delete from deliveries where destination = 'webhook' and event_id = (select max(id) from events)",
    },
    { name: 'an event', statement: 'delete from events where id = (select max(id) from events)' },
    { name: 'a message', statement: "delete from messages where message_id = 'msg-o2'" },
  ])('is not balanced when $name is missing', async ({ statement }) => {
    await store.send([orderMessage('o1'), orderMessage('o2')])
    expect((await sums()).balanced).toBe(true)
    await database.query(
      `begin; alter table deliveries disable trigger all; alter table events disable trigger all; ${statement};
       alter table deliveries enable trigger all; alter table events enable trigger all; commit`,
    )
    expect((await sums()).balanced).toBe(false)
  })

  test('is balanced at every moment while batches come in and deliveries are recorded', async () => {
    let isWriting = true
    const writing = Promise.all(
      Array.from({ length: 4 }, async (_, writer) => {
        for (let at = 0; at < 15; at++) {
          await store.send([
            orderMessage(`o${at}`, { messageId: `${writer}-${at}` }),
            orderMessage(`w${writer}-${at}`),
          ])
          const claimed = await claimDeliveries(store.database, {
            environment: 'production',
            destination: 'webhook',
            limit: 5,
            leaseMs: 60_000,
          })
          await recordDeliveries(
            store.database,
            claimed.map((delivery) => ({
              delivery,
              settlement: { state: 'delivered', reason: null },
              attempt: attemptWith(200),
            })),
          )
        }
      }),
    ).finally(() => {
      isWriting = false
    })
    const readings: Reconciliation[] = []
    const reader = database.createPool({ max: 1 })
    while (isWriting) readings.push(await reconcile(reader, 'production'))
    await writing
    await reader.end()
    expect(readings.length).toBeGreaterThan(5)
    expect(readings.filter(({ balanced }) => !balanced)).toEqual([])
    for (const { events, destinations, messages } of readings) {
      expect(messages.received).toBe(messages.stored)
      for (const { total } of Object.values(destinations)) expect(total).toBe(events)
    }
    expect(await sums()).toMatchObject({ events: 75, messages: { stored: 120, duplicates: 45 } })
  })

  test('reads one instant: what is committed between its queries is not half seen', async () => {
    await store.send([orderMessage('o1')])
    const pool = database.createPool({ max: 1 })
    const client = await pool.connect()
    const real = client.query.bind(client)
    let asked = 0
    const interrupted = Object.assign(Object.create(client), {
      query: async (...args: Parameters<typeof client.query>) => {
        const answer = await real(...args)
        // After the first sum, before the second.
        if (++asked === 2) await store.send([orderMessage('o2')])
        return answer
      },
      release: () => {},
    })
    const reading = await reconcile(
      { connect: async () => interrupted } as unknown as typeof pool,
      'production',
    )
    client.release()
    await pool.end()
    expect(reading).toMatchObject({
      messages: { stored: 1 },
      events: 1,
      destinations: { webhook: { total: 1 } },
      balanced: true,
    })
  })

  test('leaves a usable connection behind when it fails', async () => {
    const pool = database.createPool({ max: 1, statement_timeout: 50 })
    const locker = await database.createPool({ max: 1 }).connect()
    await locker.query('begin; lock table deliveries')
    await expect(reconcile(pool, 'production')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await locker.query('rollback')
    locker.release()
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})

describe('health', () => {
  test('/healthz and /readyz need no key; readiness names the mapping version', async () => {
    const health = await store.app.request('/healthz')
    expect({ status: health.status, body: await health.json() }).toEqual({
      status: 200,
      body: { status: 'ok' },
    })
    const ready = await store.app.request('/readyz')
    expect({ status: ready.status, body: await ready.json() }).toEqual({
      status: 200,
      body: { status: 'ready', mapping_version: table.version },
    })
  })
})
