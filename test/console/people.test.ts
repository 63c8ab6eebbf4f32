// Pages about audiences and people, over HTTP without a browser.
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { createTestConsole, type TestConsole, type Visitor } from '../support/console.ts'
import { useDatabase } from '../support/database.ts'
import { ACCOUNT, API_KEYS, orderMessage, SECRETS } from '../support/signed-batch.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const VIEWER_KEY = 'a-viewers-key-000001'
const TABLE = parseAudiencesFile(
  'audiences: { vip: { name: VIP customers, keys: [vip], destinations: [crm] } }',
  'audiences.yaml',
)

let stage: TestConsole
let visitor: Visitor
beforeEach(async () => {
  stage = createTestConsole(database, {
    destinations: ['webhook', 'crm'],
    audienceOnly: ['crm'],
    audiences: TABLE,
    access: {
      account: ACCOUNT,
      environments: [
        {
          name: 'production',
          secrets: [SECRETS.production],
          apiKeys: [API_KEYS.production, VIEWER_KEY],
          keyRoles: new Map([[VIEWER_KEY, 'viewer']] as const),
        },
      ],
    },
  })
  visitor = stage.visitor()
  await visitor.signIn(API_KEYS.production)
})

// What a page asked for besides ends by itself.
afterEach(() => until(() => database.pool.idleCount === database.pool.totalCount))

let sent = 0
function membership(user: string, inside = true): JsonObject {
  return {
    type: 'identify',
    messageId: `personas_${++sent}`,
    userId: user,
    timestamp: new Date(stage.store.clock.now()).toISOString(),
    traits: { vip: inside, email: `${user}@example.com` },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: 'aud_vip',
        computation_key: 'vip',
      },
    },
  }
}
const minutes = (count: number) => stage.store.clock.advance(count * 60_000)

async function page(pathname: string, of: Visitor = visitor): Promise<string> {
  const answer = await of.get(pathname)
  expect({ pathname, status: answer.status }).toEqual({ pathname, status: 200 })
  // Names stand in elements of their own: without tags the words can be read as people read them.
  return (await answer.text()).replace(/<[^>]+>/g, '').replace(/\s+/g, ' ')
}
async function read<Body>(path: string): Promise<Body> {
  return (await (await stage.store.read(path)).json()) as Body
}

describe('sizes over time', () => {
  interface Sizes {
    audiences: { sizes: number[]; entered: number[]; exited: number[]; members: number }[]
    losses: JsonObject[]
  }
  const sizes = (window: string) => read<Sizes>(`/v1/audience-sizes?window=${window}`)

  test('are reckoned back from now, hour by hour; what was counted once is counted the same again', async () => {
    await stage.store.send(['u1', 'u2', 'u3'].map((user) => membership(user)))
    minutes(60)
    await stage.store.send([membership('u4'), membership('u1', false)])
    minutes(60)
    await stage.store.send([membership('u2', false)])
    const first = await sizes('24h')
    expect(first.audiences[0]?.sizes.slice(-4)).toEqual([0, 3, 3, 2])
    expect(first.audiences[0]?.entered.slice(-3)).toEqual([3, 1, 0])
    expect(first.audiences[0]?.exited.slice(-3)).toEqual([0, 1, 1])
    expect(await sizes('24h')).toEqual(first)
    expect(await database.query('select entered, exited from membership_tallies')).not.toEqual([])
    expect((await sizes('30d')).audiences[0]?.sizes.slice(-2)).toEqual([0, 2])
    const odd = await stage.store.read('/v1/audience-sizes?window=1y')
    expect([odd.status, JSON.stringify(await odd.json())]).toEqual([
      400,
      expect.stringContaining('want one of 24h, 7d, 30d'),
    ])
  })

  test.each([
    { name: 'more than half within an hour', steps: [6, 6], gap: 50, want: '12 of 20' },
    { name: 'more than half, an hour apart', steps: [6, 6], gap: 70, want: null },
    { name: 'half', steps: [10], gap: 0, want: null },
  ])('an alert says so of an audience that lost $name', async ({ steps, gap, want }) => {
    const users = Array.from({ length: 20 }, (_, at) => `u${at}`)
    await stage.store.send(users.map((user) => membership(user)))
    minutes(180)
    for (const count of steps) {
      await stage.store.send(users.splice(0, count).map((user) => membership(user, false)))
      minutes(gap)
    }
    const alert = `VIP customers lost ${want} members within an hour`
    for (const pathname of ['/', '/audiences', '/audiences/vip']) {
      const text = await page(pathname)
      if (want === null) expect(text).not.toContain('within an hour')
      else expect(text).toContain(alert)
    }
    minutes(25 * 60)
    await visitor.signIn(API_KEYS.production)
    expect(await page('/audiences')).not.toContain('within an hour')
  })
})

