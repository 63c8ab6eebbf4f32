import { useDatabase } from '../support/database.ts'
import { runStorm } from './storm-scenario.ts'

const database = useDatabase()

test('in a small storm with two kills every event is counted once, or its row says why not', async () => {
  const result = await runStorm({
    seed: 1,
    events: 300,
    workers: 1,
    kills: 2,
    killAfterMs: [100, 400],
    batchSize: 50,
    database,
    withinMs: 60_000,
  })

  expect(result.faults).toEqual([])
  expect(result.ledger).toMatchObject({ balanced: true, events: 300 })
  expect(Object.keys(result.weather).length).toBeGreaterThan(2)
}, 90_000)
