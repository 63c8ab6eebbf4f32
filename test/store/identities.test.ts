import type { JsonObject } from '../../core/json.ts'
import { claimDeliveries } from '../../store/deliveries.ts'
import { useDatabase } from '../support/database.ts'
import { holdOrder } from '../support/held-order.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database)
})

let sent = 0
function message(ids: JsonObject, over: JsonObject = {}): JsonObject {
  return { type: 'page', messageId: `m${++sent}`, ...ids, ...over }
}
const alias = (userId: string, previousId: string) =>
  message({ userId, previousId }, { type: 'alias' })

/** Identifier → the user id (or `anonymous`) and number of the profile it leads to now. */
async function people(): Promise<Record<string, string>> {
  const rows = await database.query<{ key: string; who: string }>(
    `select i.type || ':' || i.value as key,
            coalesce(root.user_id, 'anonymous') || '#' || dense_rank() over (order by root.id) as who
     from identifiers i join profiles p on p.id = i.profile_id
     join profiles root on root.id = coalesce(p.merged_into, p.id)
     where i.type in ('user_id', 'anonymous_id') order by key`,
  )
  return Object.fromEntries(rows.map(({ key, who }) => [key, who]))
}

/** Merged profiles lead to a root in one step, every identifier has one owner, every root user has its own id. */
async function assertSound(): Promise<void> {
  const faults = await database.query(
    `select 'chain' as fault, p.id::text from profiles p join profiles next on next.id = p.merged_into
       where next.merged_into is not null
     union all
     select 'owners', value from identifiers where type in ('user_id', 'anonymous_id')
       group by environment, type, value having count(*) > 1
     union all
     select 'no user', i.value from identifiers i join profiles p on p.id = i.profile_id
       join profiles root on root.id = coalesce(p.merged_into, p.id)
       where i.type = 'user_id' and root.user_id is null
     union all
     select 'merge not on record', p.id::text from profiles p
       where p.merged_into is not null and not exists (select from merges m where m.from_profile_id = p.id)`,
  )
  expect(faults).toEqual([])
}
afterEach(assertSound)

describe('one message after the other', () => {
  test('a visitor becomes a user; the links keep their evidence', async () => {
    await store.send([message({ anonymousId: 'a' }, { messageId: 'first' })])
    await store.send([message({ anonymousId: 'a', userId: 'u' }, { messageId: 'second' })])
    expect(await people()).toEqual({ 'anonymous_id:a': 'u#1', 'user_id:u': 'u#1' })
    expect(
      await database.query(
        'select type, value, message_id, rule, linked_at from identifiers order by type',
      ),
    ).toEqual([
      {
        type: 'anonymous_id',
        value: 'a',
        message_id: 'first',
        rule: 'first_seen',
        linked_at: new Date(store.clock.now()),
      },
      {
        type: 'user_id',
        value: 'u',
        message_id: 'second',
        rule: 'same_message',
        linked_at: new Date(store.clock.now()),
      },
    ])
  })

  test('a visitor merges into a user; the merge keeps its evidence and its identifiers stay', async () => {
    await store.send([message({ anonymousId: 'a' }), message({ userId: 'u' })])
    await store.send([message({ anonymousId: 'a', userId: 'u' }, { messageId: 'joining' })])
    expect(await people()).toEqual({ 'anonymous_id:a': 'u#1', 'user_id:u': 'u#1' })
    expect(
      await database.query('select environment, message_id, rule, merged_at from merges'),
    ).toEqual([
      {
        environment: 'production',
        message_id: 'joining',
        rule: 'same_message',
        merged_at: new Date(store.clock.now()),
      },
    ])
    expect(await database.query('select distinct profile_id from identifiers')).toHaveLength(2)
  })

  test('two users on one device stay two', async () => {
    await store.send([message({ anonymousId: 'a', userId: 'u' })])
    await store.send([message({ anonymousId: 'a', userId: 'v' })])
    expect(await people()).toEqual({
      'anonymous_id:a': 'u#1',
      'user_id:u': 'u#1',
      'user_id:v': 'v#2',
    })
  })

  test('an alias merges two users, whichever comes first', async () => {
    await store.send([message({ userId: 'new' }), message({ userId: 'old', anonymousId: 'a' })])
    await store.send([alias('new', 'old')])
    await store.send([alias('later', 'elder')])
    await store.send([message({ userId: 'elder' })])
    expect(await people()).toMatchObject({
      'user_id:new': 'new#1',
      'user_id:old': 'new#1',
      'anonymous_id:a': 'new#1',
      'user_id:later': 'later#2',
      'user_id:elder': 'later#2',
    })
  })

  test('followers move along when a profile that others merged into is itself merged', async () => {
    await store.send([message({ anonymousId: 'a' }), message({ userId: 'u' })])
    await store.send([message({ anonymousId: 'a', userId: 'u' })])
    await store.send([message({ userId: 'w' })])
    await store.send([alias('w', 'u')])
    expect(new Set(Object.values(await people()))).toEqual(new Set(['w#1']))
  })

  test('ids of more than 255 characters identify nobody, and a warning says so', async () => {
    await store.send([message({ userId: 'u'.repeat(256), anonymousId: 'a' })])
    expect(await people()).toEqual({ 'anonymous_id:a': 'anonymous#1' })
    const [row] = await database.query<{ warnings: string[] }>('select warnings from messages')
    expect(row?.warnings).toEqual([expect.stringContaining('userId is longer than 255')])
  })
})

