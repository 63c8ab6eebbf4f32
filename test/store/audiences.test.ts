import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { expireMemberships } from '../../store/retention.ts'
import { corpusRows, corpusTitle, describeCorpus } from '../core/support/corpus.ts'
import { useDatabase } from '../support/database.ts'
import {
  batchOf,
  type EnvironmentName,
  orderMessage,
  signedRequest,
} from '../support/signed-batch.ts'
import { createTestStore, resultsOf } from '../support/store.ts'

const database = useDatabase()

const TABLE = parseAudiencesFile(
  `audiences:
  vip: { name: VIP customers, keys: [vip], destinations: [crm, elsewhere] }
  seed: { computation_ids: [aud_seed], mode: append_only, destinations: [crm] }
  trial: { keys: [trial], retention_days: 30, destinations: [crm] }
  large: { keys: [large], minimum_size: 3, destinations: [crm] }
  careful:
    keys: [careful]
    destinations: [crm]
    consent: { categories: [Advertising], unknown: hold }`,
  'audiences.yaml',
)

function createStore() {
  return createTestStore(database, {
    destinations: ['webhook', 'crm'],
    audienceOnly: ['crm'],
    audiences: TABLE,
  })
}

let counter = 0

interface Spec {
  readonly key?: string
  readonly id?: string
  readonly user?: string | null
  readonly anonymous?: string
  readonly email?: string
  readonly inside?: boolean
  /** Minutes after ten o'clock. */
  readonly at?: number
  readonly messageId?: string
}

function membership(spec: Spec): JsonObject {
  const { key = 'vip', id = `aud_${key}`, user = 'u1', inside = true, at = 0 } = spec
  return {
    type: 'identify',
    messageId: spec.messageId ?? `personas_${++counter}`,
    ...(user === null ? {} : { userId: user }),
    ...(spec.anonymous ? { anonymousId: spec.anonymous } : {}),
    timestamp: new Date(Date.UTC(2026, 3, 23, 10, at)).toISOString(),
    traits: { [key]: inside, ...(spec.email ? { email: spec.email } : {}) },
    context: {
      personas: { computation_class: 'audience', computation_id: id, computation_key: key },
    },
  }
}

type Store = ReturnType<typeof createStore>

async function read<Body = JsonObject>(
  store: Store,
  path: string,
  environment?: EnvironmentName,
): Promise<Body> {
  return (await (await store.read(path, environment)).json()) as Body
}

interface Members {
  readonly members: { subject: string; status: string; canonical_user_id: string | null }[]
  readonly next: string | null
}

async function membersOf(store: Store, audience: string): Promise<string[]> {
  const { members } = await read<Members>(store, `/v1/audiences/${audience}/members`)
  return members.map(({ subject, status, canonical_user_id }) =>
    status === 'known' ? String(canonical_user_id) : `${status} ${subject.replace(/\d+$/, '#')}`,
  )
}

async function transitionsOf(store: Store, audience: string): Promise<string[]> {
  const { transitions } = await read<{
    transitions: { direction: string; reason: string; deliveries: JsonObject }[]
  }>(store, `/v1/audiences/${audience}/transitions`)
  return transitions
    .map(({ direction, reason, deliveries }) =>
      [direction, reason, ...Object.keys(deliveries)].join(' '),
    )
    .reverse()
}

async function assertBalanced(store: Store): Promise<void> {
  expect(await read(store, '/v1/reconcile')).toMatchObject({ balanced: true })
}