describe('an audience', () => {
  test('shows its members page by page, each with a record that names nobody', async () => {
    await stage.store.send(Array.from({ length: 60 }, (_, at) => membership(`u${at}`)))
    const html = await (await visitor.get('/audiences/vip/members')).text()
    expect(html.match(/class="person-row"/g)).toHaveLength(50)
    expect(html).toContain('audience_entered')
    expect(html).not.toContain('@example.com')
    const next = /href="([^"]+cursor=\d+)"/.exec(html)?.[1] ?? ''
    const last = await (await visitor.get(next)).text()
    expect(last.match(/class="person-row"/g)).toHaveLength(10)
    expect(last).toContain('>First<')
    expect(await page('/audiences/vip/transitions')).toContain('Segment said so')
  })

  test('says in words what its members brought, and within which time after entering', async () => {
    await stage.store.send([membership('user-o1')])
    minutes(60)
    const timestamp = new Date(stage.store.clock.now()).toISOString()
    minutes(1)
    await stage.store.send([orderMessage('o1', { timestamp }), orderMessage('o2', { timestamp })])
    const text = await page('/audiences/vip/outcomes?days=7&window=1d')
    expect(text).toContain('In short: 129.95 EUR of 1 order')
    expect(text).toContain('Within a day after entering')
    expect(await page('/audiences/vip/outcomes?days=odd')).toContain('Within 7 days')
  })

  test('is compared with each destination, and repaired and resumed from there', async () => {
    await stage.store.send([membership('u1')])
    await database.query(
      `update deliveries set state = 'dead', reason = 'refused', settled_at = now() where destination = 'crm'`,
    )
    await database.query(
      `insert into remote_audiences (environment, destination, audience_id, name, external_id, state, reason, changed_at)
       select 'production', 'crm', id, 'VIP customers', 'ext-1', 'paused', 'it is gone', now() from audiences`,
    )
    expect(await page('/audiences')).toContain('crm paused')
    const shown = await page('/audiences/vip/destinations')
    expect(shown).toContain('1 missing at crm')
    expect(shown).toContain('it is gone')
    const watching = stage.visitor()
    await watching.signIn(VIEWER_KEY)
    expect(await page('/audiences/vip/destinations', watching)).not.toContain('Resume at crm')
    const refused = await watching.send('/audiences/vip/resume', { destination: 'crm' })
    expect(refused.status).toBe(403)
    const resumed = await visitor.send('/audiences/vip/resume', { destination: 'crm' })
    expect([resumed.status, resumed.headers.get('location')]).toEqual([
      303,
      '/audiences/vip/destinations',
    ])
    await visitor.send('/audiences/vip/repair', { destination: 'crm' })
    expect(await page('/audiences/vip/destinations')).toContain('no drift, 1 on the way')
    const settings = await page('/settings')
    expect(settings).toContain('resumed an audience')
    expect(settings).toContain('repaired an audience')
  })

  test('made anew has a page of its own, and a strange name is text', async () => {
    const markup = '<img src=x>'
    const odd = membership('u1')
    const personas = { computation_class: 'audience', computation_id: markup, computation_key: 'k' }
    await stage.store.send([{ ...odd, traits: { k: true }, context: { personas } }])
    const html = await (await visitor.get('/audiences')).text()
    expect(html).not.toContain('<img')
    expect(html).toContain(`/audiences/${encodeURIComponent(markup)}`)
    for (const view of ['', '/members', '/transitions', '/outcomes', '/destinations'])
      expect((await visitor.get(`/audiences/${encodeURIComponent(markup)}${view}`)).status).toBe(
        200,
      )
    expect((await visitor.get('/audiences/nobody/members')).status).toBe(404)
  })
})

describe('a person', () => {
  const said = (minute: number, granted: boolean): JsonObject => ({
    type: 'identify',
    messageId: `said-${minute}`,
    userId: 'u',
    timestamp: new Date(Date.UTC(2026, 3, 22, 8, minute)).toISOString(),
    context: { consent: { categoryPreferences: { Advertising: granted } } },
  })
  const visit = (ids: JsonObject): JsonObject => ({ type: 'page', messageId: `p${++sent}`, ...ids })

  test('shows every statement of consent with what it changed', async () => {
    await stage.store.send([said(1, true), said(2, false), said(3, false)])
    const text = await page('/profiles/u')
    expect(text).toContain('unknown to granted')
    expect(text).toContain('granted to denied')
    expect(text).toContain('nothing: it was so before')
  })

  test('shows where they are inside and where not any more', async () => {
    await stage.store.send([membership('u')])
    expect(await page('/profiles/u')).toMatch(/Inside ?vip since/)
    minutes(5)
    await stage.store.send([membership('u', false)])
    expect(await page('/profiles/u')).toMatch(/Not any more ?vip exited/)
  })

  test('that was merged is taken apart from the page, by an operator', async () => {
    await stage.store.send([visit({ anonymousId: 'a' }), visit({ userId: 'u' })])
    await stage.store.send([visit({ userId: 'u', anonymousId: 'a' })])
    const html = await (await visitor.get('/profiles/u')).text()
    const path = /href="(\/profiles\/\d+\/merges\/\d+)"/.exec(html)?.[1] ?? ''
    expect(await page(path)).toContain('Becomes a person of its own')
    const watching = stage.visitor()
    await watching.signIn(VIEWER_KEY)
    expect(await page(path, watching)).toContain('An operator can undo it.')
    expect((await watching.send(`${path}/undo`)).status).toBe(403)
    const done = await visitor.send(`${path}/undo`)
    expect(done.status).toBe(303)
    expect(await page(done.headers.get('location') ?? '')).toContain('kept apart from')
    expect(await page('/profiles/u')).toContain('Undone by')
    expect(await page(path)).toContain('This merge is undone already.')
    expect((await visitor.send(`${path}/undo`)).status).toBe(409)
    expect(await page('/settings')).toContain('undid a merge')
  })

  test('whose merge is older than what is kept of it is told so', async () => {
    await stage.store.send([visit({ anonymousId: 'a' }), visit({ userId: 'u' })])
    await stage.store.send([visit({ userId: 'u', anonymousId: 'a' })])
    await database.query('update merges set is_separable = false')
    expect(await page('/profiles/u')).toContain('Cannot be undone')
  })
})
