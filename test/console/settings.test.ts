// The settings, without a browser: what each role is shown, what is said once, and how one goes on without a script.
import { secretFingerprint } from '../../core/secret-fingerprint.ts'
import { createTestConsole, type TestConsole, type Visitor } from '../support/console.ts'
import { useDatabase } from '../support/database.ts'
import { ACCOUNT, API_KEYS, batchOf, orderMessage, SECRETS } from '../support/signed-batch.ts'
import type { TestStoreOptions } from '../support/store.ts'

const database = useDatabase()
const VIEWER_KEY = 'a-viewers-key-000001'
const PROXY = { identityHeader: 'x-auth-request-email', secret: 'proxy-secret-000001' }
const HOUR_MS = 3_600_000
const old = secretFingerprint(SECRETS.production)

const access = {
  account: ACCOUNT,
  proxy: PROXY,
  environments: [
    {
      name: 'production',
      secrets: [SECRETS.production],
      apiKeys: [API_KEYS.production, VIEWER_KEY],
      keyRoles: new Map([[VIEWER_KEY, 'viewer']] as const),
      people: [{ pattern: '*@shop.example', role: 'admin' as const }],
    },
    {
      name: 'staging',
      secrets: [SECRETS.staging],
      apiKeys: [API_KEYS.staging],
      people: [{ pattern: 'ada@shop.example', role: 'viewer' as const }],
    },
  ],
}

let stage: TestConsole
let visitor: Visitor
beforeEach(async () => {
  await open()
})

async function open(options: TestStoreOptions = {}): Promise<void> {
  stage = createTestConsole(database, { access, ...options })
  visitor = stage.visitor()
  await visitor.signIn(API_KEYS.production)
}

async function page(pathname: string, of: Visitor = visitor): Promise<string> {
  const answer = await of.get(pathname)
  expect({ pathname, status: answer.status }).toEqual({ pathname, status: 200 })
  return answer.text()
}

/** The text that a page shows once. */
function shown(html: string): string {
  return /<output[^>]*>([^<]+)<\/output>/.exec(html)?.[1] ?? ''
}

const PAGES = ['', '/secrets', '/api-keys', '/retention', '/audit-log'].map(
  (at) => `/settings${at}`,
)

test('every page is there for every role; a viewer is offered nothing that a viewer may not do', async () => {
  const viewer = stage.visitor()
  await viewer.signIn(VIEWER_KEY)
  for (const pathname of PAGES) {
    await page(pathname)
    const html = await page(pathname, viewer)
    const forms = [...html.matchAll(/<form method="post" action="([^"]+)"/g)].map(([, at]) => at)
    expect({ pathname, forms }).toEqual({ pathname, forms: ['/sign-out'] })
    expect(html).not.toContain(SECRETS.production)
    expect(html).not.toContain(API_KEYS.production)
  }
  expect(await page('/settings/api-keys', viewer)).toContain('Only an admin sees and makes them')
  expect(await page('/settings/audit-log', viewer)).toContain('Only an admin sees it')
})

describe('rotating a secret', () => {
  const signed = async (secret: string, name: string) =>
    (await stage.store.post(JSON.stringify(batchOf([orderMessage(name)])), { secrets: [secret] }))
      .status

  test('made, shown once, seen in use, and the old one retired when it is quiet', async () => {
    expect(await page('/settings/secrets')).toContain('One is accepted. Both will be.')
    const made = await visitor.send('/settings/secrets')
    const secret = shown(await made.text())
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    expect(made.headers.get('cache-control')).toBe('no-store')
    expect(await page('/settings/secrets')).not.toContain(secret)

    expect([await signed(SECRETS.production, 'o1'), await signed(secret, 'o2')]).toEqual([200, 200])
    const list = await page('/settings/secrets')
    expect(list).toContain('A rotation is under way')
    expect(list).toContain('has signed 1 request.')
    stage.store.clock.advance(HOUR_MS)
    expect(await page('/settings/secrets')).toContain('It last signed 60 min ago')
    const retired = await visitor.send(`/settings/secrets/${old}/retire`)
    expect([retired.status, retired.headers.get('location')]).toEqual([303, '/settings/secrets'])
    expect([await signed(SECRETS.production, 'o3'), await signed(secret, 'o4')]).toEqual([401, 200])
    const after = await page('/settings/secrets')
    expect(after).toContain('though it stands in its variable')
    expect(after).toContain('One is accepted. Both will be.')
    expect(await page('/settings')).toContain('retired a signing secret')

    expect((await visitor.send(`/settings/secrets/${old}/restore`)).status).toBe(303)
    expect(await signed(SECRETS.production, 'o5')).toBe(200)
  })

  test('one that is in use is retired only after a page that says what would be refused', async () => {
    await visitor.send('/settings/secrets')
    await signed(SECRETS.production, 'o1')
    const asked = await visitor.send(`/settings/secrets/${old}/retire`)
    expect(asked.status).toBe(409)
    const words = await asked.text()
    expect(words).toContain('>23 Apr 10:15:30</time>. Wait until nothing was signed')
    expect(words).toContain('name="confirm" value="yes"')
    expect(await signed(SECRETS.production, 'o2')).toBe(200)
    expect((await visitor.send(`/settings/secrets/${old}/retire`, { confirm: 'yes' })).status).toBe(
      303,
    )
    expect(await signed(SECRETS.production, 'o3')).toBe(401)
  })

  test('what the store refuses is said on the page: a second new one', async () => {
    await visitor.send('/settings/secrets')
    const again = await visitor.send('/settings/secrets')
    expect(again.status).toBe(409)
    const html = await again.text()
    expect(html).toContain('was made and has signed nothing yet')
    expect(html).toContain('Accepted now')
    expect(shown(html)).toBe('')
  })

  test('without an encryption key the page says what to set', async () => {
    await open({ vault: null })
    const html = await page('/settings/secrets')
    expect(html).toContain('TRACKLAYER_ENCRYPTION_KEY')
    expect(html).toContain('tracklayer keys rotate')
    expect(html).not.toContain('Make a new secret')
  })
})

