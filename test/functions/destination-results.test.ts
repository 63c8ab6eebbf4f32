// What the store's answer means for each message, and what Segment then records (design 3.4, segment.md 1.5).
import type { BatchResult } from '../../core/batch.ts'
import type { JsonObject } from '../../core/json.ts'
import {
  functionFile,
  order,
  ownReturn,
  singleHandlers,
  useFunctionStage,
} from '../support/function-stage.ts'
import {
  accepting,
  answeringEach,
  idsOf,
  refusing,
  refusingBodiesWith,
} from '../support/store-answers.ts'

const stage = useFunctionStage()

type Result = Partial<BatchResult>

const RESULTS: readonly { id: string; result: Result; batch: string; single: string }[] = [
  { id: 'accepted', result: { event_id: 'e' }, batch: 'delivered', single: 'delivered' },
  {
    id: 'duplicate',
    result: { outcome: 'duplicate', event_id: 'e' },
    batch: 'delivered',
    single: 'delivered',
  },
  { id: 'unmapped', result: { outcome: 'unmapped' }, batch: 'delivered', single: 'delivered' },
  {
    id: 'accepted with 202',
    result: { status: 202 },
    batch: 'delivered',
    single: 'delivered',
  },
  {
    id: 'rejected',
    result: { status: 400, outcome: 'rejected', reason: 'no message id' },
    batch: 'discarded: Bad Request: 400 no message id',
    single: 'discarded: Message Rejected: Message "rejected": no message id',
  },
  {
    id: 'rejected without a reason',
    result: { status: 422, outcome: 'rejected' },
    batch: 'discarded: Bad Request: 422 the store answered 422',
    single:
      'discarded: Message Rejected: Message "rejected without a reason": the store answered 422',
  },
  ...[500, 501, 503, 401, 408, 423, 429].map((status) => ({
    id: `failed with ${status}`,
    result: { status, outcome: 'rejected', reason: 'later' } as const,
    batch: 'retrying: Retry: 500 later',
    single: `retrying: Retry: Message "failed with ${status}": later`,
  })),
  ...[302, 100, 0, 999, 200.5].map((status) => ({
    id: `no status: ${status}`,
    result: { status, reason: 'odd' },
    batch: 'retrying: Retry: 500 odd',
    single: `retrying: Retry: Message "no status: ${status}": odd`,
  })),
]

const resultOf = (id: string): Result => RESULTS.find((row) => row.id === id)?.result ?? {}

describe('positional results', () => {
  test('each lands on its own message of a batch; what may pass is tried again, alone', async () => {
    const { addDestination, send, store, clock, workspace, statuses } = await stage()
    await addDestination()
    store.next(answeringEach(resultOf))
    await send(...RESULTS.map(({ id }) => order(id)))
    expect(statuses()).toEqual(RESULTS.map(({ batch }) => batch))
    expect(workspace.warnings()).toEqual([])
    await clock.runUntilIdle()
    const retried = RESULTS.filter(({ batch }) => batch.startsWith('retrying')).map(({ id }) => id)
    expect(store.requests.slice(1).map(idsOf).sort()).toEqual(retried.map((id) => [id]).sort())
    expect(workspace.counts().deliveries.TrackLayer).toMatchObject({
      delivered: RESULTS.length - 2,
      discarded: 2,
    })
  })

  test('the same in single handlers', async () => {
    const { addDestination, send, store, clock, workspace, statuses } = await stage()
    await addDestination({ file: singleHandlers() })
    store.otherwise(answeringEach(resultOf))
    await send(...RESULTS.map(({ id }) => order(id)))
    const first = new Map(workspace.deliveries().map(({ messageId }, at) => [messageId, at]))
    expect([...first.keys()]).toEqual(RESULTS.map(({ id }) => id))
    expect(statuses()).toEqual(RESULTS.map(({ single }) => single))
    store.otherwise(accepting)
    await clock.runUntilIdle()
    expect(workspace.counts().deliveries.TrackLayer).toMatchObject({
      delivered: RESULTS.length - 2,
      discarded: 2,
    })
  })
})

