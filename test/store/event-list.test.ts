// The list that people page and search: each way of looking, each page once, nothing of another environment.
import fc from 'fast-check'
import type { JsonObject } from '../../core/json.ts'
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import type { EventPage, ListedEvent } from '../../store/event-list.ts'
import { readCursor, writeCursor } from '../../store/event-list.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

async function list(query: Readonly<Record<string, string>> = {}): Promise<EventPage> {
  const answer = await store.read(`/v1/events?${new URLSearchParams(query)}`)
  expect({ query, status: answer.status }).toEqual({ query, status: 200 })
  return (await answer.json()) as EventPage
}

const ids = ({ events }: EventPage) => events.map(({ message_id }) => message_id)
const found = async (query: Readonly<Record<string, string>>) => ids(await list(query)).sort()

/** Every page from `query` on. */
async function all(query: Readonly<Record<string, string>>): Promise<ListedEvent[]> {
  const events: ListedEvent[] = []
  for (let next: string | null = ''; next !== null; ) {
    const page: EventPage = await list(next ? { ...query, cursor: next } : query)
    events.push(...page.events)
    next = page.next
  }
  return events
}

const SETTLEMENTS = {
  delivered: () => ({ state: 'delivered', reason: null }) as const,
  dead: () => ({ state: 'dead', reason: 'refused' }) as const,
  held: () =>
    ({
      state: 'held',
      reason: 'consent_unknown',
      dueAt: new Date(store.clock.now() + 1e9),
    }) as const,
}

async function settle(destination: string, state: keyof typeof SETTLEMENTS, limit: number) {
  const options = { environment: 'production', destination, limit, leaseMs: 60_000 }
  const claimed = await claimDeliveries(store.database, options)
  await recordDeliveries(
    store.database,
    claimed.map((delivery) => ({ delivery, settlement: SETTLEMENTS[state](), attempt: null })),
  )
  return claimed.map(({ canonical }) => canonical.message_id)
}

test('each row says what came, whose it is and where it stands', async () => {
  await store.send([orderMessage('o1')])
  await settle('webhook', 'dead', 1)
  expect(await list()).toEqual({
    next: null,
    events: [
      {
        message_id: 'msg-o1',
        received_at: new Date(store.clock.now()).toISOString(),
        kind: 'event',
        outcome: 'accepted',
        receipts: 1,
        type: 'track',
        segment_event: 'Order Completed',
        name: 'purchase',
        event_id: 'seg_msg-o1',
        order_id: 'o1',
        value: 129.95,
        currency: 'EUR',
        profile_id: expect.any(String),
        canonical_user_id: 'user-o1',
        deliveries: { segment: 'pending', webhook: 'dead' },
      },
    ],
  })
})

describe('search', () => {
  beforeEach(async () => {
    await store.send([
      orderMessage('o1', {
        anonymousId: 'anon-1',
        context: { traits: { email: 'Jane@Example.com' } },
      }),
      { ...orderMessage('o1', { messageId: 'again' }), userId: 'user-o1' },
      {
        type: 'identify',
        messageId: 'who',
        userId: 'user-o1',
        traits: { email: 'jane@example.com' },
      },
      { type: 'page', messageId: 'early', anonymousId: 'anon-1', name: 'Home' },
      {
        ...orderMessage('o1', { messageId: 'back', event: 'Order Refunded' }),
        properties: { order_id: 'o1', refund_id: 'r1', event_id: 'own-id' },
      } as JsonObject,
      orderMessage('o2'),
    ])
  })

  test.each([
    { by: 'message id', query: { message_id: 'early' }, want: ['early'] },
    { by: 'event id', query: { event_id: 'own-id' }, want: ['back'] },
    {
      by: 'event id, with what stated it again',
      query: { event_id: 'seg_msg-o1' },
      want: ['again', 'msg-o1'],
    },
    {
      by: 'order, with its refund and its repeats',
      query: { order_id: 'o1' },
      want: ['again', 'back', 'msg-o1'],
    },
    {
      by: 'user id',
      query: { user: 'user-o1' },
      want: ['again', 'back', 'early', 'msg-o1', 'who'],
    },
    {
      by: 'anonymous id, as the person it became',
      query: { user: 'anon-1' },
      want: ['again', 'back', 'early', 'msg-o1', 'who'],
    },
    {
      by: 'email',
      query: { user: 'jane@example.com' },
      want: ['again', 'back', 'early', 'msg-o1', 'who'],
    },
    { by: 'one text: an order', query: { q: 'o2' }, want: ['msg-o2'] },
    { by: 'one text: a message', query: { q: 'who' }, want: ['who'] },
    { by: 'one text: a person', query: { q: 'user-o2' }, want: ['msg-o2'] },
    { by: 'name', query: { name: 'purchase' }, want: ['msg-o1', 'msg-o2'] },
    { by: 'name in Segment', query: { name: 'Order Completed' }, want: ['msg-o1', 'msg-o2'] },
    { by: 'outcome', query: { outcome: 'duplicate' }, want: ['again'] },
    { by: 'outcome unmapped', query: { outcome: 'unmapped' }, want: ['early'] },
    {
      by: 'all at once',
      query: { order_id: 'o1', name: 'purchase', outcome: 'duplicate' },
      want: ['again'],
    },
    { by: 'person and order', query: { user: 'user-o2', order_id: 'o1' }, want: [] },
    { by: 'nothing known', query: { q: 'nobody' }, want: [] },
    { by: 'NUL', query: { q: 'a\0b' }, want: [] },
    { by: 'half of an id', query: { q: 'msg-o' }, want: [] },
  ])('by $by', async ({ query, want }) => {
    expect(await found(query as unknown as Record<string, string>)).toEqual(want)
  })

  test('finds nothing of another environment, by any way', async () => {
    for (const query of [
      'q=o1',
      'user=user-o1',
      'event_id=own-id',
      'name=purchase',
      'state=pending',
      '',
    ]) {
      const answer = await store.read(`/v1/events?${query}`, 'staging')
      expect({ query, ...((await answer.json()) as object) }).toEqual({
        query,
        events: [],
        next: null,
      })
    }
  })

  test('by state, at any destination or at one', async () => {
    const [dead] = await settle('webhook', 'dead', 1)
    const [held] = await settle('segment', 'held', 1)
    const [delivered] = await settle('webhook', 'delivered', 1)
    expect(await found({ state: 'dead' })).toEqual([dead])
    expect(await found({ state: 'dead', destination: 'segment' })).toEqual([])
    expect(await found({ state: 'held', destination: 'segment' })).toEqual([held])
    expect(await found({ state: 'delivered' })).toEqual([delivered])
    expect(await found({ state: 'pending' })).toEqual(['back', 'msg-o2'])
    expect(await found({ state: 'dead', q: String(held) })).toEqual(held === dead ? [dead] : [])
  })
})

