// A circuit breaker is seen where people look: on the destination and as an alert, until it closes or its worker ends.
import { createCircuitBreaker } from '../../core/circuit-breaker.ts'
import { createBreakerTeller } from '../../delivery/breaker-teller.ts'
import type { Overview } from '../../store/overview.ts'
import { useDatabase } from '../support/database.ts'
import { destinationTo } from '../support/delivery.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()

function stage() {
  const store = createTestStore(database, { destinations: ['webhook'] })
  const breaker = createCircuitBreaker()
  const destination = destinationTo({
    url: 'https://example.com/',
    clock: store.clock,
    transport: async () => ({ status: 200, headers: {}, body: '' }),
  })
  const options = { database: store.database, destinations: [], log: () => {}, name: 'box 1' }
  const tell = createBreakerTeller(options, destination, breaker)
  const outcome = (failed: boolean) => {
    breaker.started(store.clock.now()).ended(failed, store.clock.now())
    tell()
  }
  const shown = async (environment: 'production' | 'staging' = 'production') => {
    const answer = await store.read('/v1/destinations', environment)
    const { destinations } = (await answer.json()) as { destinations: { breakers: object[] }[] }
    return destinations[0]?.breakers
  }
  return { store, outcome, shown, tell }
}

test('open, half open, open again, closed: each is told once and shown', async () => {
  const { store, outcome, shown, tell } = stage()
  for (let failures = 0; failures < 10; failures++) outcome(true)
  await tell.written()
  expect(await shown()).toMatchObject([{ worker: 'box 1', state: 'open' }])
  expect(await shown('staging')).toEqual([])
  const { alerts } = (await (await store.read('/v1/overview')).json()) as Overview
  expect(alerts).toMatchObject([
    { severity: 'critical', code: 'breaker_open', destination: 'webhook' },
  ])

  store.clock.advance(5000)
  expect(await shown()).toMatchObject([{ state: 'half_open' }])
  outcome(true)
  await tell.written()
  expect(await shown()).toMatchObject([{ state: 'open' }])
  store.clock.advance(10_000)
  outcome(false)
  await tell.written()
  expect(await shown()).toEqual([])
})

test('a lane that ends takes its breaker along; what a killed worker left means nothing after a while', async () => {
  const { store, outcome, shown, tell } = stage()
  for (let failures = 0; failures < 10; failures++) outcome(true)
  await tell.written()
  store.clock.advance(11 * 60_000)
  expect(await shown()).toEqual([])
  await tell.end()
  expect(await database.query('select * from breakers')).toEqual([])
})
