// What leaves for the store, for each action, and what its answers become.
import { createTestEvent, createTestIntegration } from '@segment/actions-core'
import nock from 'nock'
import destination from '../index.ts'

const settings = {
  storeUrl: 'https://tracklayer.example.com',
  account: 'acct_live_123',
  environment: 'production',
  secret: 'a-secret-of-the-store',
}
const testDestination = createTestIntegration(destination)

interface Entry {
  readonly message: { readonly [key: string]: unknown }
  readonly kind: string
}

/** The next batch is answered with these statuses; what was sent is in the list. */
function store(...statuses: number[]): Entry[] {
  const sent: Entry[] = []
  nock(settings.storeUrl)
    .matchHeader('x-tracklayer-account', settings.account)
    .matchHeader('x-tracklayer-environment', settings.environment)
    .matchHeader('x-tracklayer-timestamp', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    .matchHeader('x-tracklayer-signature', /^sha256=[0-9a-f]{64}$/)
    .post('/segment/events')
    .reply((_uri, body) => {
      const { batch } = body as unknown as { batch: Entry[] }
      sent.push(...batch)
      const results = batch.map((_entry, index) => ({
        message_id: 'm',
        status: statuses[index],
        outcome: statuses[index] === 200 ? 'accepted' : 'rejected',
        reason: 'too long',
      }))
      return [200, JSON.stringify({ results })]
    })
  return sent
}

afterAll(() => nock.restore())
afterEach(() => {
  expect(nock.isDone()).toBe(true)
  nock.cleanAll()
})

const personas = {
  computation_class: 'audience',
  computation_id: 'aud_1',
  computation_key: 'vip',
  namespace: 'spa_1',
}

describe('TrackLayer', () => {
  it('sends a ping to test the settings', async () => {
    const sent = store()
    await expect(testDestination.testAuthentication(settings)).resolves.toBeUndefined()
    expect(sent).toEqual([])
  })

  it('sends each kind of message with its own action', async () => {
    const sent = store(200)
    const event = createTestEvent({ event: 'Order Completed', properties: { order_id: 'o1' } })
    await testDestination.testAction('trackEvent', { event, settings, useDefaultMappings: true })
    expect(sent).toMatchObject([{ kind: 'event', message: { event: 'Order Completed' } }])
    for (const type of ['identify', 'group'] as const) {
      const others = store(200)
      await testDestination.testAction(`${type}User`, {
        event: createTestEvent({ type, groupId: 'g1', traits: { plan: 'pro' } }),
        settings,
        useDefaultMappings: true,
      })
      expect(others).toMatchObject([{ message: { type, traits: { plan: 'pro' } } }])
    }
  })

  it('sends a membership', async () => {
    const sent = store(200)
    await testDestination.testAction('syncAudience', {
      event: createTestEvent({ type: 'identify', traits: { vip: true }, context: { personas } }),
      settings,
      useDefaultMappings: true,
    })
    expect(sent).toMatchObject([{ kind: 'audience', message: { traits: { vip: true } } }])
  })

  it('answers for each message of a batch', async () => {
    store(200, 400)
    const events = ['one', 'two'].map((messageId) => createTestEvent({ messageId }))
    await testDestination.testBatchAction('trackEvent', {
      events,
      settings,
      useDefaultMappings: true,
    })
    expect(testDestination.results[0]).toMatchObject({
      multistatus: [{ status: 200 }, { status: 400, errormessage: 'too long' }],
    })
  })

  it('sends nothing back that TrackLayer sent to Segment', async () => {
    const context = { tracklayer: { origin: 'tracklayer', environment: 'production' } }
    await testDestination.testAction('trackEvent', {
      event: createTestEvent({ context }),
      settings,
      useDefaultMappings: true,
    })
    expect(JSON.stringify(testDestination.results)).toContain('filtered')
  })
})
