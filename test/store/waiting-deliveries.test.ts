// What people do about deliveries that wait, over the HTTP API, beside workers that claim and record.
import {
  type ClaimedDelivery,
  claimDeliveries,
  recordDeliveries,
  type Settlement,
} from '../../store/deliveries.ts'
import { reconcile } from '../../store/ledger.ts'
import type { ChangedDelivery } from '../../store/waiting-deliveries.ts'
import { useDatabase } from '../support/database.ts'
import { ACCOUNT, API_KEYS, orderMessage, SECRETS } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
const LEASE_MS = 30_000
const VIEWER_KEY = 'a-viewers-key-000001'
let store: TestStore

beforeEach(() => {
  store = createTestStore(database, {
    destinations: ['webhook'],
    access: {
      account: ACCOUNT,
      environments: [
        {
          name: 'production',
          secrets: [SECRETS.production],
          apiKeys: [API_KEYS.production, VIEWER_KEY],
          keyRoles: new Map([[VIEWER_KEY, 'viewer']]),
        },
        { name: 'staging', secrets: [SECRETS.staging], apiKeys: [API_KEYS.staging] },
      ],
    },
  })
})
afterEach(async () => {
  expect((await reconcile(database.pool, 'production')).balanced).toBe(true)
})

type Answer = ChangedDelivery & { changed: number; skipped: number; error?: { message: string } }

