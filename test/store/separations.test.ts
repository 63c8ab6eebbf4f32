// Undoing a merge: each profile has what its own messages say, nothing that was sent changes, and the same evidence does not
// join the two again.
import fc from 'fast-check'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { SizesPage } from '../../store/audience-sizes.ts'
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import type { SeparationPreview } from '../../store/separations.ts'
import { useDatabase } from '../support/database.ts'
import { holdOrder } from '../support/held-order.ts'
import { ACCOUNT, API_KEYS, orderMessage, SECRETS } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const TABLE = parseAudiencesFile(
  'audiences: { vip: { keys: [vip], destinations: [crm] } }',
  'audiences.yaml',
)
const VIEWER_KEY = 'a-viewers-key-000001'

const createStore = () =>
  createTestStore(database, {
    destinations: ['webhook', 'crm'],
    audienceOnly: ['crm'],
    audiences: TABLE,
    access: {
      account: ACCOUNT,
      environments: (['production', 'staging'] as const).map((name) => ({
        name,
        secrets: [SECRETS[name]],
        apiKeys: [API_KEYS[name], ...(name === 'production' ? [VIEWER_KEY] : [])],
        keyRoles: new Map([[VIEWER_KEY, 'viewer']] as const),
      })),
    },
  })
type Store = ReturnType<typeof createStore>

let store: Store
beforeEach(() => {
  store = createStore()
})

let sent = 0
type Ids = Readonly<Partial<Record<'userId' | 'anonymousId' | 'previousId', string>>>
const VISITOR: Ids = { anonymousId: 'a' }
const USER: Ids = { userId: 'u' }
const BOTH: Ids = { userId: 'u', anonymousId: 'a' }

const message = (ids: Ids, over: JsonObject = {}): JsonObject => ({
  type: 'page',
  messageId: `m${++sent}`,
  ...ids,
  ...over,
})
const at = (minute: number) => new Date(Date.UTC(2026, 3, 23, 8, minute)).toISOString()
const consent = (ids: Ids, minute: number, granted: boolean) =>
  message(ids, {
    type: 'identify',
    timestamp: at(minute),
    context: { consent: { categoryPreferences: { Advertising: granted } } },
  })
const identify = (ids: Ids, minute: number, plan: string) =>
  message(ids, { type: 'identify', timestamp: at(minute), traits: { plan } })
const membership = (ids: Ids, minute: number, inside: boolean) =>
  message(ids, {
    type: 'identify',
    timestamp: at(minute),
    traits: { vip: inside },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: 'aud_vip',
        computation_key: 'vip',
      },
    },
  })
const order = (ids: Ids, id: string): JsonObject => {
  const { userId: _, ...rest } = orderMessage(id)
  return { ...rest, ...ids }
}

async function post(path: string, key: string = API_KEYS.production): Promise<Response> {
  const headers = { Authorization: `Bearer ${key}` }
  return store.app.request(path, { method: 'POST', headers })
}
async function merges(): Promise<{ id: string; root: string }[]> {
  return database.query(
    `select m.id::text, coalesce(p.merged_into, p.id)::text as root from merges m
     join profiles p on p.id = m.into_profile_id order by m.id`,
  )
}
async function undo(which = 0): Promise<Response> {
  const merge = (await merges())[which]
  return post(`/v1/profiles/${merge?.root}/merges/${merge?.id}/undo`)
}

/** What each person has, by their identifiers: nothing here names a profile's number or a message of a merge. */
async function people(): Promise<Record<string, unknown>> {
  const rows = await database.query<{ who: string; state: unknown }>(`
    with root as (
      select p.id, coalesce(p.merged_into, p.id) as root_id from profiles p
    )
    select (select string_agg(distinct i.type || ':' || i.value, ' ' order by i.type || ':' || i.value)
            from identifiers i join root f on f.id = i.profile_id where f.root_id = r.id) as who,
           json_build_object(
             'user', r.user_id,
             'traits', (select json_object_agg(name, value) from (
                select distinct on (name) name, value from profile_traits t join root f on f.id = t.profile_id
                where f.root_id = r.id order by name, stated_at desc, t.message_id desc) t),
             'consents', (select json_object_agg(category, granted) from (
                select distinct on (category) category, granted from consents c join root f on f.id = c.profile_id
                where f.root_id = r.id order by category, stated_at desc, c.message_id desc) c),
             'inside', (select json_agg(since) from memberships m where m.profile_id = r.id and m.is_member),
             'orders', (select json_agg(order_id order by order_id) from events e join root f on f.id = e.profile_id
                where f.root_id = r.id and order_id is not null),
             'bought', (select json_agg(c.of_key order by c.of_key) from conversions c
                join root f on f.id = c.profile_id where f.root_id = r.id)
           ) as state
    from profiles r where r.merged_into is null order by 1`)
  return Object.fromEntries(rows.map(({ who, state }) => [who, state]))
}

