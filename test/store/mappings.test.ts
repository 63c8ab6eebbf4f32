// The mapping table over HTTP: what is in force, which versions messages came under, and which names had no row.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseDestinationFile } from '../../core/destination-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { MappingDescription, RowDescription } from '../../core/mapping-description.ts'
import type { UnmappedName } from '../../store/mapping-tallies.ts'
import { type MappingVersion, recordMappingTable } from '../../store/mapping-versions.ts'
import { readMigrations } from '../../store/migrate.ts'
import { table } from '../core/support/table.ts'
import { useDatabase } from '../support/database.ts'
import { runOlderStatements } from '../support/older-migration.ts'
import { ACCOUNT, API_KEYS, batchOf, orderMessage, SECRETS } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const ROOT = path.join(__dirname, '..', '..')
const inForce: MappingDescription = JSON.parse(
  readFileSync(path.join(ROOT, 'dist', 'mappings', 'events.json'), 'utf8'),
)
const ENVIRONMENTS = ['production', 'staging']

const database = useDatabase()
let store: TestStore
beforeEach(() => {
  store = createTestStore(database, { namesWithoutRow: new Set(['Video Played']) })
})

async function answer<Body>(pathname: string, of: 'production' | 'staging' = 'production') {
  const response = await store.read(pathname, of)
  expect({ pathname, status: response.status }).toEqual({ pathname, status: 200 })
  return (await response.json()) as Body
}

function refusal(pathname: string) {
  return store.read(pathname).then(async (response) => ({
    status: response.status,
    ...((await response.json()) as { error: { code: string; message: string } }).error,
  }))
}

function track(event: string, messageId: string, over: JsonObject = {}): JsonObject {
  return orderMessage('x', { event, messageId, ...over })
}

/** Sends an order as a function with another table would. */
async function sendUnder(version: string, orderId: string, environment?: 'staging') {
  const { batch } = batchOf([orderMessage(orderId)])
  const entries = batch.map((entry) => ({
    ...entry,
    canonical: entry.canonical && { ...entry.canonical, mapping_version: version },
  }))
  const response = await store.post(JSON.stringify({ batch: entries }), { environment })
  expect(response.status).toBe(200)
}

const changed = (version: string, change: (row: RowDescription) => RowDescription[]) => ({
  ...inForce,
  version,
  rows: inForce.rows.flatMap(change),
})

describe('GET /v1/mappings', () => {
  test('is the table that the store started with: rows, transforms, keys and lines of the file', async () => {
    await recordMappingTable(store.database, ENVIRONMENTS, inForce)
    const found = await answer<MappingDescription & { is_in_force: boolean }>('/v1/mappings')
    expect(found).toMatchObject({
      version: table.version,
      is_in_force: true,
      file: 'mappings/events.yaml',
    })
    expect(found.rows.map(({ event }) => event)).toEqual([...table.rows.keys()])
    const purchase = found.rows.find(({ event }) => event === 'Order Completed')
    expect(purchase).toMatchObject({
      canonical: 'purchase',
      downstream: 'Purchase',
      conversion: true,
      dedup: ['{order_id}', 'checkout:{checkout_id}'],
      event_id: null,
    })
    expect(purchase?.properties.value).toEqual({
      read: 'number',
      from: ['revenue'],
      else: ['total', 'value'],
      transform: 'money',
    })
    const lines = readFileSync(path.join(ROOT, found.file), 'utf8').split('\n')
    for (const { event, line } of found.rows)
      expect(lines[line - 1]).toMatch(new RegExp(`^ +- event: "?${event}"?$`))
  })

  test('is an earlier table by its version; a version that no store has had says what to do', async () => {
    await recordMappingTable(
      store.database,
      ENVIRONMENTS,
      changed('2026-01-01+aaaaaa', (row) => [row]),
    )
    expect(await answer('/v1/mappings?version=2026-01-01%2Baaaaaa')).toMatchObject({
      is_in_force: false,
    })
    expect(await refusal('/v1/mappings?version=2020-01-01%2Bffffff')).toMatchObject({
      status: 404,
      code: 'not_found',
      message: expect.stringContaining('tracklayer deploy'),
    })
  })
})

