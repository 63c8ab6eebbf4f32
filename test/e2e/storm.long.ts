// The storm of design 3.8's promise. Another seed, or fewer events: STORM_SEED=7 STORM_EVENTS=1000 npm run test:long -- storm
import { useDatabase } from '../support/database.ts'
import { runStorm } from './storm-scenario.ts'

const database = useDatabase()
const seed = Number(process.env.STORM_SEED ?? 20_261_126)
const EVENTS = Number(process.env.STORM_EVENTS ?? 10_000)

test(`seed ${seed}: six destinations in a storm, workers killed at random: each event is counted once`, async () => {
  process.stdout.write(`storm: STORM_SEED=${seed}\n`)
  const result = await runStorm({
    seed,
    events: EVENTS,
    workers: 2,
    kills: 15,
    killAfterMs: [200, 1500],
    batchSize: 1000,
    database,
    withinMs: 480_000,
  })
  const { states, weather, lostAttempts } = result
  process.stdout.write(`storm: ${JSON.stringify({ states, weather, lostAttempts })}\n`)

  expect(result.faults).toEqual([])
  expect(result.ledger).toMatchObject({ balanced: true, events: EVENTS })
  // Otherwise no kill fell between sending and recording, and the storm proved nothing.
  expect(lostAttempts).toBeGreaterThan(0)
  for (const kind of ['rate-limited', 'server-error', 'reset-before', 'lost-reset', 'lost-timeout'])
    expect(weather[kind]).toBeGreaterThan(0)
}, 900_000)
