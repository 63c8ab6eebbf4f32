// Whatever may pass later is a RetryError, in single handlers and for a batch: nothing is lost to an outage.
import { order, type Stage, singleHandlers, useFunctionStage } from '../support/function-stage.ts'
import {
  type Answer,
  after,
  cutOff,
  json,
  type RecordedRequest,
  redirect,
  refusingUrl,
  reset,
  startRecordingServer,
  text,
} from '../support/recording-server.ts'
import { accepting, entriesOf, idsOf, refusing } from '../support/store-answers.ts'

const stage = useFunctionStage()

/** Two destinations on one source: one is called with batches, the other message by message. */
async function both(started: Stage, settings: object = {}) {
  await started.addDestination({ name: 'batch', settings: { ...settings } })
  await started.addDestination({
    name: 'single',
    file: singleHandlers(),
    settings: { ...settings },
  })
}

const results = (value: unknown) => json(200, { results: value })
const accepted = (request: RecordedRequest) =>
  entriesOf(request).map(() => ({ message_id: 'm', status: 200, outcome: 'accepted' }))
const answerText = (request: RecordedRequest) => JSON.stringify({ results: accepted(request) })

const statuses = [201, 204, 401, 402, 403, 404, 405, 408, 409, 410, 415, 429, 500, 501, 502, 503]

const OUTAGES: readonly { name: string; answer: Answer; reason: RegExp }[] = [
  ...statuses.map((status) => ({
    name: `status ${status}`,
    answer: refusing(status, 'not now'),
    reason:
      status === 204
        ? /: the store answered 204, want 200$/
        : RegExp(`: the store answered ${status}, want 200: not now$`),
  })),
  {
    name: 'a 502 in HTML',
    answer: text(502, '<html><h1>Bad gateway</h1></html>'),
    reason: /: the store answered 502, want 200$/,
  },
  {
    name: 'a reset connection',
    answer: reset,
    reason: /Cannot reach the store: .*hang up|ECONNRESET/,
  },
  {
    name: 'an answer cut off within its chunks',
    answer: (response, request) => cutOff(answerText(request), 'chunked')(response, request),
    reason: /The store's answer broke off/,
  },
  {
    name: 'an answer whose compression is broken',
    answer: (response, request) =>
      text(200, answerText(request), { 'Content-Encoding': 'gzip' })(response, request),
    reason: /The store's answer broke off/,
  },
  { name: 'a 200 of nothing', answer: text(200, ''), reason: /200 without the 1 result/ },
  { name: 'a 200 in HTML', answer: text(200, '<html>Welcome</html>'), reason: /200 without/ },
  { name: 'a 200 that is no object', answer: json(200, [1]), reason: /200 without/ },
  { name: 'a 200 of another form', answer: json(200, { ok: true }), reason: /200 without/ },
  { name: 'results that are no list', answer: results({ 0: {} }), reason: /200 without/ },
  { name: 'too few results', answer: results([]), reason: /200 without the 1 result/ },
  {
    name: 'too many results',
    answer: (response, request) =>
      results([...accepted(request), ...accepted(request)])(response, request),
    reason: /200 without the 1 result/,
  },
  { name: 'a result that is null', answer: results([null]), reason: /200 without/ },
  { name: 'a result that is text', answer: results(['accepted']), reason: /200 without/ },
  { name: 'a result without a status', answer: results([{}]), reason: /200 without/ },
  { name: 'a status that is text', answer: results([{ status: '200' }]), reason: /200 without/ },
  {
    name: 'half of a JSON answer',
    answer: (response, request) => text(200, answerText(request).slice(0, -3))(response, request),
    reason: /200 without/,
  },
]