describe('memberships', () => {
  test('enter, leave and enter again; each change is owed to the destinations of the audience that are on', async () => {
    const store = createStore()
    await store.send([membership({ at: 1 })])
    await store.send([membership({ at: 2, inside: false }), membership({ at: 3 })])
    await store.send([membership({ at: 4 })])
    expect(await membersOf(store, 'vip')).toEqual(['u1'])
    expect(await transitionsOf(store, 'vip')).toEqual(['entered stated crm'])
    await store.send([membership({ at: 5, inside: false })])
    expect(await membersOf(store, 'vip')).toEqual([])
    expect(await transitionsOf(store, 'vip')).toEqual(['entered stated crm', 'exited stated crm'])
    await assertBalanced(store)
  })

  test('the story of the message tells what it changed and who was told', async () => {
    const store = createStore()
    await store.send([membership({ messageId: 'm1' })])
    expect(await read(store, '/v1/messages/m1')).toMatchObject({
      kind: 'audience',
      transitions: [
        {
          audience: 'vip',
          direction: 'entered',
          reason: 'stated',
          deliveries: [{ destination: 'crm', state: 'pending' }],
        },
      ],
    })
  })

  test('whoever leaves without having entered is noted and nobody is told; an older entry stays out', async () => {
    const store = createStore()
    await store.send([membership({ at: 5, inside: false })])
    await store.send([membership({ at: 4 })])
    expect(await membersOf(store, 'vip')).toEqual([])
    expect(await transitionsOf(store, 'vip')).toEqual([])
  })

  test('of two statements for one instant the exit counts, in whatever order', async () => {
    const store = createStore()
    await store.send([membership({ at: 1, inside: false })])
    await store.send([membership({ at: 1 })])
    await store.send([membership({ at: 1, user: 'u2' })])
    await store.send([membership({ at: 1, user: 'u2', inside: false })])
    expect(await membersOf(store, 'vip')).toEqual([])
  })

  test('an audience made anew under its old key is another one, and the current one', async () => {
    const store = createStore()
    await store.send([membership({ at: 1, id: 'aud_old' })])
    await store.send([membership({ at: 2, id: 'aud_new', user: 'u2' })])
    expect(await membersOf(store, 'vip')).toEqual(['u2'])
    expect(await membersOf(store, 'aud_old')).toEqual(['u1'])
    const { audiences } = await read<{ audiences: JsonObject[] }>(store, '/v1/audiences')
    const vip = audiences.filter(({ id }) => id === 'vip')
    expect(vip.map(({ computation_id, is_current }) => [computation_id, is_current])).toEqual(
      expect.arrayContaining([
        ['aud_old', false],
        ['aud_new', true],
      ]),
    )
  })

  test('an audience that is not listed is taken in under its key, and nothing reacts', async () => {
    const store = createStore()
    await store.send([membership({ key: 'newcomers' })])
    expect(await read(store, '/v1/audiences/newcomers')).toMatchObject({
      id: 'newcomers',
      is_listed: false,
      members: { total: 1, known: 1 },
      destinations: [],
    })
    expect(await transitionsOf(store, 'newcomers')).toEqual(['entered stated'])
    await assertBalanced(store)
  })

  test('an append-only audience tells nobody who leaves', async () => {
    const store = createStore()
    await store.send([membership({ key: 'seed', at: 1 })])
    await store.send([membership({ key: 'seed', at: 2, inside: false })])
    expect(await transitionsOf(store, 'seed')).toEqual(['entered stated crm', 'exited stated'])
    expect(await membersOf(store, 'seed')).toEqual([])
  })

  test('a member without user id is anonymous, then the person they turn out to be', async () => {
    const store = createStore()
    await store.send([membership({ user: null, anonymous: 'a1', at: 1 })])
    await store.send([membership({ user: null, email: 'jane@example.com', at: 1 })])
    expect(await membersOf(store, 'vip')).toEqual([
      'anonymous p:#',
      'unresolved email:j•••@•••.com',
    ])
    await store.send([{ type: 'identify', messageId: 'i1', userId: 'u1', anonymousId: 'a1' }])
    expect(await membersOf(store, 'vip')).toEqual(['u1', 'unresolved email:j•••@•••.com'])
  })

  test('merged profiles are one member, by the latest of what was stated of either', async () => {
    const store = createStore()
    await store.send([membership({ user: null, anonymous: 'a1', at: 1 })])
    await store.send([membership({ user: null, anonymous: 'a2', at: 1 })])
    await store.send([membership({ user: 'u2', at: 2, inside: false })])
    await store.send([membership({ user: 'u1', at: 2, key: 'trial' })])
    await store.send([{ type: 'identify', messageId: 'i1', userId: 'u1', anonymousId: 'a1' }])
    await store.send([{ type: 'identify', messageId: 'i2', userId: 'u2', anonymousId: 'a2' }])
    expect(await membersOf(store, 'vip')).toEqual(['u1'])
    expect(await transitionsOf(store, 'vip')).toEqual([
      'entered stated crm',
      'entered stated crm',
      'entered merged crm',
      'exited merged crm',
    ])
    await assertBalanced(store)
  })

  test('whoever left already leaves once more when a merge brings somebody who was inside', async () => {
    const store = createStore()
    await store.send([membership({ user: 'u1', at: 3 })])
    await store.send([membership({ user: 'u1', at: 6, inside: false })])
    await store.send([membership({ user: null, anonymous: 'a1', at: 5 })])
    await store.send([{ type: 'identify', messageId: 'i1', userId: 'u1', anonymousId: 'a1' }])
    expect(await membersOf(store, 'vip')).toEqual([])
    expect(await transitionsOf(store, 'vip')).toEqual([
      'entered stated crm',
      'exited stated crm',
      'entered stated crm',
      'exited merged crm',
    ])
    await assertBalanced(store)
  })

  test('who asks to be forgotten has left every audience; what was stated before brings nobody back', async () => {
    const store = createStore()
    await store.send([membership({ at: 1 }), membership({ at: 1, key: 'trial' })])
    const timestamp = new Date(Date.UTC(2026, 3, 23, 10, 5)).toISOString()
    await store.send([{ type: 'delete', messageId: 'd1', userId: 'u1', context: [], timestamp }])
    await store.send([membership({ at: 2 })])
    expect(await membersOf(store, 'vip')).toEqual([])
    expect(await membersOf(store, 'trial')).toEqual([])
    expect(await transitionsOf(store, 'vip')).toEqual(['entered stated crm', 'exited deleted crm'])
    const rows = await database.query('select reason from membership_statements where is_member')
    expect(rows).toHaveLength(1)
  })

  test('retention expires who was not stated anew; a later entry begins again', async () => {
    const store = createStore()
    const options = { table: TABLE, destinations: ['crm'], mappingVersion: 'test' }
    const day = 24 * 60 * 60 * 1000
    await store.send([
      membership({ key: 'trial' }),
      membership({ key: 'trial', user: 'u2', at: 1 }),
    ])
    store.clock.advance(30 * day - 60_000)
    expect(await expireMemberships(store.database, 'staging', options)).toEqual(new Map())
    expect(await expireMemberships(store.database, 'production', options)).toEqual(
      new Map([['trial', 2]]),
    )
    expect(await expireMemberships(store.database, 'production', options)).toEqual(new Map())
    expect(await membersOf(store, 'trial')).toEqual([])
    const late = membership({ key: 'trial', user: 'u2', at: 15 })
    await store.send([late])
    expect(await membersOf(store, 'trial')).toEqual(['u2'])
    expect(await transitionsOf(store, 'trial')).toEqual([
      'entered stated crm',
      'entered stated crm',
      'exited expired crm',
      'exited expired crm',
      'entered stated crm',
    ])
    await assertBalanced(store)
  })

  test('what states no membership is kept, and says why nothing came of it', async () => {
    const store = createStore()
    const raw = { ...membership({}), traits: {}, messageId: 'odd' }
    expect(await store.send([raw])).toEqual([
      expect.objectContaining({ outcome: 'accepted', status: 200 }),
    ])
    const { warnings } = await read<{ warnings: string[] }>(store, '/v1/messages/odd')
    expect(warnings).toEqual([
      'audience: membership is not stated; want traits.vip as true or false',
    ])
    expect(await read(store, '/v1/audiences/vip')).toMatchObject({ members: { total: 0 } })
  })

  test('the event of a transition carries who, which and why', async () => {
    const store = createStore()
    await store.send([
      { type: 'identify', messageId: 'i1', userId: 'u1', traits: { firstName: 'Jane' } },
      membership({ email: 'jane@example.com', anonymous: 'a1', at: 1, messageId: 'm1' }),
    ])
    const [row] = await database.query<{ canonical: JsonObject }>(
      "select canonical::json from events where name = 'audience_entered'",
    )
    expect(row?.canonical).toEqual({
      segment_event: 'Audience Entered',
      tracklayer_event: 'audience_entered',
      message_id: 'm1',
      occurred_at: '2026-04-23T10:01:00.000Z',
      canonical_user_id: 'u1',
      anonymous_id: 'a1',
      user: { email: 'jane@example.com', first_name: 'Jane' },
      consent: null,
      context: {},
      properties: {
        event_id: expect.stringMatching(/^aud_[0-9a-f]{40}$/),
        audience_id: 'vip',
        audience_key: 'vip',
        audience_name: 'VIP customers',
        computation_id: 'aud_vip',
        is_member: true,
        reason: 'stated',
      },
      mapping_version: expect.any(String),
    })
  })
})