test.each([
  { type: 'track', event: 'Order Completed', properties: { order_id: 'o' } },
  { type: 'track', event: 'Something Else' },
  { type: 'identify', traits: { plan: 'pro' } },
  { type: 'page', name: 'Home' },
  { type: 'screen', name: 'Home' },
  { type: 'group', groupId: 'g' },
  { type: 'alias', previousId: 'p' },
  { type: 'delete' },
])('the single handler of $type sends a batch of one', async (fields) => {
  const { addDestination, send, store, statuses, routed } = await stage()
  await addDestination({ file: singleHandlers() })
  await send({ messageId: 'm1', userId: 'u', ...fields } as JsonObject)
  expect(statuses()).toEqual(['delivered'])
  expect(store.requests.map(({ body }) => JSON.parse(body.toString()).batch[0].message)).toEqual(
    routed,
  )
})

describe('what is filtered in the function', () => {
  const unlisted = (messageId: string) => ({ ...order(messageId), event: 'Product Viewed' })
  const identify = (messageId: string) => ({ type: 'identify', messageId, userId: 'u' })
  const allowlist = ['Order Completed', 'Purchase Confirmed']

  test('ends as delivered, and results still land on the right messages', async () => {
    const { addDestination, send, store, clock, statuses } = await stage()
    await addDestination({ settings: { allowlist } })
    const outcomes: Record<string, Result> = {
      retried: { status: 503, reason: 'busy' },
      refused: { status: 400, reason: 'no good' },
    }
    store.next(answeringEach((id) => outcomes[id] ?? {}))
    await send(
      unlisted('out-1'),
      order('taken-1'),
      ownReturn('out-2'),
      order('retried'),
      unlisted('out-3'),
      ownReturn('out-4'),
      identify('taken-2'),
      order('refused'),
      ownReturn('out-5'),
    )
    expect(store.requests.map(idsOf)).toEqual([['taken-1', 'retried', 'taken-2', 'refused']])
    expect(statuses()).toEqual([
      'delivered',
      'delivered',
      'delivered',
      'retrying: Retry: 500 busy',
      'delivered',
      'delivered',
      'delivered',
      'discarded: Bad Request: 400 no good',
      'delivered',
    ])
    await clock.runUntilIdle()
    expect(store.requests.slice(1).map(idsOf)).toEqual([['retried']])
  })

  test('a batch of which nothing is left is no request', async () => {
    const { addDestination, send, store, statuses } = await stage()
    await addDestination({ settings: { allowlist } })
    await send(ownReturn('m1'), unlisted('m2'))
    expect(store.requests).toEqual([])
    expect(statuses()).toEqual(['delivered', 'delivered'])
  })

  test('single handlers filter the same', async () => {
    const { addDestination, send, store, statuses } = await stage()
    await addDestination({ file: singleHandlers(), settings: { allowlist } })
    const marked = { context: { tracklayer: { origin: 'tracklayer', environment: 'staging' } } }
    await send(
      ownReturn('m1'),
      unlisted('m2'),
      { ...identify('m3'), ...marked },
      order('m4'),
      identify('m5'),
    )
    expect(store.requests.map(idsOf)).toEqual([['m4'], ['m5']])
    expect(statuses()).toEqual(Array(5).fill('delivered'))
  })

  test('the allowlist is exact, and only for track', async () => {
    const { addDestination, send, store } = await stage()
    await addDestination({ settings: { allowlist: ['order completed', 'Order Completed '] } })
    await send(order('m1'), identify('m2'), { type: 'page', messageId: 'm3', userId: 'u' })
    expect(store.requests.map(idsOf)).toEqual([['m2', 'm3']])
  })

  test.each([
    { allowlist: [] },
    { allowlist: null },
    { allowlist: [''] },
    { allowlist: ['  ', ''] },
  ])('$allowlist is no allowlist: everything leaves', async ({ allowlist }) => {
    const { addDestination, send, store } = await stage()
    await addDestination({ settings: { allowlist } })
    await send(order('m1'), unlisted('m2'))
    expect(store.requests.map(idsOf)).toEqual([['m1', 'm2']])
  })

  test('a context of the sender’s own, or a mark of another make, is no loop mark', async () => {
    const { addDestination, send, store } = await stage()
    await addDestination()
    const contexts = [{ tracklayer: {} }, { tracklayer: 'tracklayer' }, { origin: 'tracklayer' }]
    await send(...contexts.map((context, at) => ({ ...order(`m${at}`), context })))
    expect(store.requests.map(idsOf)).toEqual([['m0', 'm1', 'm2']])
  })
})

