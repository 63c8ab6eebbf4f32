// The consent page and the buttons of a message's deliveries, over HTTP, without a browser.
import { createDeliverySide } from '../../delivery/delivery-side.ts'
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import { createTestConsole, type TestConsole, type Visitor } from '../support/console.ts'
import { useDatabase } from '../support/database.ts'
import { ACCOUNT, API_KEYS, orderMessage, SECRETS } from '../support/signed-batch.ts'

const database = useDatabase()
const VIEWER_KEY = 'a-viewers-key-000001'
const HOUR_MS = 3_600_000
let stage: TestConsole
let visitor: Visitor

const META = {
  name: 'meta',
  environment: 'production',
  consent: {
    categories: ['Advertising', 'Analytics'],
    require: 'any',
    unknown: 'hold',
    hold_ms: 7 * 24 * HOUR_MS,
    when: null,
  },
}

beforeEach(async () => {
  stage = createTestConsole(database, {
    destinations: ['meta', 'webhook'],
    deliverySide: createDeliverySide([META as never]),
    access: {
      account: ACCOUNT,
      environments: [
        {
          name: 'production',
          secrets: [SECRETS.production],
          apiKeys: [API_KEYS.production, VIEWER_KEY],
          keyRoles: new Map([[VIEWER_KEY, 'viewer']]),
        },
      ],
    },
  })
  visitor = stage.visitor()
  await visitor.signIn(API_KEYS.production)
})

async function page(pathname: string, of: Visitor = visitor): Promise<string> {
  const answer = await of.get(pathname)
  expect({ pathname, status: answer.status }).toEqual({ pathname, status: 200 })
  return answer.text()
}

const claim = () =>
  claimDeliveries(stage.store.database, {
    environment: 'production',
    destination: 'meta',
    limit: 10,
    leaseMs: 30_000,
  })

async function holdAll(): Promise<string[]> {
  const deliveries = await claim()
  await recordDeliveries(
    stage.store.database,
    deliveries.map((delivery) => ({
      delivery,
      settlement: {
        state: 'held',
        reason: 'consent_unknown',
        dueAt: new Date(stage.store.clock.now() + HOUR_MS),
      },
      attempt: null,
      decision: {
        consent: {
          state: 'unknown',
          evidence: [
            { category: 'Advertising', state: 'unknown', source: null, messageId: null },
            { category: 'Analytics', state: 'unknown', source: null, messageId: null },
          ],
        },
      },
    })),
  )
  return deliveries.map(({ id }) => id)
}

/** Of the step of one destination on a message's page. */
function stepOf(html: string, destination: string): string {
  return html.slice(html.indexOf(`id="to-${destination}"`)).split('<li class="step')[0] ?? ''
}

test('an empty store says what will be here', async () => {
  const html = await page('/consent')
  expect(html).toContain('Nothing is held')
  expect(html).toContain('Nobody has taken a yes back')
  expect(html).toContain('Needs one of <b>Advertising</b> or <b>Analytics</b>')
  expect(html).toContain('held, for 7 d at the most')
  expect(html).toContain('Nobody is asked for: webhook.')
})

test('what is held stands there with what it waits for and how long', async () => {
  await stage.store.send([orderMessage('o1', { userId: 'jane@example.com' })])
  await holdAll()
  const html = await page('/consent')
  expect(html).toContain('/messages/msg-o1#to-meta')
  expect(html).toContain('an answer: Advertising, Analytics')
  expect(html).toContain('in 60 min')
  expect(html).not.toContain('jane@example.com')
  expect(await page('/consent?destination=webhook')).toContain('None of them is here any more')
})

test('released, it is due; withdrawn, it says who did it and why', async () => {
  await stage.store.send([orderMessage('o1')])
  const [id] = await holdAll()
  const released = await visitor.send(`/deliveries/${id}/release`, { message_id: 'msg-o1' })
  expect([released.status, released.headers.get('location')]).toEqual([
    303,
    '/messages/msg-o1#to-meta',
  ])
  expect(stepOf(await page('/messages/msg-o1'), 'meta')).toContain('Its turn has come')
  await visitor.send(`/deliveries/${id}/withdraw`, { note: 'a test order' })
  const step = stepOf(await page('/messages/msg-o1'), 'meta')
  expect(step).toContain('Somebody took it back')
  expect(step).toMatch(/Withdrawn by key-[0-9a-f]{8}/)
  expect(step).toContain('“a test order”')
  expect(step).toContain('Try a replay…')
  expect(step).not.toContain('Withdraw…')
  expect(await page('/settings')).toContain('withdrew')
})

test('what a worker has in hand has no button, and is refused in words', async () => {
  await stage.store.send([orderMessage('o1')])
  const [delivery] = await claim()
  const step = stepOf(await page('/messages/msg-o1'), 'meta')
  expect(step).toContain('A worker has it in hand')
  expect(step).not.toContain('Withdraw…')
  const answer = await visitor.send(`/deliveries/${delivery?.id}/withdraw`)
  expect(answer.status).toBe(409)
  const html = await answer.text()
  expect(html).toContain('may be on its way')
  expect(html).toContain('Go back and look at it as it is now')
})

test('a group is released and withdrawn with one form', async () => {
  await stage.store.send([orderMessage('o1'), orderMessage('o2')])
  await holdAll()
  const fields = { destination: 'meta', reason: 'consent_unknown' }
  const answer = await visitor.send('/consent/held/withdraw', fields)
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/consent#held-events'])
  expect(await page('/consent')).toContain('Nothing is held')
  expect(await page('/settings')).toContain('2 held to meta, consent_unknown')
})

test('whose answer was lost is settled by whoever looked, or goes again', async () => {
  await stage.store.send([orderMessage('o1')])
  const [delivery] = await claim()
  if (!delivery) throw new Error('nothing is due')
  const attempt = {
    startedAt: new Date(stage.store.clock.now()),
    durationMs: 5000,
    status: null,
    error: 'timed out',
    request: {},
    response: null,
  }
  const settlement = { state: 'unknown', reason: 'the answer was lost' } as const
  await recordDeliveries(stage.store.database, [{ delivery, settlement, attempt }])
  const step = stepOf(await page('/messages/msg-o1'), 'meta')
  expect(step).toContain('I looked at meta…')
  expect(step).toContain('name="confirm_unknown" value="true"')
  await visitor.send(`/deliveries/${delivery.id}/settle`, { note: 'seen there' })
  expect(stepOf(await page('/messages/msg-o1'), 'meta')).toContain('Settled as delivered by')
})

test('a viewer sees it all and is shown no button', async () => {
  await stage.store.send([orderMessage('o1')])
  const [id] = await holdAll()
  const viewer = stage.visitor()
  await viewer.signIn(VIEWER_KEY)
  expect(await page('/consent', viewer)).not.toContain('Release all')
  const html = await page('/messages/msg-o1', viewer)
  expect(html).not.toContain('>Release<')
  expect(html).not.toContain('Withdraw…')
  expect((await viewer.send(`/deliveries/${id}/withdraw`)).status).toBe(403)
})

test('whatever people send is text, and no page has a script or style of its own', async () => {
  const markup = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
  await stage.store.send([orderMessage('o1', { messageId: markup, userId: markup })])
  await holdAll()
  const html = await page('/consent')
  expect(html).not.toContain('<script>alert')
  expect(html).not.toContain('<img')
  expect(html.replace(/<script type="module" src="\/assets\/[^"]+"><\/script>/, '')).not.toMatch(
    /<script|<style|\sstyle=/i,
  )
})
