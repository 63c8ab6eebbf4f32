// Faults and the server that carries all twins, through a real port.
import { createRandom } from '../../../core/clock.ts'
import { createTwins, type FaultRates, TWIN_NAMES } from '../../../workspace/twins/twins.ts'
import { createVirtualClock } from '../../../workspace/virtual-clock.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

async function listening(seed = 7) {
  const clock = createVirtualClock()
  const twins = createTwins({
    clock,
    random: createRandom(seed),
    meta: { tokens: [{ token: 't' }], pixelIds: ['1'] },
    google: {
      tokens: [{ token: 't' }],
      accountIds: ['1'],
      conversionActions: [{ id: '1', type: 'UPLOAD_CLICKS' }],
    },
    tiktok: { tokens: [{ token: 't' }], eventSources: { web: ['P'] } },
    klaviyo: { apiKeys: ['k'] },
    ga4: { streams: [{ measurementId: 'G', apiSecret: 's' }] },
  })
  const server = await twins.listen({ port: 0 })
  closing.push(server.close)
  const lead = (id: string) => ({
    data: [
      {
        event_name: 'Lead',
        event_time: Math.floor(clock.now() / 1000),
        event_id: id,
        action_source: 'system_generated',
        user_data: { external_id: 'cust_10482' },
      },
    ],
  })
  const send = async (id: string) => {
    try {
      const response = await fetch(`${server.urls.meta}/v24.0/1/events?access_token=t`, {
        method: 'POST',
        body: JSON.stringify(lead(id)),
      })
      await response.arrayBuffer()
      return response.status
    } catch {
      return 'reset'
    }
  }
  return { twins, clock, send, urls: server.urls }
}

test('each twin answers in its own form under its own base URL', async () => {
  const { urls, twins } = await listening()
  const answers = await Promise.all([
    fetch(`${urls.meta}/v24.0/1/events`, { method: 'POST', body: '{}' }),
    fetch(`${urls.google}/v1/events:ingest`, { method: 'POST', body: '{}' }),
    fetch(`${urls.tiktok}/open_api/v1.3/event/track/`, { method: 'POST', body: '{}' }),
    fetch(`${urls.klaviyo}/api/events/`, { method: 'POST', body: '{}' }),
    fetch(`${urls.ga4}/mp/collect`, { method: 'POST', body: '{}' }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([400, 401, 200, 401, 204])
  expect(Object.keys(twins.summary())).toEqual([...TWIN_NAMES])
  expect(twins.google.requests()[0]?.path).toBe('/v1/events:ingest')
})

test('a reset before: nothing counted; a lost answer: counted, whether reset or 504', async () => {
  const { twins, send } = await listening()
  twins.meta.faults.next('reset-before', 'lost-reset', 'lost-timeout')
  expect([await send('a'), await send('b'), await send('c')]).toEqual(['reset', 'reset', 504])
  expect([...twins.meta.counted().keys()]).toEqual(['Lead/b', 'Lead/c'])
  expect(twins.meta.requests().map(({ status }) => status)).toEqual([null, null, 504])
})

test('what was counted with its answer lost counts once however often it is sent again', async () => {
  const { twins, send } = await listening()
  twins.meta.faults.next('lost-reset', 'lost-timeout', 'rate-limited', 'server-error')
  for (let attempt = 0; attempt < 5; attempt += 1) await send('order-1')
  expect(twins.meta.summary()).toEqual({ received: 3, counted: 1, duplicates: 2, refused: {} })
})

async function run(seed: number, rates: FaultRates) {
  const { twins, send } = await listening(seed)
  twins.meta.faults.set(rates)
  const statuses: (number | string)[] = []
  for (let sent = 0; sent < 60; sent += 1) statuses.push(await send(`e${sent}`))
  return { statuses, counted: [...twins.meta.counted().keys()] }
}

test('a seed repeats a bad day, another seed has another', async () => {
  const rates = {
    rate429: 0.1,
    rate500: 0.1,
    resetRate: 0.1,
    lostResetRate: 0.1,
    lostTimeoutRate: 0.1,
  }
  const first = await run(42, rates)
  expect(await run(42, rates)).toEqual(first)
  expect((await run(43, rates)).statuses).not.toEqual(first.statuses)
  expect(new Set(first.statuses)).toEqual(new Set([200, 400, 500, 504, 'reset']))
})

test('a slow answer takes its time on the twin’s clock', async () => {
  const { twins, clock, send } = await listening()
  twins.meta.faults.set({ slowMs: 30_000 })
  let status: number | string | null = null
  const sending = send('a').then((answer) => {
    status = answer
  })
  while (clock.pendingCount === 0) await new Promise(setImmediate)
  await clock.advance(29_999)
  expect(status).toBeNull()
  await clock.advance(1)
  await sending
  expect(status).toBe(200)
})

test('a rate is a probability', async () => {
  const { twins } = await listening()
  expect(() => twins.meta.faults.set({ rate429: 2 })).toThrow(RangeError)
})