const ledger = () =>
  database.query<{ id: string; row: unknown }>(
    'select d.id::text, to_json(d) as row from deliveries d order by d.id',
  )

describe('undoing a merge', () => {
  test('gives both what their own messages say, also those that came while they were one', async () => {
    await store.send([consent(VISITOR, 1, true), identify(USER, 2, 'free'), order(VISITOR, 'o1')])
    await store.send([message(BOTH)])
    await store.send([
      identify(VISITOR, 3, 'pro'),
      consent(USER, 4, false),
      order(VISITOR, 'o2'),
      order(USER, 'o3'),
      membership(VISITOR, 5, true),
    ])
    const before = await ledger()
    expect((await undo()).status).toBe(200)
    expect(await people()).toMatchObject({
      'anonymous_id:a': {
        user: null,
        traits: { plan: 'pro' },
        consents: { Advertising: true },
        orders: ['o1', 'o2'],
        inside: [expect.any(String)],
      },
      'user_id:u': {
        user: 'u',
        traits: { plan: 'free' },
        consents: { Advertising: false },
        orders: ['o3'],
        inside: null,
      },
    })
    expect((await ledger()).slice(0, before.length)).toEqual(before)
  })

  test('tells who left and who entered by it, as of now', async () => {
    await store.send([message(VISITOR), message(USER)])
    await store.send([message(BOTH)])
    await store.send([membership(VISITOR, 5, true)])
    await undo()
    const { transitions } = (await (await store.read('/v1/audiences/vip/transitions')).json()) as {
      transitions: JsonObject[]
    }
    expect(
      transitions.map(({ direction, reason, computed_at }) => [direction, reason, computed_at]),
    ).toEqual([
      ['exited', 'separated', new Date(store.clock.now()).toISOString()],
      ['entered', 'separated', new Date(store.clock.now()).toISOString()],
      ['entered', 'stated', at(5)],
    ])
    expect(await (await store.read('/v1/reconcile')).json()).toMatchObject({ balanced: true })
  })

  test('whoever left by it enters again by any statement of their own', async () => {
    await store.send([message(VISITOR), message(USER)])
    await store.send([message(BOTH), membership(VISITOR, 5, true)])
    await undo()
    await store.send([membership(USER, 3, true)])
    expect(await people()).toMatchObject({ 'user_id:u': { inside: [expect.any(String)] } })
  })

  test('keeps the two apart under the same kind of evidence, and lets another kind join them', async () => {
    await store.send([message(VISITOR), message(USER)])
    const joining = message(BOTH)
    await store.send([joining])
    await undo()
    await store.send([joining, message(BOTH)])
    await store.send([message(BOTH)])
    expect(Object.keys(await people())).toEqual(['anonymous_id:a', 'user_id:u'])
    await store.send([message({ userId: 'u', previousId: 'a' }, { type: 'alias' })])
    expect(Object.keys(await people())).toEqual(['anonymous_id:a user_id:a user_id:u'])
    await undo(1)
    await store.send([message({ userId: 'u', previousId: 'a' }, { type: 'alias' }), message(BOTH)])
    expect(Object.keys(await people())).toEqual(['anonymous_id:a', 'user_id:u'])
  })

  test('keeps them apart when either has since been merged into somebody else', async () => {
    await store.send([message(VISITOR), message(USER), message({ userId: 'w' })])
    await store.send([message(BOTH)])
    await undo()
    await store.send([message({ userId: 'w', previousId: 'u' }, { type: 'alias' })])
    await store.send([message(BOTH), message({ userId: 'w', anonymousId: 'a' })])
    expect(Object.keys(await people())).toEqual([
      'anonymous_id:a',
      'anonymous_id:u user_id:u user_id:w',
    ])
  })

  test('a person merged over two steps goes with whom they came with', async () => {
    await store.send([message(VISITOR), message(USER), message({ userId: 'w' })])
    await store.send([message(BOTH)])
    await store.send([message({ userId: 'w', previousId: 'u' }, { type: 'alias' })])
    await undo(1)
    expect(Object.keys(await people())).toEqual(['anonymous_id:a user_id:u', 'user_id:w'])
    await undo(0)
    expect(Object.keys(await people())).toEqual(['anonymous_id:a', 'user_id:u', 'user_id:w'])
  })

  test('a batch that read the two as one before states its membership for the right one', async () => {
    await store.send([message(VISITOR), message(USER)])
    await store.send([message(BOTH)])
    const held = await holdOrder(database, 'slow')
    // Holds the person while its order waits; the undo and a statement line up behind it.
    const slow = store.send([membership(USER, 1, false), order(USER, 'slow')])
    await held.blocked(1)
    const undoing = undo()
    await until(async () => (await waiting()) >= 2)
    const stating = store.send([membership(VISITOR, 5, true)])
    await until(async () => (await waiting()) >= 3)
    await held.release()
    await Promise.all([slow, undoing, stating])
    expect(await people()).toMatchObject({
      'anonymous_id:a': { inside: [expect.any(String)] },
      'user_id:u': { inside: null },
    })
  })

  test('whoever asks twice is told that it is done; an older merge, that nobody can tell', async () => {
    await store.send([message(VISITOR), message(USER)])
    await store.send([message(BOTH)])
    await database.query('update merges set is_separable = false')
    const refused = await undo()
    expect(refused.status).toBe(409)
    expect(JSON.stringify(await refused.json())).toContain('nobody can tell what belongs to whom')
    await database.query('update merges set is_separable = true')
    const done = await Promise.all([undo(), undo()])
    expect(done.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('takes an operator, a merge of that person, in that environment; the audit log keeps it', async () => {
    await store.send([message(VISITOR), message(USER), message({ userId: 'stranger' })])
    await store.send([message(BOTH)])
    const merge = (await merges())[0]
    const path = `/v1/profiles/u/merges/${merge?.id}`
    expect((await post(`${path}/undo`, VIEWER_KEY)).status).toBe(403)
    expect((await post(`${path}/undo`, API_KEYS.staging)).status).toBe(404)
    expect((await post(`/v1/profiles/stranger/merges/${merge?.id}/undo`)).status).toBe(404)
    expect((await post('/v1/profiles/u/merges/x/undo')).status).toBe(404)
    expect((await store.read(path, 'staging')).status).toBe(404)
    expect((await post(`${path}/undo`)).status).toBe(200)
    expect(await database.query('select action, target from audit_log')).toEqual([
      {
        action: 'merge.undone',
        target: expect.stringMatching(/^merge \d+: profile \d+ out of \d+$/),
      },
    ])
    const profile = (await (await store.read('/v1/profiles/u')).json()) as { merges: JsonObject[] }
    expect(profile.merges).toMatchObject([
      { is_separable: true, undone_at: expect.any(String), undone_by: expect.any(String) },
    ])
  })
})

test('what is undone in one environment leaves the people of another as they are', async () => {
  for (const environment of ['production', 'staging'] as const) {
    await store.send([message(VISITOR), message(USER)], environment)
    await store.send([message(BOTH)], environment)
  }
  await store.send([membership(USER, 1, true)])
  expect((await undo(0)).status).toBe(200)
  const rows = await database.query(
    `select environment, count(*) filter (where merged_into is null)::integer as people
     from profiles group by 1 order by 1`,
  )
  expect(rows).toEqual([
    { environment: 'production', people: 2 },
    { environment: 'staging', people: 1 },
  ])
  const sizes = async (environment: 'production' | 'staging') =>
    ((await (await store.read('/v1/audience-sizes', environment)).json()) as SizesPage).audiences
  expect(await sizes('production')).toHaveLength(1)
  expect(await sizes('staging')).toEqual([])
})

test('the preview says who gets what, what nobody has afterwards, and what was sent', async () => {
  await store.send([
    consent({ userId: 'old' }, 1, true),
    identify({ userId: 'old' }, 1, 'free'),
    message({ userId: 'new' }),
  ])
  await store.send([message({ userId: 'new', previousId: 'old' }, { type: 'alias' })])
  await store.send([order({ userId: 'old' }, 'o1'), membership({ userId: 'old' }, 2, true)])
  const [delivery] = await claimDeliveries(store.database, {
    environment: 'production',
    destination: 'webhook',
    limit: 1,
    leaseMs: 60_000,
  })
  if (!delivery) throw new Error('nothing is due')
  const settlement = { state: 'delivered', reason: null } as const
  await recordDeliveries(store.database, [{ delivery, settlement, attempt: null }])
  const merge = (await merges())[0]
  const read = async () =>
    (await (
      await store.read(`/v1/profiles/${merge?.root}/merges/${merge?.id}`)
    ).json()) as SeparationPreview
  expect(await read()).toMatchObject({
    rule: 'alias',
    refusal: null,
    leaves: {
      canonical_user_id: 'old',
      identifiers: [{ type: 'user_id', value: 'old', rule: 'first_seen' }],
      consents: [{ category: 'Advertising', granted: true }],
      audiences: [{ id: 'vip' }],
      messages: 4,
    },
    stays: { canonical_user_id: 'new', consents: [], audiences: [], messages: 2, events: 0 },
    released: [{ type: 'anonymous_id', rule: 'alias' }],
    sent: [{ destination: 'webhook', count: 1 }],
  })
  await undo()
  expect(await read()).toMatchObject({ refusal: 'undone' })
  expect(Object.keys(await people())).toEqual(['user_id:new', 'user_id:old'])
})

test('the profile tells every statement of consent and what it changed', async () => {
  await store.send([consent(USER, 1, true), consent(USER, 3, false)])
  store.clock.advance(1000)
  await store.send([consent(USER, 4, false), consent(USER, 2, true)])
  const { consent_history: steps } = (await (await store.read('/v1/profiles/u')).json()) as {
    consent_history: JsonObject[]
  }
  expect(steps.map(({ stated_at, before, granted, held }) => [stated_at, before, granted, held]))
    // prettier-ignore
    .toEqual([
      [at(4), false, false, true],
      [at(3), true, false, true],
      [at(2), true, true, false],
      [at(1), null, true, true],
    ])
})

// Three people: a visitor, a user, another user. Two merges, at any place among what they say; one of them is undone.
const PERSONS = [VISITOR, USER, { userId: 'w' }] as const
const said = fc.record({
  who: fc.nat(2),
  what: fc.constantFrom('consent', 'traits', 'membership', 'order'),
  minute: fc.nat(50),
  yes: fc.boolean(),
})
const JOINS: readonly (() => JsonObject)[] = [
  () => message(BOTH, { messageId: 'join-0' }),
  () => message({ userId: 'w', previousId: 'u' }, { type: 'alias', messageId: 'join-1' }),
]

type Said = { who: number; what: string; minute: number; yes: boolean }
function written({ who, what, minute, yes }: Said, place: number): JsonObject {
  const ids = PERSONS[who] as Ids
  const named = { messageId: `said-${place}` }
  if (what === 'consent') return { ...consent(ids, minute, yes), ...named }
  if (what === 'traits') return { ...identify(ids, minute, yes ? 'pro' : 'free'), ...named }
  if (what === 'membership') return { ...membership(ids, minute, yes), ...named }
  return { ...order(ids, `o${place}`), ...named }
}

test('any history: undone is as if it had never been, and the ledger is as it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(said, { minLength: 3, maxLength: 12 }),
      fc.tuple(fc.nat(12), fc.nat(12)),
      fc.nat(1),
      async (sayings, places, undone) => {
        const histories = [true, false].map((isWhole) => {
          const all = PERSONS.map((ids, who) => message(ids, { messageId: `first-${who}` }))
          const messages = sayings.map(written)
          places.forEach((place, join) => {
            if (isWhole || join !== undone)
              messages.splice(
                Math.min(place, messages.length),
                0,
                (JOINS[join] as () => JsonObject)(),
              )
          })
          return [...all, ...messages]
        })
        const states: unknown[] = []
        for (const [turn, history] of histories.entries()) {
          await database.clear()
          store = createStore()
          for (const each of history) {
            await store.send([each])
            store.clock.advance(1000)
          }
          if (turn === 0) {
            const before = await ledger()
            const ofJoin = await database.query<{ place: number }>(
              `select (row_number() over (order by id))::integer - 1 as place, message_id from merges`,
            )
            const place = (ofJoin as { place: number; message_id?: string }[]).find(
              ({ message_id }) => message_id === `join-${undone}`,
            )?.place
            expect((await undo(place)).status).toBe(200)
            expect((await ledger()).slice(0, before.length)).toEqual(before)
          }
          states.push(await people())
        }
        expect(states[0]).toEqual(states[1])
      },
    ),
    { seed: 61, numRuns: Number(process.env.RUNS ?? 10) },
  )
}, 300_000)

async function waiting(): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row?.count ?? 0
}