test('a batch that says nothing about audiences asks nothing about them', async () => {
  const asked: string[] = []
  const pool = database.createPool()
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((statement: { name?: string }, ...rest: unknown[]) => {
      if (statement.name) asked.push(statement.name)
      return query(statement, ...rest)
    }) as typeof client.query
  })
  const store = createTestStore(database, { pool, audiences: TABLE })
  const order = (id: string) => orderMessage(id, { anonymousId: 'a1' })
  await store.send([
    order('o1'),
    { type: 'identify', messageId: 'i1', userId: 'u1', traits: { a: 1 } },
  ])
  expect(asked).toEqual([
    'identifier-owners',
    'make-people',
    'store-facts',
    'record-traits',
    'record-mapping-tallies',
  ])
  await store.send([membership({})])
  expect(asked).toContain('settle-members')
})

describe('POST /segment/audiences', () => {
  test('takes memberships, signed as ever, and no other kind', async () => {
    const store = createStore()
    const post = (messages: JsonObject[], secrets?: string[]) =>
      store.app.request(
        '/segment/audiences',
        signedRequest(JSON.stringify(batchOf(messages)), {
          nowMs: store.clock.now(),
          ...(secrets ? { secrets } : {}),
        }),
      )
    const answer = await post([membership({})])
    expect(await resultsOf(answer)).toMatchObject([{ outcome: 'accepted' }])
    expect((await post([membership({})], ['another'])).status).toBe(401)
    const refused = await post([membership({}), { type: 'identify', messageId: 'i', userId: 'u9' }])
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ error: { code: 'unsupported_kind' } })
    expect(await membersOf(store, 'vip')).toEqual(['u1'])
  })
})

