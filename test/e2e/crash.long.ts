// Many rounds of the crash scenario: `npm run test:long`.
import { runCrashes } from './crash-scenario.ts'

const SEEDS = [11, 12, 13, 14]

test.each(SEEDS)(
  'seed %i: twelve kills of the store and twelve of the worker lose and double nothing',
  async (seed) => {
    const result = await runCrashes({ seed, storeKills: 12, workerKills: 12 })

    expect(result.lost).toEqual([])
    expect([...result.received.keys()].sort()).toEqual([...result.orders].sort())
    expect([...result.received.values()].filter((ids) => ids.size > 1)).toEqual([])
    expect(result.ledger.balanced).toBe(true)
    // Otherwise no kill fell between sending and recording, and the scenario proved nothing.
    expect(result.repeats).toBeGreaterThan(0)
  },
  300_000,
)
