// The console over HTTP, without a browser: who gets in, what pages say, and what they never say.
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import { createTestConsole, ORIGIN, type TestConsole, type Visitor } from '../support/console.ts'
import { useDatabase } from '../support/database.ts'
import { ACCOUNT, API_KEYS, orderMessage, SECRETS } from '../support/signed-batch.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
let stage: TestConsole
let visitor: Visitor

const VIEWER_KEY = 'a-viewers-key-000001'
const OPERATOR_KEY = 'an-operators-key-001'
const PROXY = { identityHeader: 'x-auth-request-email', secret: 'proxy-secret-000001' }

const access = {
  account: ACCOUNT,
  proxy: PROXY,
  environments: [
    {
      name: 'production',
      secrets: [SECRETS.production],
      apiKeys: [API_KEYS.production, VIEWER_KEY, OPERATOR_KEY],
      keyRoles: new Map([
        [VIEWER_KEY, 'viewer'],
        [OPERATOR_KEY, 'operator'],
      ] as const),
      people: [{ pattern: '*@shop.example', role: 'viewer' as const }],
    },
    { name: 'staging', secrets: [SECRETS.staging], apiKeys: [API_KEYS.staging] },
  ],
}

let stopping: AbortController
beforeEach(() => {
  stopping = new AbortController()
  stage = createTestConsole(database, { access, stopping: stopping.signal })
  visitor = stage.visitor()
})

// A page that is refused leaves what it asked for besides to end by itself; a stream is asked to.
afterEach(async () => {
  stopping.abort()
  await until(() => {
    const { idleCount, totalCount, waitingCount } = database.pool
    return idleCount === totalCount && waitingCount === 0
  })
})

async function page(pathname: string, of: Visitor = visitor): Promise<string> {
  const answer = await of.get(pathname)
  expect({ pathname, status: answer.status }).toEqual({ pathname, status: 200 })
  return answer.text()
}

