import { examples } from '../../../destinations/warehouse/examples.ts'
import definition from '../../../destinations/warehouse/index.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { canonicalEvents } from '../golden/google/canonical-events.ts'
import { matching, readDraft } from '../golden/google/draft-file.ts'
import { hostOf, rejectionOf } from '../google-data-manager/host.ts'
import { faultsOf } from '../validate-definition.ts'
import { type Warehouse, warehouseIn } from './open-warehouse.ts'

let database: TestDatabase
let warehouse: Warehouse
beforeAll(async () => {
  database = await openTestDatabase({ template: null })
})
beforeEach(() => {
  warehouse = warehouseIn(database)
})
afterAll(() => database.close())

/** A statement about the test's own schema, as `$schema`. */
const run = (sql: string) => database.query(sql.replaceAll('$schema', warehouse.settings.schema))

const purchase = (id: string, properties: object = {}) => ({
  id,
  name: 'purchase',
  at: '2026-04-23T10:15:30.000Z',
  properties,
})

test('has no fault that actions-cli validate would find', () => {
  expect(faultsOf(definition)).toEqual([])
})

test.each(examples.map((example) => [example.name, example] as const))('%s', async (_, example) => {
  await hostOf(definition).executeAction(example.action, {
    event: example.in,
    mapping: structuredClone(example.mapping),
    settings: { ...example.settings, ...warehouse.settings },
  })
  expect(JSON.parse(JSON.stringify(await warehouse.rows()))).toEqual([example.row])
})

test('the mapping file writes every canonical event, and nobody’s address', async () => {
  const draft = readDraft('warehouse')
  for (const event of Object.values(canonicalEvents)) {
    const [subscription] = matching(draft, event)
    await hostOf(definition).executeAction('writeEvent', {
      event,
      mapping: subscription?.mapping ?? {},
      settings: warehouse.settings,
    })
  }
  const rows = await warehouse.rows()
  expect(rows.map(({ event_name }) => event_name)).toEqual([
    'purchase',
    'lead',
    'sign_up',
    'add_to_cart',
    'refund',
  ])
  expect(JSON.stringify(rows)).not.toMatch(/gmail|1234 5678|Jane/i)
})

test('schema, table and columns are made as they are needed, typed by their first value', async () => {
  await warehouse.write([
    purchase('a', {
      total: 1.5,
      is_gift: true,
      tags: ['x'],
      due_at: '2026-01-01T00:00:00Z',
      note: 'n',
    }),
  ])
  expect(await warehouse.columns()).toMatchObject({
    event_id: 'text',
    occurred_at: 'timestamp with time zone',
    consent: 'jsonb',
    loaded_at: 'timestamp with time zone',
    _extra: 'jsonb',
    total: 'numeric',
    is_gift: 'boolean',
    tags: 'jsonb',
    due_at: 'timestamp with time zone',
    note: 'text',
  })
})

test('the same event again is the same row, brought up to date', async () => {
  await warehouse.writeOne(purchase('a', { total: 1 }))
  await warehouse.writeOne(purchase('a', { total: 2, note: 'later' }))
  await warehouse.writeOne({ ...purchase('a'), name: 'refund' })
  expect(await warehouse.rows()).toMatchObject([
    { event_id: 'a', event_name: 'purchase', total: '2', note: 'later' },
    { event_id: 'a', event_name: 'refund' },
  ])
})

test('of one event twice in a batch the later one is written, and both are delivered', async () => {
  const nodes = await warehouse.write([purchase('a', { total: 1 }), purchase('a', { total: 2 })])
  expect(nodes.map(({ status }) => status)).toEqual([200, 200])
  expect(await warehouse.rows()).toMatchObject([{ total: '2' }])
})