describe('a refused body', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`)

  test.each([400, 413, 422])(
    '%i is split until single messages are named; their neighbours are delivered',
    async (status) => {
      const { addDestination, send, store, statuses } = await stage()
      await addDestination()
      store.otherwise(refusingBodiesWith(['m3', 'm12', 'm13'], status, 'too much of it'))
      await send(...ids(20).map((id) => order(id)))
      const discarded = `discarded: Bad Request: ${status} too much of it`
      expect(statuses()).toEqual(
        ids(20).map((id) => (['m3', 'm12', 'm13'].includes(id) ? discarded : 'delivered')),
      )
      // Every message was in one accepted request, or in one of its own.
      const sent = store.requests.map(idsOf)
      expect(sent[0]).toHaveLength(20)
      for (const id of ['m3', 'm12', 'm13']) expect(sent).toContainEqual([id])
      expect(sent.length).toBeLessThan(24)
    },
  )

  test('that stays refused names every message once', async () => {
    const { addDestination, send, store, statuses } = await stage()
    await addDestination()
    store.otherwise(refusing(422, 'nothing of this'))
    await send(...ids(7).map((id) => order(id)))
    expect(statuses()).toEqual(Array(7).fill('discarded: Bad Request: 422 nothing of this'))
    expect(store.requests).toHaveLength(13)
  })

  test('results within a split batch keep their places, filtered messages among them', async () => {
    const { addDestination, send, store, statuses } = await stage()
    await addDestination()
    const each = answeringEach((id) => (id === 'm2' ? { status: 400, reason: 'not this' } : {}))
    store.otherwise((response, request) =>
      (idsOf(request).length > 1 ? refusing(413, 'too large') : each)(response, request),
    )
    await send(ownReturn('out'), order('m1'), ownReturn('out-2'), order('m2'), order('m3'))
    expect(statuses()).toEqual([
      'delivered',
      'delivered',
      'delivered',
      'discarded: Bad Request: 400 not this',
      'delivered',
    ])
  })

  test('when a part of it fails for now, the whole batch is tried again and nothing is lost', async () => {
    const { addDestination, send, store, clock, statuses } = await stage()
    await addDestination()
    store.next(refusing(413, 'too large'), accepting, refusing(503, 'busy'))
    await send(...ids(4).map((id) => order(id)))
    expect(statuses()).toEqual(Array(4).fill(expect.stringMatching(/^retrying: Retry: .*503/)))
    await clock.runUntilIdle()
    expect(statuses()).toEqual(Array(4).fill('delivered'))
    expect(idsOf(store.requests.at(-1) as (typeof store.requests)[0])).toEqual(ids(4))
  })

  test.each([400, 413, 422])(
    'of a single handler is discarded with the reason: %i',
    async (status) => {
      const { addDestination, send, store, statuses } = await stage()
      await addDestination({ file: singleHandlers() })
      store.next(refusing(status, 'Body is larger than it may be'))
      await send(order('m1'))
      expect(statuses()).toEqual([
        'discarded: Message Rejected: Message "m1": Body is larger than it may be',
      ])
      expect(store.requests).toHaveLength(1)
    },
  )

  test.each([400, 413, 422])("as a proxy's page with status %i is tried again", async (status) => {
    const { addDestination, send, store, statuses } = await stage()
    await addDestination({ file: singleHandlers() })
    store.next((response) => void response.writeHead(status).end('<h1>Sorry</h1>'))
    await send(order('m1'))
    expect(statuses()).toEqual([
      `retrying: Retry: Cannot deliver 1 message(s): the store answered ${status}, want 200`,
    ])
  })
})

test('a message that lost its type on the way is named, its neighbours are delivered', async () => {
  const { addDestination, send, store, statuses } = await stage()
  const code =
    'function onTrack(event) { if (event.messageId === "m2") delete event.type; return event }'
  await addDestination({ insert: { file: functionFile('insert.js', code) } })
  await send(order('m1'), order('m2'), order('m3'))
  expect(store.requests.map(idsOf)).toEqual([['m1', 'm3']])
  expect(statuses()).toEqual([
    'delivered',
    'discarded: Bad Request: 400 not a Segment message: want an object with a known type',
    'delivered',
  ])
})