describe('signing in', () => {
  test('whoever has no session is led to the sign-in page and back to where they wanted', async () => {
    const away = await visitor.get('/events?q=o1')
    expect([away.status, away.headers.get('location')]).toEqual([
      303,
      '/sign-in?to=%2Fevents%3Fq%3Do1',
    ])
    const form = await page('/sign-in?to=%2Fevents%3Fq%3Do1')
    expect(form).toContain('name="to" value="/events?q=o1"')
    const back = await visitor.send('/sign-in', {
      api_key: API_KEYS.production,
      to: '/events?q=o1',
    })
    expect([back.status, back.headers.get('location')]).toEqual([303, '/events?q=o1'])
    expect(await page('/events?q=o1')).toContain('production')
  })

  test.each([
    'https://elsewhere.example/',
    '//elsewhere.example',
    '/\\elsewhere.example',
    'elsewhere',
  ])('never leads to %s afterwards', async (to) => {
    await visitor.get('/sign-in')
    const back = await visitor.send('/sign-in', { api_key: API_KEYS.production, to })
    expect(back.headers.get('location')).toBe('/')
  })

  test('a wrong key is refused in words', async () => {
    const answer = await visitor.signIn('nobody’s')
    expect(answer.status).toBe(401)
    expect(await answer.text()).toContain('No environment has this API key')
    expect((await visitor.get('/')).status).toBe(303)
  })

  test('a link signs in once; looking at it does not use it up', async () => {
    const made = await stage.store.app.request('/v1/sign-in-links', {
      method: 'POST',
      headers: { Authorization: `Bearer ${API_KEYS.production}` },
      body: JSON.stringify({ role: 'operator', actor: 'Ada' }),
    })
    const { path, link } = (await made.json()) as { path: string; link: string }
    await visitor.get(path)
    await visitor.get(path)
    expect((await visitor.send('/sign-in', { link })).status).toBe(303)
    expect(await page('/settings')).toContain('operator')
    const second = stage.visitor()
    await second.get(path)
    const refused = await second.send('/sign-in', { link })
    expect(refused.status).toBe(401)
    expect(await refused.text()).toContain('used already')
  })

  test('a link that is 15 minutes old signs nobody in', async () => {
    const made = await stage.store.app.request('/v1/sign-in-links', {
      method: 'POST',
      headers: { Authorization: `Bearer ${API_KEYS.production}` },
    })
    const { link } = (await made.json()) as { link: string }
    stage.store.clock.advance(15 * 60_000)
    await visitor.get('/sign-in')
    expect((await visitor.send('/sign-in', { link })).status).toBe(401)
  })

  test('a session ends after twelve hours, by signing out, and with the key it was made with', async () => {
    await visitor.signIn(API_KEYS.production)
    await page('/')
    expect((await visitor.send('/sign-out')).headers.get('location')).toBe('/sign-in')
    expect((await visitor.get('/')).status).toBe(303)

    await visitor.signIn(API_KEYS.production)
    stage.store.clock.advance(12 * 3_600_000)
    expect((await visitor.get('/')).status).toBe(303)

    await visitor.signIn(VIEWER_KEY)
    const kept = visitor.cookies.get('tracklayer_session') ?? ''
    const without = {
      ...access,
      environments: access.environments.map((each) => ({ ...each, apiKeys: [] })),
    }
    const later = createTestConsole(database, {
      access: without,
      clock: stage.store.clock,
    }).visitor()
    later.cookies.set('tracklayer_session', kept)
    expect((await later.get('/')).status).toBe(303)
  })

  test('signing out ends the session itself, not only the cookie', async () => {
    await visitor.signIn(API_KEYS.production)
    const kept = visitor.cookies.get('tracklayer_session') ?? ''
    await visitor.send('/sign-out')
    visitor.cookies.set('tracklayer_session', kept)
    expect((await visitor.get('/')).status).toBe(303)
  })

  test('the session cookie is kept from scripts, and over TLS from plain connections', async () => {
    const plain = await visitor.signIn(API_KEYS.production)
    expect(plain.headers.getSetCookie().join()).toMatch(
      /tracklayer_session=[0-9a-f]{64};.*HttpOnly; SameSite=Lax/,
    )
    const tls = stage.visitor()
    await tls.get('/sign-in')
    const answer = await tls.send(
      '/sign-in',
      { api_key: API_KEYS.production },
      { 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': 'https' },
    )
    expect(answer.headers.getSetCookie().join()).toMatch(/HttpOnly; Secure; SameSite=Lax/)
  })

  test('no token stands in the database', async () => {
    await visitor.signIn(API_KEYS.production)
    const rows = await database.query<{ text: string }>(
      'select sessions::text as text from sessions',
    )
    expect(rows).toHaveLength(1)
    expect(rows[0]?.text).not.toContain(visitor.cookies.get('tracklayer_session'))
  })
})

describe('a reverse proxy', () => {
  const named = (email: string, secret = PROXY.secret) => ({
    'x-auth-request-email': email,
    'x-tracklayer-proxy-secret': secret,
  })

  test('signs in whom it names, with the role of the first match', async () => {
    const answer = await visitor.get('/settings', named('ada@shop.example'))
    expect(answer.status).toBe(200)
    const html = await answer.text()
    expect(html).toContain('ada@shop.example')
    expect(html).toContain('<dd>viewer</dd>')
  })

  test.each([
    { name: 'without the proxy’s secret', headers: { 'x-auth-request-email': 'ada@shop.example' } },
    { name: 'with another secret', headers: named('ada@shop.example', 'guess') },
    { name: 'for a stranger', headers: named('ada@elsewhere.example') },
    { name: 'for nobody', headers: named('') },
    {
      name: 'for an environment that is not open to them',
      headers: { ...named('ada@shop.example'), 'x-tracklayer-environment': 'staging' },
    },
  ])('is not believed $name', async ({ headers }) => {
    expect((await visitor.get('/settings', headers)).status).toBe(303)
  })
})

describe('what browsers are told', () => {
  test('every answer: no script but ours, no frame, no cache', async () => {
    await visitor.signIn(API_KEYS.production)
    for (const pathname of ['/', '/sign-in', '/events', '/nowhere', '/messages/nobody']) {
      const { headers } = await visitor.get(pathname)
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })

  test('no page has a script or a style of its own', async () => {
    await visitor.signIn(API_KEYS.production)
    await stage.store.send([orderMessage('o1')])
    for (const pathname of ['/', '/events', '/messages/msg-o1', '/destinations', '/dead-letters']) {
      const html = await page(pathname)
      expect(
        html.replace(/<script type="module" src="\/assets\/[^"]+"><\/script>/, ''),
      ).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=/i)
    }
  })

  test('files are kept for good under the digest of their content, and are under 100 KB together', async () => {
    const html = await page('/sign-in')
    const files = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, file]) => file ?? '')
    expect(files).toHaveLength(3)
    let bytes = 0
    for (const file of files) {
      const answer = await visitor.get(file)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      bytes += (await answer.arrayBuffer()).byteLength
    }
    expect(bytes).toBeLessThan(100_000)
    expect((await visitor.get('/assets/..%2fapp.tsx')).status).not.toBe(200)
  })
})

