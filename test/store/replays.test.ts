// Replays over the HTTP API, with the real worker and twins that count as the platforms do.
import { reconcile } from '../../store/ledger.ts'
import type { DryRunPage } from '../../store/replay-preview.ts'
import type { ReplayStory } from '../../store/replays.ts'
import { useDatabase } from '../support/database.ts'
import { agreedOrder, type ReplayStage, setReplayStage } from '../support/replay-stage.ts'

const database = useDatabase()
const HOUR_MS = 60 * 60 * 1000
let stage: ReplayStage

beforeEach(async () => {
  stage = await setReplayStage(database)
})
afterEach(() => stage.close())

const balanced = async () => (await reconcile(database.pool, 'production')).balanced

async function settled() {
  await stage.atRest()
  expect(await balanced()).toBe(true)
}

async function kill(message: string, destination = 'meta') {
  await database.query(
    `update deliveries d set state = 'dead', reason = 'refused', settled_at = now() from events e
     where e.id = d.event_id and e.message_id = $1 and d.destination = $2`,
    [message, destination],
  )
}

const dryRun = (body: object) =>
  stage.ask<DryRunPage>('/v1/replays', { ...body, dry_run: true }).then((answer) => answer.body)

describe('POST /v1/replays', () => {
  test('puts a dead letter back under its event id; the worker delivers it, once', async () => {
    await stage.store.send([agreedOrder('o1')])
    await kill('msg-o1')
    const { status, body } = await stage.replay({ destination: 'meta', note: 'token mended' })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      state: 'finished',
      considered: 1,
      enqueued: 1,
      refused: {},
      outcomes: { waiting: 1 },
      requested_by: expect.stringMatching(/^key-[0-9a-f]{8}$/),
      note: 'token mended',
    })
    expect(await stage.states('meta')).toEqual({ 'msg-o1': 'pending: replayed' })
    expect(await balanced()).toBe(true)

    stage.start()
    await settled()
    expect([...stage.meta.counted().keys()].some((key) => key.includes('seg_msg-o1'))).toBe(true)
    expect(stage.meta.summary()).toMatchObject({ received: 1, counted: 1 })
    const story = await (await stage.store.read(`/v1/replays/${body.id}`)).json()
    expect(story).toMatchObject({ outcomes: { delivered: 1 } })
  })

  test('leaves alone what was delivered, and what is under way', async () => {
    await stage.store.send([agreedOrder('o1')])
    expect((await stage.replay({ message_id: 'msg-o1' })).body.refused).toEqual({ under_way: 2 })
    stage.start()
    await settled()
    expect((await stage.replay({ message_id: 'msg-o1' })).body).toMatchObject({
      enqueued: 0,
      refused: { delivered: 2 },
    })
    expect(stage.meta.summary().received).toBe(1)
  })

  test('sends a delivered order again only where the platform knows it, and only while it does', async () => {
    stage.start()
    await stage.store.send([
      agreedOrder('o1'),
      agreedOrder('l1', {
        event: 'Lead Submitted',
        properties: { lead_id: 'l1' },
      }),
    ])
    await settled()
    const again = { since: '2026-04-23T00:00:00Z', include_delivered: true }
    const first = await stage.replay(again)
    // GA4 knows purchases by their transaction id, and no lead.
    expect(first.body).toMatchObject({ enqueued: 3, refused: { would_count_twice: 1 } })
    await settled()
    expect(stage.meta.summary()).toMatchObject({ counted: 2, duplicates: 2 })
    expect(stage.ga4.summary()).toMatchObject({ counted: 2, duplicates: 1 })

    stage.clock.advance(48 * HOUR_MS)
    expect((await stage.replay({ ...again, destination: 'meta' })).body).toMatchObject({
      enqueued: 0,
      refused: { would_count_twice: 2 },
    })
  })

  test('a repeat that waits beyond the memory of the platform is not sent, and stays delivered', async () => {
    const worker = stage.start()
    await stage.store.send([agreedOrder('o1')])
    await settled()
    await worker.stop()
    const { body } = await stage.replay({ destination: 'meta', include_delivered: true })
    expect(body.enqueued).toBe(1)
    stage.clock.advance(48 * HOUR_MS)
    stage.start()
    await settled()
    expect(await stage.states('meta')).toEqual({ 'msg-o1': 'delivered' })
    expect(stage.meta.summary()).toMatchObject({ received: 1, counted: 1 })
    const story = await (await stage.store.read(`/v1/replays/${body.id}`)).json()
    expect(story.outcomes).toEqual({ filtered: 1 })
  })

  test('a repeat that would reach the platform under another name is refused', async () => {
    stage.start()
    await stage.store.send([agreedOrder('o1')])
    await settled()
    stage.redeploy((_, yaml) => yaml.replace('event_name: Purchase', 'event_name: Order'))
    expect(
      (await stage.replay({ destination: 'meta', include_delivered: true })).body,
    ).toMatchObject({ enqueued: 0, refused: { would_count_twice: 1 } })
  })

  test('a repeat is not sent by a worker whose mapping would give it another name', async () => {
    const worker = stage.start()
    await stage.store.send([agreedOrder('o1')])
    await settled()
    await worker.stop()
    const { body } = await stage.replay({ destination: 'meta', include_delivered: true })
    expect(body.enqueued).toBe(1)
    stage.redeploy((_, yaml) => yaml.replace('event_name: Purchase', 'event_name: Order'))
    stage.start()
    await settled()
    expect(await stage.states('meta')).toEqual({ 'msg-o1': 'delivered' })
    expect(stage.meta.summary().received).toBe(1)
  })

  test('a delivered order whose repeat is refused stays delivered', async () => {
    const worker = stage.start()
    await stage.store.send([agreedOrder('o1')])
    await settled()
    await worker.stop()
    stage.redeploy((_, yaml) => yaml.replace('max_age: 7d', 'max_age: 1h'))
    stage.clock.advance(2 * HOUR_MS)
    await stage.replay({ destination: 'meta', include_delivered: true })
    stage.start()
    await settled()
    expect(await stage.states('meta')).toEqual({ 'msg-o1': 'delivered' })
  })

  test('a lost answer needs somebody who looked, unless the platform knows repeats', async () => {
    const lead = agreedOrder('l1', { event: 'Lead Submitted', properties: { lead_id: 'l1' } })
    stage.ga4.faults.next('lost-reset')
    stage.meta.faults.next('lost-reset')
    stage.start()
    await stage.store.send([lead])
    await settled()
    expect((await stage.states('ga4'))['msg-l1']).toMatch(/^unknown/)

    const asked = await stage.replay({ destination: 'ga4' })
    expect(asked.body.refused).toEqual({ may_have_arrived: 1 })
    const confirmed = await stage.replay({ destination: 'ga4', confirm_unknown: true })
    expect(confirmed.body.enqueued).toBe(1)
    await settled()
    expect(await stage.states('ga4')).toEqual({ 'msg-l1': 'delivered' })
  })

  test('a dead letter one of whose answers was lost counts as one that may have arrived', async () => {
    stage.redeploy((_, yaml) =>
      yaml.replace('max_attempts: 16', 'max_attempts: 1').replace('unknown\n', 'retry\n'),
    )
    const lead = agreedOrder('l1', { event: 'Lead Submitted', properties: { lead_id: 'l1' } })
    stage.ga4.faults.next('lost-reset')
    stage.meta.faults.next('lost-reset')
    stage.start()
    await stage.store.send([lead])
    await settled()
    expect((await stage.states('ga4'))['msg-l1']).toMatch(/^dead/)
    expect((await stage.replay({ destination: 'ga4' })).body.refused).toEqual({
      may_have_arrived: 1,
    })
    // Meta knows it for 48 hours.
    expect((await stage.replay({ destination: 'meta' })).body.enqueued).toBe(1)
    await settled()
    expect(stage.meta.summary().counted).toBe(1)
  })

  test('gives a replayed delivery its retries again', async () => {
    stage.start()
    for (let at = 0; at < 16; at++) stage.meta.faults.next('server-error')
    await stage.store.send([agreedOrder('o1')])
    await settled()
    expect((await stage.states('meta'))['msg-o1']).toMatch(/^dead/)
    stage.meta.faults.next('server-error')
    await stage.replay({ destination: 'meta', confirm_unknown: true })
    await settled()
    expect(await stage.states('meta')).toEqual({ 'msg-o1': 'delivered' })
  })

  test('the same request twice is one replay; the same key for another one is refused', async () => {
    await stage.store.send([agreedOrder('o1')])
    await kill('msg-o1')
    const key = { 'idempotency-key': 'monday' }
    const [first, second] = await Promise.all([
      stage.replay({ destination: 'meta' }, key),
      stage.replay({ destination: 'meta' }, key),
    ])
    expect(first.body.id).toBe(second.body.id)
    const rows = await database.query('select from replay_deliveries')
    expect(rows).toHaveLength(1)
    expect((await stage.replay({ destination: 'ga4' }, key)).status).toBe(409)
  })

  test('is worked off in pages; whoever goes on enqueues the rest and nothing twice', async () => {
    await stage.store.send(Array.from({ length: 20 }, (_, at) => agreedOrder(`o${at}`)))
    await database.query(`update deliveries set state = 'dead', reason = 'refused'`)
    const { createReplay, continueReplay, findReplay } = await import('../../store/replays.ts')
    const { createDeliverySide } = await import('../../delivery/delivery-side.ts')
    const side = { ...createDeliverySide([]), isOn: () => true }
    const id = await createReplay(stage.store.database, {
      environment: 'production',
      selection: { destination: 'meta', states: ['dead'] },
      permissions: { includeDelivered: false, confirmUnknown: false },
      idempotencyKey: null,
      requestedBy: 'test',
      note: null,
    })
    // Comes after it was asked for, and is no part of it.
    await stage.store.send([agreedOrder('late')])
    await kill('msg-late')
    const step = () => continueReplay(stage.store.database, side, 'production', id, 7)
    await Promise.all([step(), step(), step()])
    const between = await findReplay(database.pool, 'production', id)
    expect(between?.state).toBe('running')
    stage.start()
    while (await step());
    const story = await findReplay(database.pool, 'production', id)
    expect(story).toMatchObject({ state: 'finished', considered: 20, enqueued: 20 })
    await settled()
    expect(stage.meta.summary()).toMatchObject({ received: 20, counted: 20 })
    expect((await stage.states('meta'))['msg-late']).toMatch(/^dead/)
  })

  test('asks for something to send again, and names every fault', async () => {
    const answer = await stage.ask<{ error: { message: string } }>('/v1/replays', {
      states: ['pending'],
      since: 'yesterday',
    })
    expect(answer.status).toBe(400)
    expect(answer.body.error.message).toMatch(/states\.0: want dead.*since: want an instant/)
    expect((await stage.ask('/v1/replays', {})).status).toBe(400)
  })

  test('of one environment sees and touches nothing of another', async () => {
    await stage.store.send([agreedOrder('o1')], 'staging')
    await database.query(`update deliveries set state = 'dead'`)
    expect((await stage.replay({ since: '2020-01-01T00:00:00Z' })).body.considered).toBe(0)
    expect((await stage.replay({ message_id: 'msg-o1' })).body.considered).toBe(0)
    const { body } = await stage.replay({ destination: 'meta' })
    expect((await stage.store.read(`/v1/replays/${body.id}`, 'staging')).status).toBe(404)
    expect(await (await stage.store.read('/v1/dead-letters', 'production')).json()).toEqual({
      dead_letters: [],
      next_cursor: null,
    })
  })
})