test.each([
  { mode: 'single handlers', options: { file: singleHandlers() } },
  { mode: 'batches', options: { batch: { batchMaxCount: 1 } } },
])('each outage is tried again, and then delivered, in $mode', async ({ options }) => {
  const { addDestination, inject, store, clock, workspace, statuses } = await stage()
  await addDestination(options)
  const answers = new Map(OUTAGES.map(({ name, answer }) => [name, answer]))
  store.otherwise((response, request) => {
    answers.get(String(idsOf(request)[0]))?.(response, request)
  })
  inject(...OUTAGES.map(({ name }) => order(name)))
  await workspace.settled()
  expect(workspace.deliveries().map(({ messageId, reason }) => [messageId, reason])).toEqual(
    OUTAGES.map(({ name, reason }) => [name, expect.stringMatching(reason)]),
  )
  expect(statuses()).toEqual(OUTAGES.map(() => expect.stringMatching(/^retrying: Retry: /)))
  expect(workspace.warnings()).toEqual([])
  store.otherwise(accepting)
  await clock.runUntilIdle()
  expect(statuses()).toEqual(OUTAGES.map(() => 'delivered'))
})

test('a refused connection is tried again for four hours', async () => {
  const started = await stage()
  await both(started, { storeUrl: await refusingUrl() })
  await started.send(order('m1'))
  expect(started.statuses()).toEqual(
    Array(2).fill(
      expect.stringMatching(/^retrying: Retry: Cannot reach the store: .*ECONNREFUSED/),
    ),
  )
  await started.clock.runUntilIdle()
  const deliveries = started.workspace.deliveries()
  expect(deliveries.map(({ status }) => status)).toEqual(['expired', 'expired'])
  for (const { attempts } of deliveries) expect(attempts).toBeGreaterThan(10)
})

test('a host that has no address is tried again', async () => {
  const started = await stage()
  await both(started, { storeUrl: 'https://store.invalid' })
  await started.send(order('m1'))
  expect(started.statuses()).toEqual(
    Array(2).fill(expect.stringMatching(/^retrying: Retry: Cannot reach the store/)),
  )
})

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i is tried again; where it points never gets the body',
    async (status) => {
      const elsewhere = await startRecordingServer(accepting)
      try {
        const started = await stage()
        await both(started)
        started.store.otherwise(redirect(status, `${elsewhere.url}/segment/events`))
        await started.send(order('m1'))
        expect(started.statuses()).toEqual(
          Array(2).fill(expect.stringContaining(`the store answered ${status}, want 200`)),
        )
        expect(started.store.requests).toHaveLength(2)
        expect(elsewhere.requests).toEqual([])
      } finally {
        await elsewhere.close()
      }
    },
  )

  test('to where the request came from does not go round', async () => {
    const started = await stage()
    await both(started)
    started.store.otherwise(redirect(302, '/segment/events'))
    await started.send(order('m1'))
    expect(started.store.requests).toHaveLength(2)
  })
})

test('of a batch all messages wait, and come in one batch again', async () => {
  const { addDestination, send, store, clock, statuses } = await stage()
  await addDestination()
  store.next(refusing(429, 'slow down'), refusing(503, 'busy'))
  await send(order('m1'), order('m2'), order('m3'))
  expect(statuses()).toEqual(
    Array(3).fill(
      'retrying: Retry: Cannot deliver 3 message(s): the store answered 429, want 200: slow down',
    ),
  )
  await clock.runUntilIdle()
  expect(statuses()).toEqual(Array(3).fill('delivered'))
  expect(store.requests.map(idsOf)).toEqual(Array(3).fill(['m1', 'm2', 'm3']))
})

test('an answer that takes its time is waited for', async () => {
  const { addDestination, inject, store, clock, workspace, statuses } = await stage()
  await addDestination()
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  store.next(after(gate, accepting))
  inject(order('m1'))
  const passed = clock.advance(1000)
  while (store.requests.length === 0) await new Promise(setImmediate)
  expect(workspace.deliveries()).toMatchObject([{ status: 'pending', attempts: 1 }])
  open()
  await passed
  expect(statuses()).toEqual(['delivered'])
})
