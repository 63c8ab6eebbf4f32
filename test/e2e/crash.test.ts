import { runCrashes } from './crash-scenario.ts'

test('what was acknowledged survives kill -9 of store and worker, and no order goes out under two ids', async () => {
  const result = await runCrashes({ seed: 1, storeKills: 3, workerKills: 3 })

  expect(result.lost).toEqual([])
  expect([...result.received.keys()].sort()).toEqual([...result.orders].sort())
  expect([...result.received.values()].filter((ids) => ids.size > 1)).toEqual([])
  expect(result.ledger.balanced).toBe(true)
  expect(result.ledger.events).toBe(result.orders.size)
}, 60_000)
