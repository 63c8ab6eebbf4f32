import { claimDeliveries } from '../../store/deliveries.ts'
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