test('a value that does not fit its column is kept in _extra, and the row is written', async () => {
  await warehouse.write([
    purchase('a', { total: 1, is_gift: true, due_at: '2026-01-01T00:00:00Z', note: 'n' }),
  ])
  const [node] = await warehouse.write([
    purchase('b', { total: 'much', is_gift: 'yes', due_at: 'soon', note: { deep: 1 } }),
  ])
  expect(node).toMatchObject({
    status: 200,
    body: {
      warnings: [
        'properties.due_at: does not fit column due_at (timestamp with time zone); kept in _extra',
        'properties.is_gift: does not fit column is_gift (boolean); kept in _extra',
        'properties.note: does not fit column note (text); kept in _extra',
        'properties.total: does not fit column total (numeric); kept in _extra',
      ],
    },
  })
  const [, row] = await warehouse.rows()
  expect(row).toEqual({
    event_id: 'b',
    event_name: 'purchase',
    occurred_at: new Date('2026-04-23T10:15:30.000Z'),
    _extra: {
      'properties.total': 'much',
      'properties.is_gift': 'yes',
      'properties.due_at': 'soon',
      'properties.note': { deep: 1 },
    },
  })
})

test('within one batch, too, the first value gives the type', async () => {
  await warehouse.write([purchase('a', { total: 1 }), purchase('b', { total: 'much' })])
  expect(await warehouse.rows()).toMatchObject([
    { total: '1' },
    { _extra: { 'properties.total': 'much' } },
  ])
})

test('columns of a table that was there before are respected', async () => {
  await run('create schema $schema')
  await run(
    `create table $schema.events (event_id text, event_name text, code varchar(3), amount numeric(4,2),
      small smallint, day date, local timestamp, owner uuid, primary key (event_id, event_name))`,
  )
  await warehouse.write([
    purchase('a', {
      code: 'abc',
      amount: 99.991,
      small: 7,
      day: '2026-01-01T23:30:00-02:00',
      local: '2026-01-01T12:00:00+02:00',
    }),
    purchase('b', { code: 'abcd', amount: 100, small: 1.5, owner: 'x', day: 'today' }),
  ])
  const [a, b] = await run(
    'select code, amount, small, day::text, local::text, _extra from $schema.events order by 1 desc nulls last',
  )
  expect(a).toEqual({
    code: 'abc',
    amount: '99.99',
    small: 7,
    day: '2026-01-02',
    local: '2026-01-01 10:00:00',
    _extra: null,
  })
  expect(b).toMatchObject({
    code: null,
    _extra: {
      'properties.code': 'abcd',
      'properties.amount': 100,
      'properties.small': 1.5,
      'properties.owner': 'x',
      'properties.day': 'today',
    },
  })
})

test('names that would do harm are only names', async () => {
  const harm = 'x"); drop table "tracklayer"."events"; --'
  await warehouse.write([purchase('a', { [harm]: 1, select: 2, oid: 3, '1st': 4, xmin: 5 })])
  const columns = await warehouse.columns()
  expect(columns).toMatchObject({
    x_drop_table_tracklayer_events: 'numeric',
    select: 'numeric',
    oid_: 'numeric',
    _1st: 'numeric',
    xmin_: 'numeric',
  })
})

test('schema and table of any name are quoted', async () => {
  const odd = warehouseIn(database, { schema: 'Odd schema', table: `ev'ents; drop` })
  await odd.write([purchase('a')])
  expect(await odd.rows()).toHaveLength(1)
})

test('two names of one column: the plain one has it, the other is kept in _extra', async () => {
  const [node] = await warehouse.write([
    purchase('a', { 'Order ID': 'B', orderId: 'C', order_id: 'A' }),
  ])
  expect(await warehouse.rows()).toMatchObject([
    { order_id: 'A', _extra: { 'properties.Order ID': 'B', 'properties.orderId': 'C' } },
  ])
  expect(node?.body).toMatchObject({
    warnings: [expect.stringContaining('Order ID'), expect.stringContaining('orderId')],
  })
})

test('a property cannot pass for the person, the context or a fixed column', async () => {
  await warehouse.write([
    {
      ...purchase('a', { user_country: 'FR', message_id: 'm', event_id: 'other', loaded_at: 'x' }),
      user: { country: 'DE' },
      context: { locale: 'de-DE' },
    },
  ])
  expect(await warehouse.rows()).toMatchObject([
    {
      event_id: 'a',
      user_country: 'DE',
      context_locale: 'de-DE',
      properties_user_country: 'FR',
      properties_message_id: 'm',
      properties_event_id: 'other',
      properties_loaded_at: 'x',
    },
  ])
})