describe('forms', () => {
  beforeEach(async () => {
    await visitor.signIn(API_KEYS.production)
  })

  test.each([
    { name: 'from another site', headers: { 'sec-fetch-site': 'cross-site' } },
    { name: 'from a sibling of our domain', headers: { 'sec-fetch-site': 'same-site' } },
    { name: 'from another origin', headers: { origin: 'https://elsewhere.example' } },
    { name: 'from nowhere', headers: {} },
  ])('are refused $name, the token notwithstanding', async ({ headers }) => {
    const answer = await visitor.send(
      '/destinations/webhook/pause',
      {},
      headers as Record<string, string>,
    )
    expect(answer.status).toBe(403)
    expect(await page('/destinations')).not.toContain('Paused')
  })

  test.each(['', 'f'.repeat(64)])('are refused with the token "%s"', async (token) => {
    const answer = await visitor.send('/destinations/webhook/pause', { form_token: token })
    expect(answer.status).toBe(403)
  })

  test('are taken from here, by either header', async () => {
    expect((await visitor.send('/destinations/webhook/pause', {}, { origin: ORIGIN })).status).toBe(
      303,
    )
    expect(await page('/destinations')).toContain('paused by hand')
    expect((await visitor.send('/destinations/webhook/enable')).status).toBe(303)
    expect(await page('/destinations')).not.toContain('paused by hand')
  })
})

describe('roles', () => {
  test('a viewer is shown no button and refused by the store all the same', async () => {
    await visitor.signIn(VIEWER_KEY)
    await stage.store.send([orderMessage('o1')])
    expect(await page('/destinations')).not.toContain('>Pause<')
    const answer = await visitor.send('/destinations/webhook/pause')
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('takes the role operator; you are viewer')
    expect((await visitor.send('/messages/msg-o1/reveal')).status).toBe(403)
    expect(await page('/settings')).toContain('Only an admin sees it')
  })

  test('an operator pauses and may not see personal data', async () => {
    await visitor.signIn(OPERATOR_KEY)
    await stage.store.send([orderMessage('o1')])
    expect((await visitor.send('/destinations/webhook/pause')).status).toBe(303)
    expect((await visitor.send('/messages/msg-o1/reveal')).status).toBe(403)
    const link = await stage.store.app.request('/v1/sign-in-links', {
      method: 'POST',
      headers: { Authorization: `Bearer ${OPERATOR_KEY}` },
    })
    expect(link.status).toBe(403)
  })

  test('an admin sees personal data, and that is written down', async () => {
    await visitor.signIn(API_KEYS.production)
    const traits = { email: 'jane.doe@example.com' }
    await stage.store.send([orderMessage('o1', { context: { traits } })])
    expect(await page('/messages/msg-o1')).not.toContain('jane.doe@example.com')
    expect(await page('/settings')).not.toContain('looked at personal data')
    const shown = await visitor.send('/messages/msg-o1/reveal')
    expect(await shown.text()).toContain('jane.doe@example.com')
    const settings = await page('/settings')
    expect(settings).toContain('looked at personal data')
    expect(settings).toContain('message msg-o1')
  })
})

