// Violations that messages carry: counted once for each message, listed, and never in the way of a batch.
import type { JsonObject } from '../../core/json.ts'
import type { ViolationCount } from '../../store/violations.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

const MISSING = {
  type: 'Required',
  field: 'properties.total',
  description: 'properties.total is required',
}
const price = (at: number) => ({
  type: 'Number Gte',
  field: `properties.products.${at}.price`,
  description: `properties.products.${at}.price is less than 0`,
})

function broken(id: string, violations: unknown, over: JsonObject = {}): JsonObject {
  return orderMessage(id, { context: { protocols: { violations } } as JsonObject, ...over })
}

async function violations(query = '', environment: 'production' | 'staging' = 'production') {
  const answer = await store.read(`/v1/violations${query}`, environment)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { violations: ViolationCount[] }).violations
}

test('counts messages, the most frequent first, with the latest as examples', async () => {
  await store.send([broken('o1', [MISSING, price(0), price(3)])])
  const first = new Date(store.clock.now()).toISOString()
  await store.clock.advance(1000)
  await store.send([broken('o2', [MISSING]), broken('o3', [MISSING]), orderMessage('o4')])
  const last = new Date(store.clock.now()).toISOString()
  expect(await violations()).toEqual([
    {
      event: 'Order Completed',
      ...MISSING,
      count: 3,
      first_seen_at: first,
      last_seen_at: last,
      examples: ['msg-o3', 'msg-o2', 'msg-o1'],
      fix: 'send properties.total, or remove its "required" in mappings/tracking-plan.yaml',
    },
    {
      event: 'Order Completed',
      type: 'Number Gte',
      field: 'properties.products.[].price',
      description: 'properties.products.[].price is less than 0',
      count: 1,
      first_seen_at: first,
      last_seen_at: first,
      examples: ['msg-o1'],
      fix: 'send what the plan says, or change properties.products.[].price in mappings/tracking-plan.yaml',
    },
  ])
  expect(await violations('?limit=1')).toHaveLength(1)
  expect(await violations('?event=Other')).toEqual([])
  expect(await violations('', 'staging')).toEqual([])
})

test('a repeat of a message, in its batch or later, counts nothing', async () => {
  await store.send([broken('o1', [MISSING]), broken('o1', [MISSING])])
  await store.send([broken('o1', [MISSING])])
  expect((await violations())[0]).toMatchObject({ count: 1, examples: ['msg-o1'] })
})

test('what the plan blocked in a batch is counted under the name it had; other calls under theirs', async () => {
  await store.send([
    broken('o1', [MISSING], {
      event: 'Blocked by Tracking Plan',
      properties: { blocked_event: 'Order Completed' },
    }),
    broken('o2', [MISSING], { type: 'identify', event: 'x' }),
  ])
  expect((await violations()).map(({ event }) => event).sort()).toEqual([
    'Order Completed',
    'identify',
  ])
})

test.each<[string, unknown]>([
  ['no list', { a: 1 }],
  ['entries that are no objects', [null, 'x', 7, []]],
  [
    'names of any length, NUL and halves of characters',
    [
      {
        type: 'T'.repeat(9000),
        field: `\0\uD800${'f'.repeat(9000)}`,
        description: 'd'.repeat(9000),
      },
    ],
  ],
  ['no names', [{}]],
  [
    'a thousand',
    Array.from({ length: 1000 }, (_, at) => ({ type: 'T', field: `f${at}`, description: 'd' })),
  ],
])('what a sender writes there never costs the message: %s', async (_, stated) => {
  const [result] = await store.send([broken('o1', stated)])
  expect(result).toMatchObject({ status: 200, outcome: 'accepted' })
  expect((await violations('?limit=1000')).length).toBeLessThanOrEqual(50)
})

test('writers with one violation in every batch neither wait in a circle nor lose a count', async () => {
  const batches = Array.from({ length: 24 }, (_, nth) =>
    ['a', 'b', 'c'].map((id) =>
      broken(`${id}${nth}`, nth % 2 ? [MISSING, price(0)] : [price(0), MISSING]),
    ),
  )
  await Promise.all(batches.map((batch) => store.send(batch)))
  expect((await violations()).map(({ count }) => count)).toEqual([72, 72])
})

test('a batch without violations asks nothing more of the database', async () => {
  await store.send([orderMessage('warm')])
  const asked: string[] = []
  const pool = database.createPool()
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      asked.push(JSON.stringify(args[0]))
      return query(...args)
    }) as typeof client.query
  })
  store = createTestStore(database, { pool })
  await store.send([orderMessage('o1')])
  const without = asked.length
  await store.send([broken('o2', [MISSING])])
  expect(asked.filter((text) => text.includes('record-violations'))).toHaveLength(1)
  expect(asked.length - without).toBe(without + 1)
})

test('a person in a name is masked', async () => {
  await store.send([broken('o1', [{ ...MISSING, field: 'traits.jane@example.com' }])])
  expect(JSON.stringify(await violations())).not.toContain('jane')
})

describe('GET /v1/coverage', () => {
  async function findings(query = '') {
    const answer = await store.read(`/v1/coverage${query}`)
    return ((await answer.json()) as { findings: unknown[] }).findings
  }

  test('tells unlisted names and what could not be read, of track messages', async () => {
    await store.send([
      orderMessage('o1', { event: 'order completed' }),
      orderMessage('o2', { event: 'Clicked' }),
      orderMessage('o3', { event: 'Clicked' }),
      orderMessage('o4', { properties: { order_id: 'o4', revenue: 'many' } }),
      orderMessage('o5', { event: 'Nul\0' }),
      orderMessage('o6'),
      { type: 'page', messageId: 'p', userId: 'u' },
    ])
    expect(await findings()).toEqual([
      { event: 'Clicked', is_mapped: false, warning: null, count: 2, example: 'msg-o3' },
      {
        event: 'Order Completed',
        is_mapped: true,
        warning: expect.stringContaining('revenue'),
        count: 1,
        example: 'msg-o4',
      },
      {
        event: 'order completed',
        is_mapped: false,
        warning: expect.stringContaining('case'),
        count: 1,
        example: 'msg-o1',
      },
    ])
    await store.clock.advance(1000)
    await store.send([orderMessage('o7')])
    expect(await findings('?messages=1')).toEqual([])
  })
})