describe('paging', () => {
  test.each([
    { way: 'everything', query: {}, want: 23 },
    { way: 'a name', query: { name: 'purchase' }, want: 12 },
    { way: 'a person', query: { user: 'one' }, want: 23 },
    { way: 'a rare state', query: { state: 'dead' }, want: 7 },
    { way: 'a common state', query: { state: 'delivered' }, want: 5 },
  ])('by $way brings each message once, newest first', async ({ query, want }) => {
    for (let at = 0; at < 12; at++) {
      // Several share an instant: the message id decides between them.
      if (at % 4 === 0) store.clock.advance(1000)
      await store.send([
        orderMessage(`o${at}`, { userId: 'one' }),
        ...(at === 0 ? [] : [{ type: 'page', messageId: `p${at}`, userId: 'one' }]),
      ])
    }
    await settle('webhook', 'dead', 7)
    await settle('webhook', 'delivered', 5)
    for (const limit of ['1', '3', '100']) {
      const events = await all({ ...(query as Record<string, string>), limit })
      expect(new Set(events.map(({ message_id }) => message_id)).size).toBe(want)
      expect(events).toHaveLength(want)
      const times = events.map(({ received_at }) => received_at)
      expect(times).toEqual(times.toSorted().reverse())
    }
  })

  test('what comes in while somebody pages moves nothing', async () => {
    await store.send([orderMessage('o1'), orderMessage('o2'), orderMessage('o3')])
    const first = await list({ limit: '2' })
    store.clock.advance(1000)
    await store.send([orderMessage('o4')])
    const second = await list({ limit: '2', cursor: String(first.next) })
    expect([...ids(first), ...ids(second)]).toEqual(['msg-o3', 'msg-o2', 'msg-o1'])
  })

  test.each(['x', '', 'ZQ', writeCursor({ kind: 'event', id: '12' }).slice(1), 'a'.repeat(9999)])(
    'answers 400 for the cursor "%s"',
    async (cursor) => {
      const answer = await store.read(`/v1/events?cursor=${cursor}`)
      expect({ status: answer.status, body: await answer.json() }).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_cursor' } },
      })
    },
  )

  test('a cursor is read as it was written', () => {
    const at = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
    fc.assert(
      fc.property(at, fc.string({ unit: 'grapheme' }), (date, text) => {
        const cursor = {
          kind: 'arrival',
          at: date.toISOString(),
          messageId: text.replaceAll('\0', ''),
        } as const
        expect(readCursor(writeCursor(cursor))).toEqual(cursor)
      }),
    )
    expect(readCursor(writeCursor({ kind: 'event', id: '42' }))).toEqual({
      kind: 'event',
      id: '42',
    })
  })

  test.each([
    ['limit=0', 'limit: want a number from 1 to 200'],
    ['limit=many', 'limit: want a number from 1 to 200'],
    ['state=odd', 'state: want one of pending'],
    ['outcome=odd', 'outcome: want one of accepted'],
    ['colour=red', 'colour'],
  ])('answers 400 for ?%s and says what it wants', async (query, words) => {
    const answer = await store.read(`/v1/events?${query}`)
    const { error } = (await answer.json()) as { error: { code: string; message: string } }
    expect([answer.status, error.code]).toEqual([400, 'invalid_request'])
    expect(error.message).toContain(words)
  })
})