describe('email and phone', () => {
  const identify = (userId: string, traits: JsonObject) =>
    message({ userId }, { type: 'identify', traits })

  test('link, folded, with their evidence, and never merge', async () => {
    await store.send([identify('u', { email: 'Jane@Example.com', phone: '+49 (170) 1234' })])
    await store.send([identify('v', { email: 'jane@example.com ', phone: '+491701234' })])
    expect(
      await database.query(
        `select p.user_id, i.type, i.value, i.rule from identifiers i join profiles p on p.id = i.profile_id
         where i.type in ('email', 'phone') order by p.user_id, i.type`,
      ),
    ).toEqual(
      ['u', 'v'].flatMap((user_id) => [
        { user_id, type: 'email', value: 'jane@example.com', rule: 'same_message' },
        { user_id, type: 'phone', value: '+491701234', rule: 'same_message' },
      ]),
    )
    expect(await people()).toEqual({ 'user_id:u': 'u#1', 'user_id:v': 'v#2' })
  })

  test('of an event come from its canonical user', async () => {
    await store.send([orderMessage('o1', { context: { traits: { email: 'jane@example.com' } } })])
    expect(
      await database.query("select value, message_id from identifiers where type = 'email'"),
    ).toEqual([{ value: 'jane@example.com', message_id: 'msg-o1' }])
  })
})

describe('traits', () => {
  const statements = [
    { messageId: 'm1', at: '2026-04-01T00:00:00.000Z', traits: { plan: 'free', city: 'Bonn' } },
    { messageId: 'm2', at: '2026-04-02T00:00:00.000Z', traits: { plan: 'pro' } },
    { messageId: 'm3', at: '2026-04-03T00:00:00.000Z', traits: { plan: 'team', seats: 5 } },
    { messageId: 'm4', at: '2026-04-03T00:00:00.000Z', traits: { plan: 'tie', city: null } },
  ]
  const want = [
    { name: 'city', value: null, message_id: 'm4' },
    { name: 'plan', value: 'tie', message_id: 'm4' },
    { name: 'seats', value: 5, message_id: 'm3' },
  ]
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
    [1, 3, 0, 2],
  ]

  test.each(orders.map((order) => ({ order })))(
    'the latest statement wins in the order $order, in one batch or several',
    async ({ order }) => {
      const messages = order.flatMap((at) => {
        const { messageId, at: timestamp, traits } = statements[at] ?? {}
        return [{ type: 'identify', userId: 'u', messageId, timestamp, traits } as JsonObject]
      })
      const states: unknown[] = []
      for (const batches of [[messages], messages.map((each) => [each])]) {
        await database.clear()
        for (const batch of batches) await store.send(batch)
        states.push(
          await database.query('select name, value, message_id from profile_traits order by name'),
        )
      }
      expect(states).toEqual([want, want])
    },
  )

  test('a name that is no name elsewhere is only a trait here', async () => {
    const traits = JSON.parse('{"__proto__": 1, "constructor": 2, "a\\u0000b": 3}')
    await store.send([{ type: 'identify', userId: 'u', messageId: 'm', traits }])
    expect(await database.query('select name, value from profile_traits order by name')).toEqual([
      { name: '__proto__', value: 1 },
      { name: 'a\uFFFDb', value: 3 },
      { name: 'constructor', value: 2 },
    ])
  })
})

