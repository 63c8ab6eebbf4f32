// What leaves the destination function: one signed POST per batch (design 3.4).
import { canonicalise } from '../../core/canonicalise.ts'
import { isFresh, verify } from '../../core/signature.ts'
import { table } from '../core/support/table.ts'
import { openBundleRealm } from '../support/bundle-realm.ts'
import {
  ACCOUNT,
  destinationSettings,
  ENVIRONMENT,
  order,
  SECRET,
  singleHandlers,
  useFunctionStage,
  WRITE_KEY,
} from '../support/function-stage.ts'
import { type RecordedRequest, startRecordingServer } from '../support/recording-server.ts'
import { accepting, entriesOf, idsOf, refusing } from '../support/store-answers.ts'

const stage = useFunctionStage()

const HOUR = 60 * 60 * 1000

function header({ headers }: RecordedRequest, name: string): string {
  return String(headers[`x-tracklayer-${name}`])
}

function isSigned(request: RecordedRequest, secret = SECRET): boolean {
  const content = {
    timestamp: header(request, 'timestamp'),
    account: header(request, 'account'),
    environment: header(request, 'environment'),
    body: request.body,
  }
  return verify([secret], content, header(request, 'signature'))
}

describe('a batch', () => {
  test('leaves as one POST with the four headers, signed over its exact bytes', async () => {
    const { addDestination, send, store, statuses } = await stage()
    await addDestination()
    await send(order('m1'), order('m2', { note: 'Zoë „Straße" 日本 😀 \u2028' }), order('m3'))
    expect(statuses()).toEqual(['delivered', 'delivered', 'delivered'])
    expect(store.requests).toHaveLength(1)
    const [request] = store.requests as [RecordedRequest]
    expect(request).toMatchObject({
      method: 'POST',
      path: '/segment/events',
      headers: {
        'content-type': 'application/json',
        'content-length': String(request.body.length),
        'x-tracklayer-account': ACCOUNT,
        'x-tracklayer-environment': ENVIRONMENT,
        'x-tracklayer-timestamp': expect.stringMatching(/^2026-01-15T09:00:0\dZ$/),
        'x-tracklayer-signature': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
      },
    })
    expect(isSigned(request)).toBe(true)
    expect(isSigned({ ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) })).toBe(
      false,
    )
  })

  test('says nothing of Segment’s own settings, and nothing else about itself', async () => {
    const { addDestination, send, store } = await stage()
    await addDestination()
    await send(order('m1'))
    const names = Object.keys(store.requests[0]?.headers ?? {}).sort()
    expect(names).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
      'x-tracklayer-account',
      'x-tracklayer-environment',
      'x-tracklayer-signature',
      'x-tracklayer-timestamp',
    ])
  })

  test('carries each message untouched, with its kind, its canonical event and what could not be read', async () => {
    const { addDestination, send, store, routed } = await stage()
    await addDestination()
    await send(
      order('m1', { unlisted: { deep: [1, 'two', null] }, products: [{ sku: 'S', price: '9.5' }] }),
      order('m2', { revenue: 'much' }),
      { type: 'track', event: 'order completed', messageId: 'm3', userId: 'u' },
      { type: 'identify', messageId: 'm4', userId: 'u', traits: { email: 'a@b.de' } },
      {
        type: 'identify',
        messageId: 'audience',
        userId: 'u',
        traits: { vips: true },
        context: { personas: { computation_class: 'audience', computation_key: 'vips' } },
      },
      { type: 'page', messageId: 'm5', anonymousId: 'a', name: 'Home', category: 'Shop' },
      { type: 'screen', messageId: 'm6', anonymousId: 'a', name: 'Home' },
      { type: 'group', messageId: 'm7', userId: 'u', groupId: 'g', traits: {} },
      { type: 'alias', messageId: 'm8', userId: 'u', previousId: 'a' },
      { type: 'delete', messageId: 'm9', userId: 'u', context: [], integrations: [] },
    )
    const entries = entriesOf(store.requests[0] as RecordedRequest)
    // Text, not only value: the order of keys is the sender's too.
    expect(JSON.stringify(entries.map(({ message }) => message))).toBe(JSON.stringify(routed))
    expect(entries.map(({ kind }) => kind)).toEqual([
      'event',
      'event',
      'unmapped',
      'profile',
      'audience',
      'unmapped',
      'unmapped',
      'group',
      'alias',
      'delete',
    ])
    expect(entries).toEqual(
      JSON.parse(JSON.stringify(routed.map((raw) => canonicalise(raw, table)))),
    )
    expect(entries[0]?.canonical).toMatchObject({
      tracklayer_event: 'purchase',
      message_id: 'm1',
      occurred_at: '2026-01-15T08:59:00.000Z',
      canonical_user_id: 'cust_1',
      properties: {
        event_id: 'seg_m1',
        order_id: 'order-m1',
        value: 12.5,
        currency: 'EUR',
        items: ['S'],
        unlisted: { deep: [1, 'two', null] },
      },
    })
    expect(entries.map(({ warnings }) => warnings.length)).toEqual([0, 1, 1, 0, 0, 0, 0, 0, 0, 0])
  })

  test('takes in what came over HTTP', async () => {
    const { addDestination, workspace, store, routed } = await stage()
    await addDestination()
    const { url } = await workspace.listen({ port: 0 })
    const answer = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      body: JSON.stringify({ writeKey: WRITE_KEY, batch: [order('m1'), order('m2')] }),
    })
    expect(answer.status).toBe(200)
    await workspace.drain()
    const entries = entriesOf(store.requests[0] as RecordedRequest)
    expect(entries.map(({ message }) => message)).toEqual(routed)
    expect(routed.map(({ messageId }) => messageId)).toEqual(['m1', 'm2'])
  })

  test('of twenty messages is one request, and so is one of four hundred', async () => {
    const { addDestination, inject, workspace, store } = await stage()
    await addDestination({ batch: { batchMaxCount: 400 } })
    await addDestination({ name: 'usual' })
    inject(...Array.from({ length: 400 }, (_, index) => order(`m${index}`)))
    await workspace.drain()
    const sizes = store.requests.map((request) => entriesOf(request).length).sort((a, b) => a - b)
    expect(sizes).toEqual([...Array(20).fill(20), 400])
    expect(workspace.counts().deliveries).toMatchObject({
      TrackLayer: { delivered: 400 },
      usual: { delivered: 400 },
    })
  })
})