describe('GET /v1/mappings/versions', () => {
  const versions = (of?: 'staging') =>
    answer<{ versions: MappingVersion[] }>('/v1/mappings/versions', of).then((one) => one.versions)

  test('says under which versions events came, from when to when, and which of them are known', async () => {
    await recordMappingTable(store.database, ENVIRONMENTS, inForce)
    const first = new Date(store.clock.now()).toISOString()
    await store.send([orderMessage('o1'), orderMessage('o2')])
    await store.clock.advance(1000)
    const last = new Date(store.clock.now()).toISOString()
    await store.send([orderMessage('o3')])
    await sendUnder('2025-01-01+cccccc', 'o4')
    expect(await versions()).toEqual([
      {
        version: table.version,
        is_in_force: true,
        started: { first_at: first, last_at: first },
        seen: { messages: 3, first_at: first, last_at: last, example: 'msg-o3' },
      },
      {
        version: '2025-01-01+cccccc',
        is_in_force: false,
        started: null,
        seen: { messages: 1, first_at: last, last_at: last, example: 'msg-o4' },
      },
    ])
    // The other environment has had the table, and none of the messages.
    expect(await versions('staging')).toEqual([
      {
        version: table.version,
        is_in_force: true,
        started: { first_at: first, last_at: first },
        seen: null,
      },
    ])
  })

  test('counts each message once: repeats add nothing, a duplicate fact is a message', async () => {
    await store.send([orderMessage('o1'), orderMessage('o1')])
    await store.send([orderMessage('o1'), orderMessage('o1', { messageId: 'again' })])
    expect((await versions())[0]?.seen?.messages).toBe(2)
  })

  test.each([
    ['none', undefined],
    ['no text', { a: 1 }],
    ['blank', ' '],
    ['longer than an id', 'v'.repeat(300)],
  ])('a version that is %s costs no message and is not counted', async (_, version) => {
    await sendUnder(version as string, 'o1')
    expect(await versions()).toEqual([])
  })

  test('a store that starts again keeps the first instant', async () => {
    await recordMappingTable(store.database, ENVIRONMENTS, inForce)
    const first_at = new Date(store.clock.now()).toISOString()
    await store.clock.advance(5000)
    await recordMappingTable(store.database, ENVIRONMENTS, inForce)
    const last_at = new Date(store.clock.now()).toISOString()
    expect(await versions()).toMatchObject([{ started: { first_at, last_at }, seen: null }])
  })

  test('writers in one version at once lose no count', async () => {
    const batches = Array.from({ length: 20 }, (_, at) => [
      orderMessage(`a${at}`),
      track('Gift Wrap Chosen', `g${at}`),
    ])
    await Promise.all(batches.map((batch) => store.send(batch)))
    expect((await versions())[0]?.seen?.messages).toBe(20)
    const { names } = await answer<{ names: UnmappedName[] }>('/v1/mappings/unmapped')
    expect(names).toMatchObject([{ event: 'Gift Wrap Chosen', count: 20 }])
  })
})

describe('GET /v1/mappings/difference', () => {
  test('tells rows added, removed and changed, and no line numbers', async () => {
    const earlier = changed('2026-01-01+aaaaaa', (row) => {
      if (row.event === 'Signed Up') return []
      const moved = { ...row, line: row.line + 100 }
      if (row.event !== 'Order Completed') return [moved]
      return [
        { ...moved, event: 'Order Placed' },
        { ...moved, downstream: 'CompletePayment' },
      ]
    })
    for (const one of [earlier, inForce])
      await recordMappingTable(store.database, ENVIRONMENTS, one)
    const query = new URLSearchParams({ before: earlier.version, after: inForce.version })
    const found = await answer<{
      added: RowDescription[]
      removed: RowDescription[]
      changed: unknown[]
    }>(`/v1/mappings/difference?${query}`)
    expect(found.added.map(({ event }) => event)).toEqual(['Signed Up'])
    expect(found.removed.map(({ event }) => event)).toEqual(['Order Placed'])
    expect(found.changed).toEqual([
      {
        event: 'Order Completed',
        differences: [
          { kind: 'changed', path: 'downstream', before: 'CompletePayment', after: 'Purchase' },
        ],
      },
    ])
  })

  test('wants two versions that are known', async () => {
    await recordMappingTable(store.database, ['production'], inForce)
    expect(await refusal('/v1/mappings/difference?before=a')).toMatchObject({
      status: 400,
      message: expect.stringContaining('after: want a mapping version'),
    })
    const query = new URLSearchParams({ before: inForce.version, after: 'other' })
    expect(await refusal(`/v1/mappings/difference?${query}`)).toMatchObject({ status: 404 })
    // Known to one environment only.
    const both = new URLSearchParams({ before: inForce.version, after: inForce.version })
    expect((await store.read(`/v1/mappings/difference?${both}`)).status).toBe(200)
    expect((await store.read(`/v1/mappings/difference?${both}`, 'staging')).status).toBe(404)
  })
})