describe('API keys', () => {
  test('made, shown once, used, and revoked in two steps', async () => {
    const made = await visitor.send('/settings/api-keys', {
      name: 'Reports <b>',
      role: 'viewer',
      days: '30',
    })
    const html = await made.text()
    const key = shown(html)
    expect(key).toMatch(/^tlk_[0-9a-f]{64}$/)
    expect(html).not.toContain('<b>:')
    const holder = stage.visitor()
    await holder.signIn(key)
    expect(await page('/settings', holder)).toContain('Reports &lt;b&gt; (key-')

    const list = await page('/settings/api-keys')
    expect(list).not.toContain(key)
    expect(list).toContain('>23 May 10:15:30</time>')
    const revoke = /action="(\/settings\/api-keys\/[^"]+\/revoke)"/.exec(list)?.[1] ?? ''
    expect((await visitor.send(revoke)).status).toBe(303)
    expect((await holder.get('/settings')).status).toBe(303)
    expect(await page('/settings/api-keys')).toContain('revoked')
    expect((await visitor.send(revoke)).status).toBe(400)
  })

  test('what is missing is said on the page', async () => {
    const refused = await visitor.send('/settings/api-keys', {
      name: ' ',
      role: 'viewer',
      days: '',
    })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('want a name')
  })

  test('of variables are listed as such, and people of the proxy with their roles', async () => {
    const html = await page('/settings/api-keys')
    expect(html.match(/tag beside">variable/g)).toHaveLength(2)
    expect(html).toContain('*@shop.example')
    expect(html).not.toContain('/revoke')
  })
})

test('an admin ends another session, never by mistake the own one', async () => {
  const other = stage.visitor()
  await other.signIn(VIEWER_KEY)
  const html = await page('/settings')
  const ends = [...html.matchAll(/action="(\/settings\/sessions\/\d+\/end)"/g)].map(([, at]) => at)
  expect(ends).toHaveLength(1)
  expect(html).toContain('this one')
  expect((await visitor.send(ends[0] ?? '')).status).toBe(303)
  expect((await other.get('/settings')).status).toBe(303)
  await page('/settings')
})

test('the audit log is narrowed by what was done and by whom, also on its next page', async () => {
  const [{ actor = '' } = {}] = await database.query<{ actor: string }>(
    'select actor from audit_log',
  )
  await database.query(
    `insert into audit_log (environment, at, actor, role, action, target)
     select 'production', now(), $1, 'admin', 'destination.paused', 'webhook' from generate_series(1, 102)`,
    [actor],
  )
  const narrowed = await page('/settings/audit-log?action=session.created')
  expect(narrowed.match(/<tr>/g)).toHaveLength(2)
  expect(narrowed).toContain('value="session.created" selected')
  const first = await page(`/settings/audit-log?actor=${actor}`)
  const older = /href="([^"]+cursor=\d+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? ''
  expect(older).toContain(`actor=${actor}`)
  expect((await page(older)).match(/<tr>/g)).toHaveLength(4)
  expect(await page('/settings/audit-log?actor=nobody')).toContain('Nothing like that was done')
})

test('a person of the proxy looks from one environment into another that is open to them', async () => {
  const person = stage.visitor()
  const named = {
    'x-auth-request-email': 'ada@shop.example',
    'x-tracklayer-proxy-secret': PROXY.secret,
  }
  const read = async () => (await person.get('/settings', named)).text()
  expect(await read()).toContain('<dd>production</dd>')
  const own = { ...named, 'sec-fetch-site': 'same-origin' }
  await person.send('/settings/environment', { environment: 'elsewhere' }, own)
  expect(await read()).toContain('<dd>production</dd>')
  await person.send('/settings/environment', { environment: 'staging' }, own)
  const html = await read()
  expect(html).toContain('<dd>staging</dd>')
  expect(html).toContain('<dd>viewer</dd>')
})
