import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import { useDatabase } from '../support/database.ts'
import { API_KEYS, orderMessage } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()

function change(store: ReturnType<typeof createTestStore>, name: string, action: string) {
  return store.app.request(`/v1/destinations/${name}/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEYS.production}` },
  })
}

test('a paused destination gives out no delivery, an enabled one does, and other environments go on', async () => {
  const store = createTestStore(database, { destinations: ['webhook'] })
  await store.send([orderMessage('o1')])
  await store.send([orderMessage('o1')], 'staging')
  const claim = (environment: string) =>
    claimDeliveries(store.database, {
      environment,
      destination: 'webhook',
      limit: 5,
      leaseMs: 1000,
    })

  expect(await (await change(store, 'webhook', 'pause')).json()).toEqual({
    name: 'webhook',
    is_paused: true,
  })
  expect(await claim('production')).toEqual([])
  expect(await claim('staging')).toHaveLength(1)
  const listed = await (await store.read('/v1/destinations')).json()
  expect(listed.destinations).toEqual([
    expect.objectContaining({
      name: 'webhook',
      is_paused: true,
      reason: 'paused by hand',
      deliveries: expect.objectContaining({ pending: 1, total: 1 }),
    }),
  ])

  await change(store, 'webhook', 'enable')
  expect(await claim('production')).toHaveLength(1)
})

test('a destination that is not on here is not found, and nobody switches without a key', async () => {
  const store = createTestStore(database, { destinations: ['webhook'] })
  expect((await change(store, 'nothing', 'pause')).status).toBe(404)
  const answer = await store.app.request('/v1/destinations/webhook/pause', { method: 'POST' })
  expect(answer.status).toBe(401)
})

test('a pause keeps its reason, and names are read without sums', async () => {
  const store = createTestStore(database, { destinations: ['webhook'] })
  await store.app.request('/v1/destinations/webhook/pause', {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEYS.production}` },
    body: JSON.stringify({ reason: 'new key tomorrow' }),
  })
  const own = await (await store.read('/v1/destinations/webhook')).json()
  expect(own).toMatchObject({
    is_paused: true,
    reason: 'paused by hand: new key tomorrow',
    setup: null,
    errors: [],
  })
  const names = await (await store.read('/v1/destinations?detail=names')).json()
  expect(names).toEqual({ destinations: [{ name: 'webhook' }] })
  expect((await store.read('/v1/destinations/nothing')).status).toBe(404)
})

test('errors are grouped by reason, with the latest message of each', async () => {
  const store = createTestStore(database, { destinations: ['webhook'] })
  await store.send([orderMessage('o1'), orderMessage('o2'), orderMessage('o3')])
  const options = { environment: 'production', destination: 'webhook', limit: 5, leaseMs: 1000 }
  const claimed = await claimDeliveries(store.database, options)
  const reasons = ['no such currency', 'no such currency', 'no such order']
  await recordDeliveries(
    store.database,
    claimed.map((delivery, at) => ({
      delivery,
      settlement: { state: 'dead', reason: reasons[at] ?? '' },
      attempt: null,
    })),
  )
  const { errors } = await (await store.read('/v1/destinations/webhook')).json()
  const last_at = new Date(store.clock.now()).toISOString()
  expect(errors).toEqual([
    { state: 'dead', reason: 'no such currency', count: 2, last_at, example: 'msg-o2' },
    { state: 'dead', reason: 'no such order', count: 1, last_at, example: 'msg-o3' },
  ])
})

test('a store without its destinations says where a test event is sent instead', async () => {
  const store = createTestStore(database, { destinations: ['webhook'] })
  const answer = await change(store, 'webhook', 'test')
  expect(answer.status).toBe(409)
  expect(await answer.text()).toContain('tracklayer destination test webhook')
})
