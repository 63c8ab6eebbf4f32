// Conversions and revenue by audience, over HTTP, from signed batches: the rules one by one, and for any order of arrival.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { OutcomeGroup, Outcomes } from '../../store/outcomes.ts'
import { useDatabase } from '../support/database.ts'
import { runOlderStatements } from '../support/older-migration.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
const TABLE = parseAudiencesFile(
  'audiences: { vip: { keys: [vip] }, fading: { keys: [fading], retention_days: 1 } }',
  'audiences.yaml',
)
let store: TestStore
beforeEach(() => {
  store = createTestStore(database, { destinations: [], audiences: TABLE })
})

const MINUTE = 60_000
const START = Date.UTC(2026, 3, 23, 10)
const instant = (minute: number) => new Date(START + minute * MINUTE).toISOString()

let counter = 0
const nextId = () => `m${++counter}`
type Who = { readonly userId?: string; readonly anonymousId?: string }

function membership(key: string, who: Who, inside: boolean, minute: number): JsonObject {
  return {
    type: 'identify',
    messageId: nextId(),
    ...who,
    timestamp: instant(minute),
    traits: { [key]: inside },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: `aud_${key}`,
        computation_key: key,
      },
    },
  }
}

function track(event: string, who: Who, minute: number, properties: JsonObject): JsonObject {
  return {
    type: 'track',
    event,
    messageId: nextId(),
    ...who,
    timestamp: instant(minute),
    properties,
  }
}

const order = (id: string, who: Who, minute: number, revenue?: number, currency?: string) =>
  track('Order Completed', who, minute, {
    order_id: id,
    ...(revenue === undefined ? {} : { revenue }),
    ...(currency === undefined ? {} : { currency }),
  })

async function outcomes(query = '', id = 'vip'): Promise<Outcomes> {
  const answer = await store.read(`/v1/audiences/${id}/outcomes?until=2026-05-01${query}`)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Outcomes
}

/** `purchase 2 by 1: EUR 129.95-0=129.95 (1)`, one for each event. */
function shown({ events }: OutcomeGroup): string[] {
  return Object.entries(events).map(([name, { conversions, people, revenue }]) => {
    const money = revenue.map(
      ({ currency, orders, gross, taken_back, net }) =>
        ` ${currency} ${gross}-${taken_back}=${net} (${orders})`,
    )
    return `${name} ${conversions} by ${people}:${money.join(',')}`
  })
}

const JANE = { userId: 'jane' }
const OTTO = { userId: 'otto' }

describe('who was inside when they converted', () => {
  test('counts between the instants of entering and of leaving, both of which are outside', async () => {
    await store.send([
      membership('vip', JANE, true, 10),
      membership('vip', JANE, false, 20),
      ...[10, 11, 19, 20].map((minute) => order(`o${minute}`, JANE, minute, minute, 'EUR')),
      order('other', OTTO, 15, 100, 'EUR'),
    ])
    const { audience, period } = await outcomes()
    expect(audience).toEqual({ people: 1, entries: 1 })
    expect(shown(period.member)).toEqual(['purchase 2 by 1: EUR 30-0=30 (2)'])
    expect(shown(period.not_member)).toEqual(['purchase 3 by 2: EUR 130-0=130 (3)'])
    expect(shown(period.total)).toEqual(['purchase 5 by 2: EUR 160-0=160 (5)'])
    expect(period.total).toMatchObject({ conversions: 5, people: 2 })
  })

  test('is decided by the log: an exit that arrives late takes the order out', async () => {
    await store.send([membership('vip', JANE, true, 1), order('o1', JANE, 5, 10, 'EUR')])
    expect((await outcomes()).period.member.conversions).toBe(1)
    await store.send([membership('vip', JANE, false, 4)])
    expect((await outcomes()).period.member.conversions).toBe(0)
  })

  test('whoever came back stays twice', async () => {
    await store.send([
      ...[true, false, true].map((inside, at) => membership('vip', JANE, inside, at * 10)),
      ...[5, 15, 25].map((minute) => order(`o${minute}`, JANE, minute)),
    ])
    const { audience, period } = await outcomes()
    expect(audience).toEqual({ people: 1, entries: 2 })
    expect(period.member.conversions).toBe(2)
  })

  test('an audience that keeps its members for a day keeps them for a day after each statement', async () => {
    const hour = 60
    await store.send([
      ...[0, 20, 60].map((hours) => membership('fading', JANE, true, hours * hour)),
      ...[1, 43, 45, 61].map((hours) => order(`o${hours}`, JANE, hours * hour)),
    ])
    const { audience, period } = await outcomes('', 'fading')
    expect(audience).toEqual({ people: 1, entries: 2 })
    expect(period.member.conversions).toBe(3)
  })

  test('an order made before the person was known counts for who they turned out to be', async () => {
    await store.send([membership('vip', JANE, true, 0)])
    await store.send([order('o1', { anonymousId: 'device' }, 5, 10, 'EUR')])
    expect((await outcomes()).period.member.people).toBe(0)
    await store.send([{ type: 'identify', messageId: 'i', userId: 'jane', anonymousId: 'device' }])
    await store.send([order('o2', JANE, 6, 10, 'EUR')])
    expect(shown((await outcomes()).period.member)).toEqual(['purchase 2 by 1: EUR 20-0=20 (2)'])
  })

  test('one of another environment counts nothing', async () => {
    await store.send([membership('vip', JANE, true, 0)])
    await store.send([membership('vip', JANE, true, 0)], 'staging')
    await store.send([order('o1', JANE, 5, 10, 'EUR')], 'staging')
    expect((await outcomes()).period.total.conversions).toBe(0)
    await store.send([order('o2', JANE, 5, 10, 'EUR')])
    await store.send([track('Order Cancelled', JANE, 6, { order_id: 'o2' })], 'staging')
    expect(shown((await outcomes()).period.member)).toEqual(['purchase 1 by 1: EUR 10-0=10 (1)'])
  })
})