test('what PostgreSQL’s text and JSON cannot hold does not cost the row', async () => {
  const bad = 'a\u0000b\ud800c'
  await warehouse.write([purchase('a', { note: bad, deep: { [bad]: bad } })])
  expect(await warehouse.rows()).toMatchObject([
    { note: 'ab\ufffdc', deep: { 'ab\ufffdc': 'ab\ufffdc' } },
  ])
})

test('a row that the database itself refuses fails alone', async () => {
  await warehouse.write([purchase('a', { total: 1 })])
  await run('alter table $schema.events add constraint positive check (total >= 0)')
  const nodes = await warehouse.write([
    purchase('b', { total: 1 }),
    purchase('c', { total: -1 }),
    purchase('d', { total: 1 }),
  ])
  expect(nodes.map(({ status }) => status)).toEqual([200, 400, 200])
  expect(nodes[1]?.errormessage).toBe('The warehouse refuses the row (23514)')
  expect(await warehouse.rows()).toHaveLength(3)
})

test('a hundred workers’ worth of new columns at once: each row is written, each column is one', async () => {
  const batches = Array.from({ length: 8 }, (_, worker) =>
    Array.from({ length: 20 }, (_, at) =>
      purchase(`${at}`, { [`only_${worker}`]: at, shared: worker, [`half_${worker >> 1}`]: at }),
    ),
  )
  const outcomes = await Promise.all(batches.map((events) => warehouse.write(events)))
  expect(outcomes.flat().every(({ status }) => status === 200)).toBe(true)
  const rows = await warehouse.rows()
  expect(rows).toHaveLength(20)
  const columns = Object.keys(await warehouse.columns())
  expect(columns.filter((name) => name.startsWith('only_'))).toHaveLength(8)
  expect(columns.filter((name) => name.startsWith('half_'))).toHaveLength(4)
  // Every worker wrote every row: what only one of them had is there for all of them.
  for (const row of rows)
    expect(Object.keys(row).filter((name) => name.startsWith('only_'))).toHaveLength(8)
})

test('past a thousand columns values go to _extra', async () => {
  const many = Object.fromEntries(Array.from({ length: 1100 }, (_, at) => [`p${at}`, at]))
  const [node] = await warehouse.write([purchase('a', many)])
  expect(node?.status).toBe(200)
  expect(Object.keys(await warehouse.columns())).toHaveLength(1000)
  const [row] = await warehouse.rows()
  expect(Object.keys(row?._extra as object)).toHaveLength(111)
})

describe('a warehouse that cannot be used', () => {
  const failing = (settings: object) =>
    rejectionOf(
      hostOf(definition).executeBatch('writeEvent', {
        events: [purchase('a')],
        mapping: structuredClone({ event_id: { '@path': '$.id' }, event_name: 'purchase' }),
        settings: { ...warehouse.settings, ...settings },
      }),
    )

  test('nobody listens: it may pass', async () => {
    const failure = await failing({ connection_string: 'postgresql://u:s3cret@127.0.0.1:1/db' })
    expect(failure).toMatchObject({ status: 503, code: 'RETRYABLE_ERROR' })
    expect(JSON.stringify(failure)).not.toContain('s3cret')
  })

  test('no address: the settings are wrong, and the string is not repeated', async () => {
    const failure = await failing({ connection_string: 'postgresql://u:s3cret@host:port/db' })
    expect(failure).toMatchObject({ status: 403, code: 'SETTINGS_INVALID' })
    expect(JSON.stringify(failure)).not.toContain('s3cret')
  })

  test('no such database: the settings are wrong', async () => {
    const wrong = warehouse.settings.connection_string.replace('@/', '@/no-')
    expect(await failing({ connection_string: wrong })).toMatchObject({
      status: 403,
      code: 'SETTINGS_INVALID',
    })
    expect(
      (
        await rejectionOf(
          hostOf(definition).testAuthentication({
            ...warehouse.settings,
            connection_string: wrong,
          }),
        )
      ).message,
    ).toContain('Credentials are invalid')
  })

  test('a table without the key: the settings are wrong', async () => {
    await run('create schema $schema')
    await run('create table $schema.events (event_id text)')
    expect(await failing({})).toMatchObject({ status: 403, code: 'SETTINGS_INVALID' })
  })

  test('testAuthentication() accepts one that can be used', async () => {
    await hostOf(definition).testAuthentication({ ...warehouse.settings })
  })
})