describe('reading', () => {
  test('nothing of one environment is seen from another', async () => {
    const store = createStore()
    await store.send([membership({})])
    await store.send([membership({ key: 'other' })], 'staging')
    const { members } = await read<{ members: { profile_id: string }[] }>(
      store,
      '/v1/audiences/vip/members',
    )
    const profile = members[0]?.profile_id
    for (const path of ['aud_vip', 'aud_vip/members', 'aud_vip/transitions'])
      expect((await store.read(`/v1/audiences/${path}`, 'staging')).status).toBe(404)
    expect((await store.read(`/v1/profiles/${profile}`)).status).toBe(200)
    expect((await store.read(`/v1/profiles/${profile}`, 'staging')).status).toBe(404)
    const { audiences } = await read<{ audiences: JsonObject[] }>(store, '/v1/audiences', 'staging')
    const seen = audiences.filter(({ first_computed_at }) => first_computed_at !== null)
    expect(seen.map(({ id }) => id)).toEqual(['other'])
    const environments = [
      'audiences',
      'memberships',
      'membership_statements',
      'membership_transitions',
    ]
    for (const table of environments) {
      const rows = await database.query(`select environment from ${table} order by 1`)
      expect(rows).toEqual([{ environment: 'production' }, { environment: 'staging' }])
    }
  })

  test('members come page by page, transitions the newest first', async () => {
    const store = createStore()
    await store.send(Array.from({ length: 5 }, (_, at) => membership({ user: `u${at}` })))
    const first = await read<Members>(store, '/v1/audiences/vip/members?limit=3')
    const rest = await read<Members>(
      store,
      `/v1/audiences/vip/members?limit=3&cursor=${first.next}`,
    )
    const users = [...first.members, ...rest.members].map((member) => member.canonical_user_id)
    expect(users.sort()).toEqual(['u0', 'u1', 'u2', 'u3', 'u4'])
    expect(rest.next).toBeNull()
    const newest = await read<JsonObject>(store, '/v1/audiences/vip/transitions?limit=2')
    expect(newest.transitions).toHaveLength(2)
    expect((await store.read('/v1/audiences/vip/members?cursor=x')).status).toBe(400)
  })

  test('a profile shows what it is made of, without personal data', async () => {
    const store = createStore()
    await store.send([
      membership({ user: null, anonymous: 'a1', at: 1 }),
      {
        type: 'identify',
        messageId: 'i1',
        userId: 'u1',
        anonymousId: 'x1',
        traits: { plan: 'pro', email: 'jane@example.com' },
      },
    ])
    await store.send([{ type: 'identify', messageId: 'i2', userId: 'u1', anonymousId: 'a1' }])
    const story = await read<JsonObject>(store, '/v1/profiles/u1')
    expect(story).toMatchObject({
      canonical_user_id: 'u1',
      identifiers: [
        { type: 'user_id', value: 'u1', rule: 'first_seen', message_id: 'i1' },
        { type: 'anonymous_id', value: 'a1' },
        { type: 'anonymous_id', value: 'x1' },
        { type: 'email', value: 'j•••@•••.com' },
      ],
      traits: { plan: 'pro', email: 'j•••@•••.com' },
      audiences: [{ id: 'vip', is_member: true, since: '2026-04-23T10:01:00.000Z' }],
      merges: [{ rule: 'same_message', message_id: 'i2' }],
    })
    expect(JSON.stringify(story)).not.toContain('jane@')
  })
})

describeCorpus(corpusTitle('audience messages of others, through the store'), () => {
  test('every one has an outcome, and every change is a statement in its audience', async () => {
    const store = createStore()
    const rows = corpusRows<{ id: string; message: JsonObject }>('audiences.ndjson')
    const messages = rows.map(({ id, message }) => ({ ...message, messageId: id.slice(0, 40) }))
    const results = await store.send(messages)
    expect(results.map(({ status }) => status)).toEqual(rows.map(() => 200))
    const [counts] = await database.query<JsonObject>(
      `select count(*) filter (where kind = 'audience')::int as audiences,
              count(*) filter (where kind = 'audience' and warnings::text like '%audience: %')::int as faults,
              (select count(*)::int from membership_statements) as statements from messages`,
    )
    expect(counts?.statements).toBe(Number(counts?.audiences) - Number(counts?.faults))
    expect(Number(counts?.statements)).toBeGreaterThan(80)
    await assertBalanced(store)
  })
})