// Within one store, batches about the same people wait for each other: these are sent to several, as processes are.
describe('batches that race', () => {
  let stores: TestStore[]
  beforeEach(() => {
    stores = [store, ...Array.from({ length: 7 }, () => createTestStore(database))]
  })
  const race = (at: number, ...messages: JsonObject[]) =>
    (stores[at % stores.length] as TestStore).send(messages)

  test('for one visitor: 8 make one profile', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, at) => race(at, message({ anonymousId: 'a' }))))
    expect(await people()).toEqual({ 'anonymous_id:a': 'anonymous#1' })
    expect(await database.query('select count(*) from profiles')).toEqual([{ count: '1' }])
  })

  test('for one user on 8 devices: one profile with all of them', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        race(at, message({ userId: 'u', anonymousId: `a${at}` })),
      ),
    )
    const found = await people()
    expect(Object.keys(found)).toHaveLength(9)
    expect(new Set(Object.values(found))).toEqual(new Set(['u#1']))
  })

  test('for one visitor by 8 users: one gets the visitor, and all stay apart', async () => {
    await store.send([message({ anonymousId: 'a' })])
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        race(at, message({ userId: `u${at}`, anonymousId: 'a' })),
      ),
    )
    const found = await people()
    const users = Object.entries(found).filter(([key]) => key.startsWith('user_id'))
    expect(new Set(users.map(([, who]) => who)).size).toBe(8)
    for (const [key, who] of users) expect(who.split('#')[0]).toBe(key.slice('user_id:'.length))
  })

  test('a visitor identified meanwhile is not merged into another user', async () => {
    await store.send([message({ anonymousId: 'a' }), message({ userId: 'v' })])
    const held = await holdOrder(database, 'slow')
    const identifying = store.send([orderMessage('slow', { userId: 'u', anonymousId: 'a' })])
    await held.blocked(1)
    const merging = race(1, message({ userId: 'v', anonymousId: 'a' }))
    await held.blocked(2)
    await held.release()
    await Promise.all([identifying, merging])
    expect(await people()).toEqual({
      'anonymous_id:a': 'u#1',
      'user_id:u': 'u#1',
      'user_id:v': 'v#2',
    })
    expect(await database.query('select * from merges')).toEqual([])
  })

  test('a merge into a profile that is being merged itself still leads to the root', async () => {
    await store.send([message({ anonymousId: 'a' }), message({ userId: 'b' })])
    await store.send([message({ userId: 'c' })])
    const held = await holdOrder(database, 'slow')
    const joining = store.send([orderMessage('slow', { userId: 'b', anonymousId: 'a' })])
    await held.blocked(1)
    let isDone = false
    const aliasing = race(1, alias('c', 'b')).finally(() => {
      isDone = true
    })
    await until(async () => isDone || (await held.waiting()) >= 2)
    await held.release()
    await Promise.all([joining, aliasing])
    expect(await people()).toMatchObject({
      'anonymous_id:a': 'c#1',
      'user_id:b': 'c#1',
      'user_id:c': 'c#1',
    })
  })

  test('crossing aliases merge two users once', async () => {
    await store.send([message({ userId: 'u' }), message({ userId: 'v' })])
    await Promise.all([race(0, alias('u', 'v')), race(1, alias('v', 'u'))])
    expect(new Set(Object.values(await people())).size).toBe(1)
    expect(await database.query('select count(*) from merges')).toEqual([{ count: '1' }])
  })

  test('50 batches over few identifiers leave a sound book', async () => {
    const ids = ['p', 'q', 'r', 's']
    const pick = (at: number) => ids[Math.floor(store.database.random() * ids.length)] ?? `p${at}`
    const batches = Array.from({ length: 50 }, (_, at) => [
      message({ userId: pick(at), anonymousId: `a-${pick(at)}` }),
      at % 5 === 0 ? alias(pick(at), `a-${pick(at)}`) : message({ anonymousId: `a-${pick(at)}` }),
    ])
    await Promise.all(batches.map((batch, at) => race(at, ...batch)))
    expect(Object.keys(await people()).filter((key) => /:[pqrs]$/.test(key)).length).toBe(4)
  })
})

describe('an event sent before the person was known', () => {
  const claimed = async () => {
    const deliveries = await claimDeliveries(store.database, {
      environment: 'production',
      destination: 'webhook',
      limit: 10,
      leaseMs: 1000,
    })
    return deliveries.map(({ canonical, canonicalUserId }) => [
      canonical.properties.order_id,
      canonicalUserId,
    ])
  }
  const anonymousOrder = (order: string, anonymousId: string) => {
    const { userId: _, ...rest } = orderMessage(order, { anonymousId })
    return rest as JsonObject
  }

  test('goes out with the user id when the visitor has become a user', async () => {
    await store.send([anonymousOrder('o1', 'a')])
    await store.send([message({ userId: 'u', anonymousId: 'a' })])
    expect(await claimed()).toEqual([['o1', 'u']])
  })

  test('goes out with the id of the user that the visitor merged into, over two merges', async () => {
    await store.send([anonymousOrder('o1', 'a'), message({ userId: 'u' })])
    await store.send([message({ userId: 'u', anonymousId: 'a' })])
    await store.send([message({ userId: 'w' }), alias('w', 'u')])
    expect(await claimed()).toEqual([['o1', 'w']])
  })

  test('goes out anonymous while nobody knows better', async () => {
    await store.send([anonymousOrder('o1', 'a')])
    expect(await claimed()).toEqual([['o1', null]])
  })

  test('keeps the user id it was sent with, whatever the profile is called now', async () => {
    await store.send([orderMessage('o1', { userId: 'old' }), message({ userId: 'new' })])
    await store.send([alias('new', 'old')])
    expect(await claimed()).toEqual([['o1', 'old']])
  })
})
