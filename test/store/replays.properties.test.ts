// Whatever is replayed, in whatever order, at whatever moment: no platform counts an order twice, and the ledger balances.
import fc from 'fast-check'
import { createRandom } from '../../core/clock.ts'
import { reconcile } from '../../store/ledger.ts'
import { useDatabase } from '../support/database.ts'
import { agreedOrder, setReplayStage } from '../support/replay-stage.ts'

const database = useDatabase()
const HOUR_MS = 60 * 60 * 1000

const FAULTS = ['server-error', 'lost-reset', 'lost-reset'] as const

type Step =
  | { readonly kind: 'replay'; readonly body: object }
  | { readonly kind: 'twice'; readonly body: object }
  | { readonly kind: 'wait'; readonly hours: number }
  | {
      readonly kind: 'fault'
      readonly twin: 'meta' | 'ga4'
      readonly fault: (typeof FAULTS)[number]
    }
  | { readonly kind: 'order' }
  | { readonly kind: 'rest' }
  | { readonly kind: 'rename' }
  | { readonly kind: 'restart' }

// Never with confirm_unknown: that is a person's word that nothing arrived, and a false one counts twice.
const body = fc.record({
  since: fc.constant('2020-01-01T00:00:00Z'),
  include_delivered: fc.boolean(),
  states: fc.constantFrom(
    ['dead', 'unknown'],
    ['delivered'],
    ['dead', 'unknown', 'filtered', 'delivered'],
  ),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replay' as const), body }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('twice' as const), body }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.constantFrom(1, 20, 30) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      twin: fc.constantFrom('meta' as const, 'ga4' as const),
      fault: fc.constantFrom(...FAULTS),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'order' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'rest' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rename' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
)

test('no sequence of replays makes a platform count an order twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
      await database.clear()
      // Answers that are lost give up soon, so that there is something to replay.
      const few = (_: string, yaml: string) => yaml.replace('max_attempts: 16', 'max_attempts: 2')
      const stage = await setReplayStage(database, { edit: few, seed: 3 })
      const random = createRandom(3)
      let worker = stage.start()
      let placed = 0
      try {
        const order = () => {
          // Some people are met as leads: GA4 counts each of those that it is sent.
          const isLead = random() < 0.3
          const id = `o${placed++}`
          const timestamp = new Date(stage.clock.now() - HOUR_MS).toISOString()
          return agreedOrder(id, {
            timestamp,
            ...(isLead ? { event: 'Lead Submitted', properties: { lead_id: id } } : {}),
          })
        }
        await stage.store.send([order(), order()])
        for (const each of steps) {
          if (each.kind === 'replay') await stage.replay(each.body)
          else if (each.kind === 'twice')
            await Promise.all([stage.replay(each.body), stage.replay(each.body)])
          else if (each.kind === 'order') await stage.store.send([order()])
          else if (each.kind === 'fault') stage[each.twin].faults.next(each.fault)
          else if (each.kind === 'rename')
            stage.redeploy((name, yaml) =>
              few(name, yaml).replace('{ event_name: Purchase }', `{ event_name: P${placed} }`),
            )
          else {
            // Time passes and files change while nothing is under way: a lease that runs out is another test's.
            if (each.kind === 'wait') {
              await stage.atRest()
              stage.clock.advance(each.hours * HOUR_MS)
            } else if (each.kind === 'rest') await stage.atRest()
            else {
              await worker.stop()
              worker = stage.start()
            }
          }
        }
        await stage.atRest()
        for (const twin of [stage.meta, stage.ga4]) {
          const ids = [...twin.counted().values()].map(({ event }) => eventIdOf(event))
          expect(ids).toHaveLength(new Set(ids).size)
        }
        const { balanced, destinations } = await reconcile(database.pool, 'production')
        expect(balanced).toBe(true)
        expect(destinations.meta?.total).toBe(placed)
      } finally {
        await stage.close()
      }
    }),
    { seed: 11, numRuns: Number(process.env.REPLAY_RUNS ?? 8) },
  )
}, 120_000)

function eventIdOf(event: unknown): unknown {
  const { event_id, params } = event as { event_id?: unknown; params?: { event_id?: unknown } }
  return event_id ?? params?.event_id
}
