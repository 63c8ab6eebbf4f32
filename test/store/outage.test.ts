import type { BatchResult } from '../../core/batch.ts'
import { claimDeliveries, recordDeliveries } from '../../store/deliveries.ts'
import { reconcile } from '../../store/ledger.ts'
import { useDatabase } from '../support/database.ts'
import { createOutage, type DatabaseOutage } from '../support/database-outage.ts'
import { holdOrder } from '../support/held-order.ts'
import { batchOf, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, resultsOf, type TestStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const database = useDatabase()

const body = JSON.stringify(batchOf([orderMessage('o1'), orderMessage('o2')]))

async function stored(): Promise<Record<string, string>> {
  const [row] = await database.query<Record<string, string>>(
    `select (select count(*) from messages) as messages, (select count(*) from events) as events,
            (select count(*) from deliveries) as deliveries, (select count(*) from profiles) as profiles,
            (select count(*) from identifiers) as identifiers, (select count(*) from rejections) as rejections`,
  )
  return row ?? {}
}
const NOTHING = {
  messages: '0',
  events: '0',
  deliveries: '0',
  profiles: '0',
  identifiers: '0',
  rejections: '0',
}

async function unavailable(answer: Response): Promise<void> {
  expect({ status: answer.status, retryAfter: answer.headers.get('retry-after') }).toEqual({
    status: 503,
    retryAfter: '5',
  })
  expect(await answer.json()).toEqual({
    error: {
      code: 'unavailable',
      message: expect.stringContaining('again'),
      docs: '/docs/errors/unavailable',
    },
  })
}

describe('while the database is away', () => {
  let outage: DatabaseOutage
  let store: TestStore
  beforeEach(async () => {
    outage = await createOutage(database.connection)
    const pool = database.createPool({ ...outage.connection, max: 4 })
    store = createTestStore(database, { pool })
  })
  afterEach(async () => {
    await store.database.pool.end()
    await outage.close()
  })

  test('a batch is answered 503 with Retry-After, and taken once it is back', async () => {
    await outage.cut()
    await unavailable(await store.post(body))
    expect(store.log).toEqual([
      expect.stringMatching(/^error cannot store a batch of 2 for production: .*not available/),
    ])
    await outage.mend()
    const answer = await store.post(body)
    expect((await resultsOf(answer)).map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'accepted',
    ])
  })

  test('a connection lost in the middle of a batch leaves nothing half-written', async () => {
    const held = await holdOrder(database, 'o2')
    const answer = store.post(body)
    await held.blocked(1)
    await outage.cut()
    await unavailable(await answer)
    await held.release()
    expect(await stored()).toEqual(NOTHING)
    await outage.mend()
    expect((await store.post(body)).status).toBe(200)
    expect(await stored()).toMatchObject({ messages: '2', events: '2', deliveries: '4' })
  })

  test('a session that the server ends in the middle of a batch leaves nothing half-written', async () => {
    const held = await holdOrder(database, 'o2')
    const answer = store.post(body)
    await held.blocked(1)
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    await unavailable(await answer)
    await held.release()
    expect(await stored()).toEqual(NOTHING)
    expect((await store.post(body)).status).toBe(200)
  })

  test('readiness is denied and liveness is not; both as before once it is back', async () => {
    await outage.cut()
    const statuses = async () =>
      Promise.all(
        ['/healthz', '/readyz'].map(async (path) => (await store.app.request(path)).status),
      )
    expect(await statuses()).toEqual([200, 503])
    await outage.mend()
    expect(await statuses()).toEqual([200, 200])
  })

  test.each(['/v1/messages/m', '/v1/reconcile'])('reading %s is answered 503', async (path) => {
    await outage.cut()
    await unavailable(await store.read(path))
    await outage.mend()
    expect((await store.read(path)).status).not.toBe(503)
  })

  test('a reconciliation that loses its connection is rejected and takes nothing along', async () => {
    const locker = await database.createPool({ max: 1 }).connect()
    await locker.query('begin; lock table deliveries')
    const reading = reconcile(store.database.pool, 'production')
    const rejected = expect(reading).rejects.toThrow('Connection terminated')
    await until(async () => {
      const rows = await database.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      return rows.length > 0
    })
    await outage.cut()
    await rejected
    await locker.query('rollback')
    locker.release()
    await outage.mend()
    expect(await reconcile(store.database.pool, 'production')).toMatchObject({ balanced: true })
  })
})