describe('the window', () => {
  test('takes what happened within it after entering, whether they have left or not', async () => {
    await store.send([
      membership('vip', JANE, true, 0),
      membership('vip', JANE, false, 30),
      ...[10, 40, 60, 61].map((minute) => order(`o${minute}`, JANE, minute, 1, 'EUR')),
    ])
    const { period, window } = await outcomes('&window=1h')
    expect(period.member.conversions).toBe(1)
    expect(period.total.conversions).toBe(4)
    expect(window?.member.conversions).toBe(1)
    expect(shown(window?.not_member as OutcomeGroup)).toEqual(['purchase 2 by 1: EUR 2-0=2 (2)'])
    expect(window?.total.conversions).toBe(3)
  })

  test('leaves out members of long standing', async () => {
    await store.send([membership('vip', JANE, true, 0), order('o1', JANE, 90, 1, 'EUR')])
    const { period, window } = await outcomes('&window=1h')
    expect([period.member.conversions, window?.total.conversions]).toEqual([1, 0])
  })

  test.each([
    { query: '&since=2026-04-23T10:05:00Z', counted: 2 },
    { query: '&since=2026-04-23T10:05:00Z&until=2026-04-23T10:10:00Z', counted: 1 },
    { query: '&until=2026-04-23', counted: 0 },
  ])('$query: $counted', async ({ query, counted }) => {
    await store.send([0, 5, 10].map((minute) => order(`o${minute}`, JANE, minute)))
    await store.send([membership('vip', JANE, true, 0)])
    const answer = await store.read(`/v1/audiences/vip/outcomes?${query}`)
    expect(((await answer.json()) as Outcomes).period.member.conversions).toBe(counted)
  })

  test.each([
    { query: 'since=yesterday', says: 'since is no instant' },
    { query: 'until=1', says: 'until is no instant' },
    { query: 'since=2026-02-03&until=2026-02-03', says: 'since is not before until' },
    { query: 'window=week', says: 'window is no duration' },
    { query: 'window=0d', says: 'window is no duration' },
    { query: 'window=99999999999999d', says: 'window is no duration' },
  ])('$query is refused', async ({ query, says }) => {
    const answer = await store.read(`/v1/audiences/vip/outcomes?${query}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining(says) } })
  })

  test('nothing is known of an audience that nobody named', async () => {
    expect((await store.read('/v1/audiences/none/outcomes')).status).toBe(404)
    expect((await outcomes()).period.total).toEqual({ conversions: 0, people: 0, events: {} })
  })
})

describe('money', () => {
  const refund = (id: string, of: string, properties: JsonObject) =>
    track('Order Refunded', JANE, 50, { refund_id: id, order_id: of, ...properties })

  test('stays in its currency, and is exact', async () => {
    await store.send([
      membership('vip', JANE, true, 0),
      ...Array.from({ length: 30 }, (_, at) => order(`c${at}`, JANE, 5, 0.1, 'EUR')),
      order('p', JANE, 5, 9007199254740.99, 'PLN'),
      order('none', JANE, 5, 7),
      order('unpriced', JANE, 5),
    ])
    expect(shown((await outcomes()).period.member)).toEqual([
      'purchase 33 by 1: EUR 3-0=3 (30), PLN 9007199254740.99-0=9007199254740.99 (1), null 7-0=7 (1)',
    ])
  })

  test('of an order that is paid back in part, in whole, or cancelled', async () => {
    await store.send([
      membership('vip', JANE, true, 0),
      ...['part', 'twice', 'whole', 'cancelled', 'both'].map((id) =>
        order(id, JANE, 5, 100, 'EUR'),
      ),
      refund('r1', 'part', { value: 30.25, currency: 'EUR' }),
      refund('r2', 'twice', { value: -10 }),
      refund('r3', 'twice', { total: '20', currency: 'eur' }),
      refund('r4', 'whole', {}),
      track('Order Cancelled', JANE, 50, { order_id: 'cancelled' }),
      refund('r5', 'both', { value: 40 }),
      track('Order Cancelled', JANE, 60, { order_id: 'both', value: 100 }),
    ])
    expect(shown((await outcomes()).period.member)).toEqual([
      'purchase 5 by 1: EUR 500-360.25=139.75 (5)',
    ])
  })

  test('paid back in another currency is shown in that one', async () => {
    await store.send([
      membership('vip', JANE, true, 0),
      order('o', JANE, 5, 100, 'EUR'),
      refund('r', 'o', { value: 10, currency: 'USD' }),
    ])
    expect(shown((await outcomes()).period.member)).toEqual([
      'purchase 1 by 1: EUR 100-0=100 (1), USD 0-10=-10 (0)',
    ])
  })

  test('paid back counts for the order, whoever asked and whenever', async () => {
    await store.send([refund('r', 'o', { value: 10 }), membership('vip', OTTO, true, 0)])
    await store.send([order('o', OTTO, 5, 100, 'EUR'), membership('vip', OTTO, false, 10)])
    const { period } = await outcomes('&since=2026-04-23T10:05:00Z')
    expect(shown(period.member)).toEqual(['purchase 1 by 1: EUR 100-10=90 (1)'])
  })

  test('of two messages for one order counts once', async () => {
    await store.send([membership('vip', JANE, true, 0), order('o', JANE, 5, 100, 'EUR')])
    await store.send([order('o', JANE, 5, 100, 'EUR')])
    expect(shown((await outcomes()).period.member)).toEqual(['purchase 1 by 1: EUR 100-0=100 (1)'])
  })

  test('of different conversions is never added up', async () => {
    await store.send([
      membership('vip', JANE, true, 0),
      order('o', JANE, 5, 100, 'EUR'),
      track('Lead Submitted', JANE, 6, { lead_id: 'l', value: 5, currency: 'EUR' }),
      track('Product Viewed', JANE, 7, { value: 3, currency: 'EUR' }),
    ])
    const { member } = (await outcomes()).period
    expect(shown(member)).toEqual([
      'lead 1 by 1: EUR 5-0=5 (1)',
      'purchase 1 by 1: EUR 100-0=100 (1)',
    ])
    expect(member).toMatchObject({ conversions: 2, people: 1 })
  })
})

test('the migration takes out of stored events what ingestion would have', async () => {
  await store.send([
    order('o1', JANE, 5, 129.95, 'eur'),
    order('', JANE, 6, 3),
    track('Lead Submitted', OTTO, 6, { lead_id: 'l' }),
    track('Order Refunded', JANE, 7, { order_id: 'o1', total: -5.5, currency: 'EUR' }),
    track('Order Refunded', JANE, 8, { order_id: 'o1' }),
    track('Order Cancelled', JANE, 9, { order_id: 'o1', value: 129.95 }),
    track('Product Viewed', JANE, 9, { value: 1 }),
  ])
  const read = () => database.query('select * from conversions order by event_id')
  const written = await read()
  expect(written).toHaveLength(6)
  await database.query('delete from conversions')
  const migration = readFileSync('store/migrations/0008_outcomes.sql', 'utf8')
  const backfill = /^insert into conversions[^;]+;/m.exec(migration)?.[0] ?? ''
  await runOlderStatements(database, [backfill])
  expect(await read()).toEqual(written)
})

// Persons 1 to 3, each with a user id, an older one and a device: one person each, whatever the order.
const PERSONS = ['1', '2', '3'] as const
type Person = (typeof PERSONS)[number]
const person = fc.constantFrom(...PERSONS)
const by = fc.constantFrom('user' as const, 'device' as const, 'old' as const)
const minute = fc.integer({ min: 0, max: 12 }).map((at) => at * 10)
const cents = fc.integer({ min: 1, max: 100_000 })
const currency = fc.constantFrom('EUR', 'USD')
const whoOf = (id: 'user' | 'device' | 'old', who: Person): Who =>
  id === 'device' ? { anonymousId: `device${who}` } : { userId: `${id}${who}` }

const statements = fc.array(fc.record({ person, by, minute, inside: fc.boolean() }), {
  maxLength: 10,
})
const orders = fc.uniqueArray(
  fc.record({ id: fc.integer({ min: 0, max: 7 }), person, by, minute, cents, currency }),
  { selector: ({ id }) => id, maxLength: 8 },
)
const reversals = fc.array(
  fc.record({
    of: fc.integer({ min: 0, max: 9 }),
    kind: fc.constantFrom('part' as const, 'whole' as const, 'cancelled' as const),
    cents,
    currency: fc.option(currency, { nil: undefined }),
  }),
  { maxLength: 6 },
)
type Values<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never
interface History {
  readonly statements: Values<typeof statements>
  readonly orders: Values<typeof orders>
  readonly reversals: Values<typeof reversals>
}

const LINKS: readonly JsonObject[] = PERSONS.flatMap((who) => [
  { type: 'identify', messageId: `i${who}`, userId: `user${who}`, anonymousId: `device${who}` },
  { type: 'alias', messageId: `a${who}`, userId: `user${who}`, previousId: `old${who}` },
])

function messagesOf(history: History): JsonObject[] {
  return [
    ...LINKS,
    ...history.statements.map(({ person: who, by: id, minute: at, inside }) =>
      membership('vip', whoOf(id, who), inside, at),
    ),
    ...history.orders.map(({ id, person: who, by: how, minute: at, cents: value, currency: in_ }) =>
      order(`o${id}`, whoOf(how, who), at, value / 100, in_),
    ),
    ...history.reversals.map(({ of, kind, cents: value, currency: in_ }, at) =>
      kind === 'cancelled'
        ? track('Order Cancelled', OTTO, 30, { order_id: `o${of}` })
        : track('Order Refunded', OTTO, 30, {
            refund_id: `r${at}`,
            order_id: `o${of}`,
            ...(kind === 'part' ? { value: value / 100 } : {}),
            ...(in_ ? { currency: in_ } : {}),
          }),
    ),
  ]
}

const WINDOW_MINUTES = 60

/** The same sums, by the rules as a person would apply them, in cents. */
function expected({ statements: said, orders: placed, reversals: taken }: History) {
  const stays = (who: Person) => {
    const own = said.filter((each) => each.person === who)
    const instants = [...new Set(own.map(({ minute: at }) => at))].sort((a, b) => a - b)
    const found: { from: number; to: number }[] = []
    let from: number | null = null
    for (const at of instants) {
      const isInside = own.filter((each) => each.minute === at).every(({ inside }) => inside)
      if (isInside) from ??= at
      else if (from !== null) {
        found.push({ from, to: at })
        from = null
      }
    }
    return from === null ? found : [...found, { from, to: Number.POSITIVE_INFINITY }]
  }
  const sums = { member: new Map<string, number[]>(), not_member: new Map<string, number[]>() }
  let soon = 0
  for (const { id, person: who, minute: at, cents: value, currency: in_ } of placed) {
    const own = stays(who)
    const side = own.some(({ from, to }) => from < at && at < to) ? 'member' : 'not_member'
    if (own.some(({ from }) => from < at && at <= from + WINDOW_MINUTES)) soon++
    const add = (key: string, ...[count, gross, back]: [number, number, number]) => {
      const [a, b, c] = sums[side].get(key) ?? [0, 0, 0]
      sums[side].set(key, [Number(a) + count, Number(b) + gross, Number(c) + back])
    }
    const against = taken.filter(({ of }) => of === id)
    const isWhole = against.some(({ kind }) => kind !== 'part')
    add(in_, 1, value, isWhole ? value : 0)
    if (!isWhole) for (const each of against) add(each.currency ?? in_, 0, 0, each.cents)
  }
  return { ...sums, soon }
}

function found({ events }: OutcomeGroup): Map<string, number[]> {
  const inCents = (text: string) => Math.round(Number(text) * 100)
  return new Map(
    (events.purchase?.revenue ?? []).map(({ currency: key, orders: count, gross, taken_back }) => [
      String(key),
      [count, inCents(gross), inCents(taken_back)],
    ]),
  )
}

const byKey = (sums: Map<string, number[]>) => [...sums].sort(([a], [b]) => (a < b ? -1 : 1))

test('any order of arrival of memberships, orders, refunds and merges gives the same outcomes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ statements, orders, reversals }),
      fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      async (history, chance, size) => {
        await database.clear()
        const messages = messagesOf(history)
        const repeats = messages.filter((_, at) => (chance[at] ?? 0) % 3 === 0)
        const arriving = [...messages, ...repeats]
          .map((message, at) => ({ message, at: chance[(at * 7) % 60] ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ message }) => message)
        for (let at = 0; at < arriving.length; at += size)
          await store.send(arriving.slice(at, at + size))
        if (history.statements.length === 0) await store.send([membership('vip', OTTO, false, 0)])
        const { period, window } = await outcomes('&window=1h')
        const want = expected(history)
        expect(byKey(found(period.member))).toEqual(byKey(want.member))
        expect(byKey(found(period.not_member))).toEqual(byKey(want.not_member))
        expect(period.total.conversions).toBe(history.orders.length)
        expect(window?.total.conversions).toBe(want.soon)
      },
    ),
    { numRuns: 40, seed: 20261122 },
  )
})