describe('GET /v1/mappings/unmapped', () => {
  const names = (query = '', of?: 'staging') =>
    answer<{ names: (UnmappedName & JsonObject)[] }>(`/v1/mappings/unmapped${query}`, of).then(
      (one) => one.names,
    )

  test('names what came without a row, the most frequent first, each with a fix', async () => {
    const first = new Date(store.clock.now()).toISOString()
    await store.send([track('order_completed', 'm1'), track('Gift Wrap Chosen', 'm2')])
    await store.clock.advance(1000)
    const last = new Date(store.clock.now()).toISOString()
    await store.send([track('Gift Wrap Chosen', 'm3'), track('Gift Wrap Chosen', 'm2')])
    expect(await names()).toEqual([
      {
        event: 'Gift Wrap Chosen',
        kind: 'unmapped',
        problem: 'has no row in mappings/events.yaml',
        fix: 'add "- event: Gift Wrap Chosen" there, or to mappings/tracking-plan.yaml with "mapped: false"',
        row: '- { event: Gift Wrap Chosen, canonical: gift_wrap_chosen, downstream: GiftWrapChosen }',
        similar_to: null,
        count: 2,
        first_seen_at: first,
        last_seen_at: last,
        example: 'm3',
      },
      {
        event: 'order_completed',
        kind: 'case',
        problem: 'differs from "Order Completed" only by case or spacing, and names are exact',
        fix: 'send "Order Completed", or give "order_completed" the row in mappings/events.yaml',
        similar_to: 'Order Completed',
        count: 1,
        first_seen_at: first,
        last_seen_at: first,
        example: 'm1',
      },
    ])
    expect(await names('?limit=1')).toHaveLength(1)
    expect((await names(`?since=${last}`)).map(({ event }) => event)).toEqual(['Gift Wrap Chosen'])
    expect(await names('', 'staging')).toEqual([])
    expect(await refusal('/v1/mappings/unmapped?since=yesterday')).toMatchObject({ status: 400 })
  })

  test('leaves out what is no track call, has no row on purpose, or has got one since', async () => {
    await store.send([
      track('Video Played', 'm1'),
      track('Segment Consent Preference Updated', 'm2'),
      { type: 'page', messageId: 'm3', userId: 'u', name: 'Home' },
      track('', 'm4'),
    ])
    const { batch } = batchOf([track('Order Completed', 'm5')])
    const before = batch.map((entry) => ({ ...entry, kind: 'unmapped', canonical: null }))
    expect((await store.post(JSON.stringify({ batch: before }))).status).toBe(200)
    expect(await names()).toEqual([])
  })

  test('masks what a sender named after a person, and holds names of any length and content', async () => {
    await store.send([
      track('jane.doe@example.com signed up', 'm1'),
      track('n'.repeat(5000), 'm2'),
      track('\0\uD800', 'm3'),
    ])
    const found = await names()
    expect(found).toHaveLength(3)
    expect(JSON.stringify(found)).not.toContain('jane.doe')
  })
})

describe('GET /v1/mappings/destinations', () => {
  test('is what each destination that is on sends, without its settings', async () => {
    const file = path.join(ROOT, 'mappings', 'destinations', 'meta.yaml')
    const meta = parseDestinationFile(readFileSync(file, 'utf8'), file)
    store = createTestStore(database, {
      destinations: ['meta', 'webhook'],
      destinationFiles: new Map([
        ['meta', meta],
        ['ga4', meta],
      ]),
    })
    const { destinations } = await answer<{ destinations: JsonObject[] }>(
      '/v1/mappings/destinations',
    )
    expect(destinations).toEqual([
      {
        name: 'meta',
        definition: 'meta-conversions',
        receives: 'events',
        mapping: meta.mapping,
        subscriptions: meta.subscriptions.map(({ name, trigger, action, mapping }) => ({
          ...{ name, trigger, action, mapping },
        })),
      },
    ])
    expect(JSON.stringify(destinations)).not.toContain('META_ACCESS_TOKEN')
  })
})

describe('who may ask', () => {
  const paths = ['', '/versions', '/unmapped', '/destinations']

  test('a viewer reads all of it, nobody without a key any of it', async () => {
    const viewer = 'a-viewers-key-000001'
    store = createTestStore(database, {
      access: {
        account: ACCOUNT,
        environments: [
          {
            name: 'production',
            secrets: [SECRETS.production],
            apiKeys: [viewer],
            keyRoles: new Map([[viewer, 'viewer' as const]]),
          },
        ],
      },
    })
    await recordMappingTable(store.database, ENVIRONMENTS, inForce)
    const status = async (pathname: string, headers: Record<string, string>) =>
      (await store.app.request(`/v1/mappings${pathname}`, { headers })).status
    for (const pathname of paths) {
      expect(await status(pathname, { Authorization: `Bearer ${viewer}` })).toBe(200)
      expect(await status(pathname, {})).toBe(401)
      expect(await status(pathname, { Authorization: `Bearer ${API_KEYS.staging}` })).toBe(401)
    }
  })
})

test('the migration counts what came before it', async () => {
  await store.send([
    orderMessage('o1'),
    orderMessage('o2'),
    track('Gift Wrap Chosen', 'g1'),
    track('nul\0inside', 'g2', { properties: { text: 'a\0b' } }),
    { type: 'page', messageId: 'p1', userId: 'u' },
  ])
  await database.query('delete from mapping_tallies')
  const migrations = readMigrations(path.join(ROOT, 'store', 'migrations'))
  const sql = migrations.find(({ number }) => number === 11)?.sql ?? ''
  await runOlderStatements(
    database,
    sql
      .split(';')
      .filter((one) => one.includes('insert into'))
      .map((statement) => statement.slice(statement.indexOf('insert into'))),
  )
  const tallies = await database.query(
    'select kind, name, count::integer, example from mapping_tallies order by kind, name',
  )
  expect(tallies).toEqual([
    { kind: 'unmapped', name: 'Gift Wrap Chosen', count: 1, example: 'g1' },
    { kind: 'version', name: table.version, count: 2, example: expect.stringMatching(/^msg-o/) },
  ])
})