describe('every attempt is signed afresh', () => {
  test.each(['batch', 'single'] as const)('in a %s', async (mode) => {
    const { addDestination, send, store, clock, statuses } = await stage()
    await addDestination(mode === 'single' ? { file: singleHandlers() } : {})
    store.otherwise(refusing(503, 'down'))
    await send(order('m1'))
    await clock.advance(3 * HOUR)
    expect(statuses()).toEqual([expect.stringMatching(/^retrying: Retry: .*503/)])
    store.otherwise(accepting)
    await clock.runUntilIdle()
    expect(statuses()).toEqual(['delivered'])
    expect(store.requests.length).toBeGreaterThan(8)
    for (const request of store.requests) {
      expect(isSigned(request)).toBe(true)
      expect(isFresh(header(request, 'timestamp'), request.receivedAt, 2000)).toBe(true)
    }
    const signatures = store.requests.map((request) => header(request, 'signature'))
    expect(new Set(signatures).size).toBe(store.requests.length)
    const bodies = new Set(store.requests.map(({ body }) => body.toString()))
    expect(bodies.size).toBe(1)
  })

  test('the parts of a refused batch too', async () => {
    const { addDestination, send, store } = await stage()
    await addDestination()
    store.next(refusing(413, 'too large'))
    await send(order('m1'), order('m2'))
    expect(store.requests.map((request) => [idsOf(request).length, isSigned(request)])).toEqual([
      [2, true],
      [1, true],
      [1, true],
    ])
  })
})

describe('two instances of one function keep to their own settings', () => {
  const other = { account: 'acct_other', environment: 'staging', secret: 'a-secret-of-the-other' }

  test('in one workspace', async () => {
    const { addDestination, send, store } = await stage()
    await addDestination({ name: 'ours' })
    await addDestination({ name: 'theirs', settings: { ...other, allowlist: ['Order Completed'] } })
    for (const id of ['m1', 'm2'])
      await send(order(id), { ...order(`${id}-s`), event: 'Signed Up' })
    const of = (account: string) =>
      store.requests.filter((request) => header(request, 'account') === account)
    expect(of(ACCOUNT).map(idsOf)).toEqual([
      ['m1', 'm1-s'],
      ['m2', 'm2-s'],
    ])
    expect(of('acct_other').map(idsOf)).toEqual([['m1'], ['m2']])
    for (const request of of(ACCOUNT)) expect(isSigned(request, SECRET)).toBe(true)
    for (const request of of('acct_other')) {
      expect(header(request, 'environment')).toBe('staging')
      expect(isSigned(request, other.secret)).toBe(true)
      expect(isSigned(request, SECRET)).toBe(false)
    }
  })

  // The host shares a warm process, and with it module state, between the instances (segment.md 1.3).
  test('in one warm process, even at the same time', async () => {
    const store = await startRecordingServer(accepting)
    try {
      const realm = openBundleRealm()
      const call = (id: string, settings: object) =>
        realm.invoke(
          'onTrack',
          JSON.stringify(order(id)),
          JSON.stringify(destinationSettings(store.url, settings)),
        )
      await call('m1', {})
      await call('m2', other)
      await Promise.all([call('m3', {}), call('m4', other), call('m5', {}), call('m6', other)])
      const seen = store.requests.map((request) => ({
        id: idsOf(request)[0],
        account: header(request, 'account'),
        isOurs: isSigned(request, SECRET),
        isTheirs: isSigned(request, other.secret),
      }))
      seen.sort((a, b) => String(a.id).localeCompare(String(b.id)))
      const ours = { account: ACCOUNT, isOurs: true, isTheirs: false }
      const theirs = { account: 'acct_other', isOurs: false, isTheirs: true }
      expect(seen).toEqual([
        { id: 'm1', ...ours },
        { id: 'm2', ...theirs },
        { id: 'm3', ...ours },
        { id: 'm4', ...theirs },
        { id: 'm5', ...ours },
        { id: 'm6', ...theirs },
      ])
    } finally {
      await store.close()
    }
  })
})