describe('a dry run', () => {
  test('shows what was sent beside what the mapping would send now, and sends nothing', async () => {
    stage.start()
    await stage.store.send([agreedOrder('o1')])
    await settled()
    stage.redeploy((name, yaml) =>
      name === 'meta'
        ? yaml
            .replace('    content_type: product\n', '    delivery_category: home_delivery\n')
            .replace('    currency: { "@path": $.properties.currency }', '    currency: USD')
        : yaml,
    )
    const { items } = await dryRun({ message_id: 'msg-o1' })
    const meta = items.find(({ destination }) => destination === 'meta')
    expect(meta).toMatchObject({
      state: 'delivered',
      replay: false,
      refusal: { code: 'delivered' },
      would: { kind: 'sent', reason: null },
      difference: [
        { kind: 'removed', path: 'payload.custom_data.content_type', before: 'product' },
        { kind: 'changed', path: 'payload.custom_data.currency', before: 'EUR', after: 'USD' },
        { kind: 'added', path: 'payload.custom_data.delivery_category', after: 'home_delivery' },
      ],
    })
    expect(meta?.requests).toMatchObject([
      { method: 'POST', body: { data: [{ event_name: 'Purchase' }] } },
    ])
    expect(JSON.stringify(items)).not.toContain('o1@example.com')
    expect(items.find(({ destination }) => destination === 'ga4')?.difference).toEqual([])
    expect(stage.meta.summary().received).toBe(1)
    expect(stage.ga4.summary().received).toBe(1)
    expect(await database.query('select from replays')).toEqual([])
  })

  test('says when something differs that is masked', async () => {
    stage.start()
    await stage.store.send([agreedOrder('o1')])
    await settled()
    stage.redeploy((_, yaml) =>
      yaml.replace('email: { "@path": $.user.email }', 'email: oops@example.com'),
    )
    const { items } = await dryRun({ message_id: 'msg-o1', destination: 'meta' })
    expect(items).toMatchObject([{ difference: [], masked_difference: true }])
  })

  test('says what would happen: filtered, too old, refused by consent', async () => {
    await stage.store.send([
      agreedOrder('old', { timestamp: '2026-04-10T10:00:00.000Z' }),
      agreedOrder('no', { context: { consent: { categoryPreferences: { Advertising: false } } } }),
      agreedOrder('maybe', { context: {} }),
    ])
    await database.query(`update deliveries set state = 'dead', reason = 'refused'`)
    const { items } = await dryRun({ destination: 'meta' })
    expect(
      items.map(({ message_id, replay, would }) => [
        message_id,
        replay,
        would?.kind,
        would?.reason,
      ]),
    ).toEqual([
      ['msg-maybe', true, 'held', 'consent_unknown'],
      ['msg-no', true, 'filtered', 'consent_denied'],
      ['msg-old', true, 'filtered', 'too_old'],
    ])
  })

  test('goes page by page', async () => {
    await stage.store.send(Array.from({ length: 5 }, (_, at) => agreedOrder(`o${at}`)))
    await database.query(`update deliveries set state = 'dead'`)
    const found: string[] = []
    let cursor: string | null = '0'
    while (cursor !== null) {
      const page: DryRunPage = await dryRun({ destination: 'meta', limit: 2, cursor })
      found.push(...page.items.map(({ message_id }) => message_id))
      cursor = page.next_cursor
    }
    expect(found).toEqual(['msg-o0', 'msg-o1', 'msg-o2', 'msg-o3', 'msg-o4'])
  })
})