async function ask(path: string, body: object = {}, key: string = API_KEYS.production) {
  const answer = await store.app.request(`/v1/deliveries/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Answer }
}

function claim(limit = 10): Promise<ClaimedDelivery[]> {
  return claimDeliveries(store.database, {
    environment: 'production',
    destination: 'webhook',
    limit,
    leaseMs: LEASE_MS,
  })
}

async function claimOne(): Promise<ClaimedDelivery> {
  const [delivery] = await claim(1)
  if (!delivery) throw new Error('nothing is due')
  return delivery
}

function record(delivery: ClaimedDelivery, settlement: Settlement, error: string | null = null) {
  const attempt = {
    startedAt: new Date(store.clock.now()),
    durationMs: 5,
    status: error === 'receiver answered 429' ? 429 : error === null ? 200 : null,
    error,
    request: { method: 'POST' },
    response: null,
  }
  const isSent = settlement.state !== 'filtered' && settlement.state !== 'held'
  return recordDeliveries(store.database, [
    { delivery, settlement, attempt: isSent ? attempt : null },
  ])
}

/** Sends an order; the id of its delivery. */
async function order(name: string): Promise<string> {
  await store.send([orderMessage(name)])
  const [row] = await database.query<{ id: string }>(
    'select max(id)::text as id from deliveries where environment = $1',
    ['production'],
  )
  return String(row?.id)
}

const hold = (delivery: ClaimedDelivery, forMs = 3_600_000) =>
  record(delivery, {
    state: 'held',
    reason: 'consent_unknown',
    dueAt: new Date(store.clock.now() + forMs),
  })
const retry = (delivery: ClaimedDelivery, error: string) =>
  record(
    delivery,
    { state: 'retrying', reason: error, dueAt: new Date(store.clock.now() + 60_000) },
    error,
  )

const ledger = () =>
  database.query(
    'select state, reason, attempts, settled_at is not null as settled from deliveries order by id',
  )

async function auditLog(): Promise<string[]> {
  const { entries } = (await (await store.read('/v1/audit-log')).json()) as {
    entries: { action: string; target: string }[]
  }
  return entries.map(({ action, target }) => `${action} ${target}`)
}

describe('withdraw', () => {
  test('ends a delivery that waits as filtered, with who did it and why; no worker finds it', async () => {
    const id = await order('o1')
    const { status, body } = await ask(`${id}/withdraw`, { note: 'test order' })
    expect([status, body]).toEqual([
      200,
      {
        delivery_id: id,
        destination: 'webhook',
        message_id: 'msg-o1',
        state: 'filtered',
        reason: 'withdrawn',
        due_at: null,
        may_have_arrived: false,
      },
    ])
    expect(await claim()).toEqual([])
    expect(await ledger()).toEqual([
      { state: 'filtered', reason: 'withdrawn', attempts: 0, settled: true },
    ])
    const story = (await (await store.read('/v1/messages/msg-o1')).json()) as {
      deliveries: { decision: unknown }[]
    }
    expect(story.deliveries[0]?.decision).toEqual({
      withdrawn: {
        by: expect.stringMatching(/^key-[0-9a-f]{8}$/),
        at: '2026-04-23T10:15:30.000Z',
        note: 'test order',
        from_state: 'pending',
        from_reason: null,
        may_have_arrived: false,
      },
    })
    expect(await auditLog()).toEqual([
      `delivery.withdrawn delivery ${id} to webhook, message msg-o1`,
    ])
    const sums = (await reconcile(database.pool, 'production')).destinations.webhook
    expect(sums?.reasons).toEqual({ filtered: { withdrawn: 1 } })
  })

  test('waits for a worker that has it in hand, and says until when', async () => {
    const id = await order('o1')
    const delivery = await claimOne()
    const { status, body } = await ask(`${id}/withdraw`)
    expect(status).toBe(409)
    expect(body.error?.message).toBe(
      `Delivery ${id} to webhook is in a worker’s hand and may be on its way; it is known what became of it by 2026-04-23T10:16:00.000Z: look again then`,
    )
    await record(delivery, { state: 'delivered', reason: null })
    expect((await ask(`${id}/withdraw`)).body.error?.message).toContain(
      'is delivered: only what waits is withdrawn',
    )
    expect(await auditLog()).toEqual([])
  })

  test('knows a claim although a statement of consent has made the delivery due again', async () => {
    const id = await order('o1')
    await hold(await claimOne())
    store.clock.advance(3_600_000)
    await claimOne()
    store.clock.advance(1_000)
    await store.send([
      {
        type: 'identify',
        messageId: 'said-yes',
        userId: 'user-o1',
        context: { consent: { categoryPreferences: { Advertising: true } } },
      },
    ])
    expect((await ask(`${id}/withdraw`)).status).toBe(409)
    expect((await ask(`${id}/release`)).status).toBe(409)
  })

  test('after a lease that ran out says that it may have arrived; the late record changes nothing', async () => {
    const id = await order('o1')
    const late = await claimOne()
    store.clock.advance(LEASE_MS)
    const { status, body } = await ask(`${id}/withdraw`)
    expect([status, body.state, body.may_have_arrived]).toEqual([200, 'filtered', true])
    await record(late, { state: 'delivered', reason: null })
    expect(await ledger()).toMatchObject([{ state: 'filtered', reason: 'withdrawn', attempts: 1 }])
    // What the late attempt brought is kept all the same.
    expect(await database.query('select number from attempts')).toEqual([{ number: 1 }])
  })

  test.each([
    { error: 'receiver answered 429', may: false },
    { error: 'timed out after 5000 ms', may: true },
  ])('between retries, after "$error": may have arrived is $may', async ({ error, may }) => {
    const id = await order('o1')
    await retry(await claimOne(), error)
    const { body } = await ask(`${id}/withdraw`)
    expect([body.reason, body.may_have_arrived]).toEqual(['withdrawn', may])
    store.clock.advance(60_000)
    expect(await claim()).toEqual([])
  })

  test('of a replay leaves the delivery what it was, and the replay says so', async () => {
    const id = await order('o1')
    await record(await claimOne(), { state: 'dead', reason: 'refused' }, 'receiver answered 429')
    await database.query(
      `with r as (
         insert into replays (environment, selection, requested_by, last_delivery_id, created_at)
         values ('production', '{"selection":{},"permissions":{}}', 'Ada', $1, now()) returning id
       ), i as (
         insert into replay_deliveries (replay_id, delivery_id, from_state, from_reason, attempts_before, enqueued_at)
         select id, $1, 'dead', 'refused', 1, now() from r
       )
       update deliveries d set state = 'pending', reason = 'replayed', settled_at = null, replay_id = r.id from r
       where d.id = $1`,
      [id],
    )
    expect((await ask(`${id}/withdraw`)).body).toMatchObject({ state: 'dead', reason: 'refused' })
    expect(await claim()).toEqual([])
    expect(await database.query('select outcome, outcome_reason from replay_deliveries')).toEqual([
      { outcome: 'filtered', outcome_reason: 'withdrawn' },
    ])
  })

  test('never keeps anybody on an audience', async () => {
    const id = await order('o1')
    await database.query("update events set name = 'audience_exited'")
    const { status, body } = await ask(`${id}/withdraw`)
    expect([status, body.error?.message]).toEqual([409, expect.stringContaining('never withdrawn')])
  })

  test('leaves an entry alone that may have arrived: who refuses later has to be taken off', async () => {
    const id = await order('o1')
    await database.query("update events set name = 'audience_entered'")
    await retry(await claimOne(), 'timed out after 5000 ms')
    const { status, body } = await ask(`${id}/withdraw`)
    expect([status, body.error?.message]).toEqual([409, expect.stringContaining('their removal')])
  })

  test('and workers that claim at once: each delivery goes to one of them', async () => {
    await store.send(Array.from({ length: 60 }, (_, at) => orderMessage(`o${at}`)))
    const rows = await database.query<{ id: string }>('select id::text from deliveries order by id')
    const [claimed, answers] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, () => claim(5))),
      Promise.all(rows.map(({ id }) => ask(`${id}/withdraw`))),
    ])
    const mine = new Set(claimed.flat().map(({ id }) => id))
    const withdrawn = rows.filter((_, at) => answers[at]?.status === 200).map(({ id }) => id)
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
    expect(withdrawn.filter((id) => mine.has(id))).toEqual([])
    for (const delivery of claimed.flat())
      await record(delivery, { state: 'delivered', reason: null })
    const rest = await claim(60)
    expect(mine.size + withdrawn.length + rest.length).toBe(60)
  })
})

describe('release', () => {
  test('has a held delivery decided now, and again as often as it is held', async () => {
    const id = await order('o1')
    await hold(await claimOne())
    expect(await claim()).toEqual([])
    const { status, body } = await ask(`${id}/release`)
    expect([status, body]).toMatchObject([200, { state: 'pending', due_at: expect.any(String) }])
    expect(await auditLog()).toEqual([
      `delivery.released delivery ${id} to webhook, message msg-o1`,
    ])
    await hold(await claimOne())
    expect(await ledger()).toMatchObject([{ state: 'held', attempts: 0 }])
    expect((await ask(`${id}/release`)).status).toBe(200)
  })

  test('is for what is held and nothing else', async () => {
    const id = await order('o1')
    const { status, body } = await ask(`${id}/release`)
    expect([status, body.error?.message]).toEqual([
      409,
      `Delivery ${id} to webhook is pending: only what is held is released`,
    ])
  })
})

describe('what is held at one destination for one reason', () => {
  beforeEach(async () => {
    await store.send(Array.from({ length: 4 }, (_, at) => orderMessage(`o${at}`)))
    for (const delivery of await claim(4)) await hold(delivery)
  })
  const group = { destination: 'webhook', reason: 'consent_unknown' }

  test('is released together', async () => {
    expect((await ask('release', group)).body).toEqual({ changed: 4, skipped: 0 })
    expect(await claim()).toHaveLength(4)
    expect((await ask('release', group)).body).toEqual({ changed: 0, skipped: 0 })
    expect(await auditLog()).toEqual(['delivery.released 4 held to webhook, consent_unknown'])
  })

  test('is withdrawn together, but for what a worker has in hand', async () => {
    store.clock.advance(3_600_000)
    await claimOne()
    expect((await ask('withdraw', group)).body).toEqual({ changed: 3, skipped: 1 })
    expect(
      await database.query('select state, count(*)::integer from deliveries group by 1 order by 1'),
    ).toEqual([
      { state: 'filtered', count: 3 },
      { state: 'held', count: 1 },
    ])
  })

  test('wants both named', async () => {
    const { status, body } = await ask('withdraw', { destination: 'webhook' })
    expect([status, body.error?.message]).toEqual([400, expect.stringContaining('reason: want')])
  })
})

test('what may have arrived is settled as delivered by whoever looked', async () => {
  const id = await order('o1')
  expect((await ask(`${id}/settle`)).status).toBe(409)
  await record(await claimOne(), { state: 'unknown', reason: 'answer lost' }, 'timed out')
  const { body } = await ask(`${id}/settle`, { note: 'seen in their console' })
  expect(body).toMatchObject({ state: 'delivered', reason: null, due_at: null })
  expect(await auditLog()).toEqual([`delivery.settled delivery ${id} to webhook, message msg-o1`])
  expect(
    await database.query("select decision -> 'settled' ->> 'note' as note from deliveries"),
  ).toEqual([{ note: 'seen in their console' }])
})

describe('who may', () => {
  test('an operator; not a viewer, and nobody of another environment', async () => {
    const id = await order('o1')
    for (const act of ['release', 'withdraw', 'settle']) {
      expect((await ask(`${id}/${act}`, {}, VIEWER_KEY)).status).toBe(403)
      expect((await ask(`${id}/${act}`, {}, API_KEYS.staging)).status).toBe(404)
    }
    expect((await ask('nothing/withdraw')).status).toBe(404)
    expect((await ask(`${id}/withdraw`, { reason: 'x' })).status).toBe(400)
    expect(await claim()).toHaveLength(1)
  })
})
