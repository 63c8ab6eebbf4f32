// A replay that is cut off between its statements: nothing is half done, and whoever goes on does the rest once.
import type { Pool } from 'pg'
import { createDeliverySide } from '../../delivery/delivery-side.ts'
import { reconcile } from '../../store/ledger.ts'
import { continueReplay, createReplay, findReplay } from '../../store/replays.ts'
import { useDatabase } from '../support/database.ts'
import { agreedOrder, type ReplayStage, setReplayStage } from '../support/replay-stage.ts'

const database = useDatabase()
const side = { ...createDeliverySide([]), isOn: () => true }
let stage: ReplayStage
beforeEach(async () => {
  stage = await setReplayStage(database)
})
afterEach(() => stage.close())

// A pool whose connections break before the first statement that begins so.
function breakingAt(pool: Pool, beginning: string): Pool {
  return new Proxy(pool, {
    get(target, name) {
      if (name !== 'connect') return Reflect.get(target, name).bind(target)
      return async () => {
        const client = await target.connect()
        return new Proxy(client, {
          get(inner, key) {
            const value = Reflect.get(inner, key)
            if (key !== 'query') return typeof value === 'function' ? value.bind(inner) : value
            return (text: string, ...rest: unknown[]) =>
              String(text).trimStart().startsWith(beginning)
                ? Promise.reject(new Error('cut off'))
                : value.call(inner, text, ...rest)
          },
        })
      }
    },
  })
}

test.each(['select from deliveries', 'with decided', 'update replays', 'commit'])(
  'cut off at "%s", a page is done whole or not at all',
  async (beginning) => {
    await stage.store.send(Array.from({ length: 6 }, (_, at) => agreedOrder(`o${at}`)))
    await database.query(`update deliveries set state = 'dead', reason = 'refused'`)
    const id = await createReplay(stage.store.database, {
      environment: 'production',
      selection: { destination: 'meta', states: ['dead'] },
      permissions: { includeDelivered: false, confirmUnknown: false },
      idempotencyKey: null,
      requestedBy: 'test',
      note: null,
    })
    const step = (pool = database.pool) =>
      continueReplay({ ...stage.store.database, pool }, side, 'production', id, 4)
    await expect(step(breakingAt(database.pool, beginning))).rejects.toThrow('cut off')
    // The read of the page ends with a commit as well: nothing is enqueued in any case.
    expect(await findReplay(database.pool, 'production', id)).toMatchObject({
      state: 'running',
      considered: 0,
    })
    expect(Object.values(await stage.states('meta'))).toEqual(Array(6).fill('dead: refused'))

    stage.start()
    while (await step());
    await stage.atRest()
    expect(stage.meta.summary()).toMatchObject({ received: 6, counted: 6 })
    expect((await reconcile(database.pool, 'production')).balanced).toBe(true)
  },
)

test('a worker that dies with a replay in hand leaves it to the next one, under the same id', async () => {
  await stage.store.send([agreedOrder('o1')])
  await database.query(`update deliveries set state = 'dead', reason = 'refused'`)
  const { body } = await stage.replay({ destination: 'meta' })
  // Claimed, and never heard of again.
  const { claimDeliveries } = await import('../../store/deliveries.ts')
  const claim = { environment: 'production', destination: 'meta', limit: 5, leaseMs: 30_000 }
  const [claimed] = await claimDeliveries(stage.store.database, claim)
  expect(claimed?.replay).toMatchObject({ id: body.id, fromState: 'dead', attemptsBefore: 0 })
  expect((await stage.replay({ destination: 'meta' })).body.enqueued).toBe(0)

  stage.clock.advance(30_001)
  const worker = stage.start()
  await worker.recorded(1)
  expect(await stage.states('meta')).toEqual({ 'msg-o1': 'delivered' })
  const story = await findReplay(database.pool, 'production', body.id)
  expect(story?.outcomes).toEqual({ delivered: 1 })
})