describe('pages', () => {
  beforeEach(async () => {
    await visitor.signIn(API_KEYS.production)
  })

  test('of an empty store each says the next step', async () => {
    expect(await page('/')).toContain('Messages from Segment')
    expect(await page('/events')).toContain('Nothing has come in yet')
    expect(await page('/dead-letters')).toContain('Nothing was given up')
    expect(await page('/audiences')).toContain('No audience yet')
    expect(await page('/profiles')).toContain('Look somebody up')
  })

  test('an order is found by its number and tells why one destination did not count it', async () => {
    await stage.store.send([orderMessage('o1'), orderMessage('o2')])
    const [delivery] = await claimDeliveries(stage.store.database, {
      environment: 'production',
      destination: 'webhook',
      limit: 1,
      leaseMs: 60_000,
    })
    if (!delivery) throw new Error('nothing is due')
    await recordDeliveries(stage.store.database, [
      {
        delivery,
        settlement: { state: 'dead', reason: 'receiver answered 400, want 2xx' },
        attempt: {
          startedAt: new Date(stage.store.clock.now()),
          durationMs: 12,
          status: 400,
          error: 'receiver answered 400, want 2xx',
          request: { method: 'POST', url: 'https://example.com/hook' },
          response: '{"error":"no such currency"}',
        },
      },
    ])
    const order = String(delivery.canonical.properties.order_id)
    const list = await page(`/events?q=${order}`)
    expect(list).toContain(`/messages/msg-${order}`)
    expect(list.match(/<tr data-message/g)).toHaveLength(1)
    const story = await page(`/messages/msg-${order}`)
    expect(story).toContain('receiver answered 400, want 2xx')
    expect(story).toContain('no such currency')
    expect(story).toContain('Order Completed → purchase')
    expect(await page('/dead-letters')).toContain('receiver answered 400, want 2xx')
    expect(await page('/events?state=dead')).toContain(`/messages/msg-${order}`)
    expect(await page('/?window=1h')).toContain('webhook: 1 delivery given up')
  })

  test('whatever people send is text, never markup', async () => {
    const markup = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    await stage.store.send([
      orderMessage('o1', {
        messageId: markup,
        userId: markup,
        properties: { order_id: markup, note: markup, [markup]: markup },
      }),
      { type: 'track', event: markup, messageId: 'm2', userId: markup, properties: {} },
    ])
    for (const pathname of [
      '/events',
      `/events?q=${encodeURIComponent(markup)}`,
      `/messages/${encodeURIComponent(markup)}`,
      '/messages/m2',
      `/profiles/${encodeURIComponent(markup)}`,
    ]) {
      const html = await page(pathname)
      expect(html).not.toContain('<script>alert')
      expect(html).not.toContain('<img')
    }
  })

  test('nothing of another environment is seen', async () => {
    await stage.store.send([orderMessage('o1')], 'staging')
    expect(await page('/events')).toContain('Nothing has come in yet')
    expect((await visitor.get('/messages/msg-o1')).status).toBe(404)
    expect((await visitor.get('/profiles/user-o1')).status).toBe(404)
  })

  test('times are in the zone of the viewer, UTC beside them', async () => {
    await stage.store.send([orderMessage('o1')])
    expect(await page('/events')).toContain('>23 Apr 10:15:30</time>')
    visitor.cookies.set('tracklayer_zone', 'Asia/Kolkata')
    const html = await page('/events')
    expect(html).toContain('>23 Apr 15:45:30</time>')
    expect(html).toContain('title="2026-04-23 10:15:30.000 UTC"')
    visitor.cookies.set('tracklayer_zone', 'Nowhere/Else')
    expect(await page('/events')).toContain('>23 Apr 10:15:30</time>')
  })

  test('what is not there is said with the way on', async () => {
    const message = await visitor.get('/messages/nobody')
    expect(message.status).toBe(404)
    expect(await message.text()).toContain('No message &quot;nobody&quot; in production')
    expect(await (await visitor.get('/nowhere')).text()).toContain('There is nothing at /nowhere')
    expect(await (await visitor.get('/events?state=odd')).text()).toContain('want one of pending')
  })

  test('the live stream brings rows as they come in', async () => {
    const answer = await visitor.get('/events/stream')
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    await reader?.read()
    await stage.store.send([orderMessage('o9')])
    stage.store.clock.advance(1000)
    let text = ''
    // One row and no more: what was there before the stream began is not told.
    while (!text.includes('msg-o9')) {
      const { value } = (await reader?.read()) ?? {}
      text += value ?? ''
      stage.store.clock.advance(1000)
    }
    expect(text).toMatch(/data: <tr data-message="msg-o9">/)
    await reader?.cancel()
  })
})