test('two replays and the worker at once: each order is sent once', async () => {
  const orders = Array.from({ length: 40 }, (_, at) => agreedOrder(`o${at}`))
  await stage.store.send(orders)
  await database.query(`update deliveries set state = 'dead', reason = 'refused'`)
  stage.start()
  const replays = await Promise.all(
    Array.from({ length: 4 }, () => stage.replay({ since: '2020-01-01T00:00:00Z' })),
  )
  await settled()
  const enqueued = replays.reduce((sum, { body }: { body: ReplayStory }) => sum + body.enqueued, 0)
  expect(enqueued).toBe(80)
  expect(stage.meta.summary()).toMatchObject({ received: 40, counted: 40 })
  expect(stage.ga4.summary()).toMatchObject({ received: 40, counted: 40 })
})

test('GET /v1/dead-letters groups by destination and reason, and lists with filters, page by page', async () => {
  await stage.store.send([agreedOrder('o1'), agreedOrder('o2'), agreedOrder('o3')])
  await kill('msg-o1')
  await kill('msg-o2')
  await kill('msg-o3', 'ga4')
  const read = async (query: string) => (await stage.store.read(`/v1/dead-letters${query}`)).json()
  expect((await read('?group=reason')).groups).toMatchObject([
    {
      destination: 'meta',
      reason: 'refused',
      count: 2,
      events: { purchase: 2 },
      examples: ['msg-o2', 'msg-o1'],
    },
    { destination: 'ga4', reason: 'refused', count: 1 },
  ])
  const page = await read('?destination=meta&reason=ref&event=purchase&limit=1')
  expect(page.dead_letters).toMatchObject([{ message_id: 'msg-o2', status: null, attempts: 0 }])
  const next = await read(`?destination=meta&limit=1&cursor=${page.next_cursor}`)
  expect(next.dead_letters).toMatchObject([{ message_id: 'msg-o1' }])
  expect((await read('?since=2999-01-01T00:00:00Z')).dead_letters).toEqual([])
  expect((await stage.store.read('/v1/dead-letters?since=never')).status).toBe(400)
})