describe('when a statement fails', () => {
  let store: TestStore
  beforeEach(() => {
    store = createTestStore(database)
  })

  async function failOn(table: string, state: string): Promise<void> {
    await database.query(
      `create function fail() returns trigger language plpgsql as
       $$ begin raise exception 'planted' using errcode = '${state}'; end $$`,
    )
    await database.query(
      `create trigger planted before insert on ${table} for each statement execute function fail()`,
    )
  }
  afterEach(() => database.query('drop function if exists fail cascade'))

  test.each(['identifiers', 'messages', 'events', 'deliveries'])(
    'for want of space in %s, the batch is answered 503 and all of it rolls back',
    async (table) => {
      await failOn(table, '53100')
      await unavailable(await store.post(body))
      expect(await stored()).toEqual(NOTHING)
    },
  )

  test('by a fault of ours, the batch is answered 500, logged whole and rolls back', async () => {
    await failOn('deliveries', 'P0001')
    const answer = await store.post(body)
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 500,
      body: {
        error: {
          code: 'internal',
          message: 'The store failed; its log says why',
          docs: '/docs/errors/internal',
        },
      },
    })
    expect(store.log).toEqual([
      expect.stringMatching(/^error POST \/segment\/events failed: error: planted\n +at /),
    ])
    expect(await stored()).toEqual(NOTHING)
  })

  test.each(['40001', '40P01'])('by %s, the batch is tried again', async (state) => {
    await database.query(
      `create sequence tries; create function fail() returns trigger language plpgsql as
       $$ begin
         if nextval('tries') < 3 then raise exception 'planted' using errcode = '${state}'; end if;
         return null;
       end $$;
       create trigger planted before insert on events for each statement execute function fail()`,
    )
    const results: BatchResult[] = await resultsOf(await store.post(body))
    expect(results.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
    expect(await database.query('select last_value from tries')).toEqual([{ last_value: '3' }])
    await database.query('drop sequence tries')
    expect(await stored()).toMatchObject({ messages: '2', events: '2', deliveries: '4' })
  })

  test('an attempt and its state fail together', async () => {
    await store.post(body)
    const [delivery] = await claimDeliveries(store.database, {
      environment: 'production',
      destination: 'webhook',
      limit: 1,
      leaseMs: 1000,
    })
    if (!delivery) throw new Error('nothing was claimed')
    await database.query(
      `create function fail() returns trigger language plpgsql as
       $$ begin raise exception 'planted' using errcode = '53100'; end $$;
       create trigger planted before update on deliveries for each statement execute function fail()`,
    )
    const attempt = {
      startedAt: new Date(0),
      durationMs: 1,
      status: 200,
      error: null,
      request: {},
      response: null,
    }
    await expect(
      recordDeliveries(store.database, [
        { delivery, settlement: { state: 'delivered', reason: null }, attempt },
      ]),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await database.query('select * from attempts')).toEqual([])
    expect(await database.query("select * from deliveries where state = 'delivered'")).toEqual([])
  })
})

describe('overload', () => {
  test('the 65th batch at once is answered 429 with Retry-After; the 64 are stored', async () => {
    const store = createTestStore(database)
    const held = await holdOrder(database, 'o1')
    const under = Array.from({ length: 64 }, (_, at) =>
      store.post(JSON.stringify(batchOf([orderMessage('o1', { messageId: `m${at}` })]))),
    )
    await held.blocked(1)
    const refused = await store.post(body)
    expect({
      status: refused.status,
      retryAfter: refused.headers.get('retry-after'),
      code: ((await refused.json()) as { error: { code: string } }).error.code,
    }).toEqual({ status: 429, retryAfter: '1', code: 'overloaded' })
    await held.release()
    expect((await Promise.all(under)).map(({ status }) => status)).toEqual(Array(64).fill(200))
    expect((await store.post(body)).status).toBe(200)
    expect(await stored()).toMatchObject({ messages: '66', events: '2', deliveries: '4' })
  })
})
