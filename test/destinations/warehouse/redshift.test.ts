// Redshift's way, on PostgreSQL with Redshift's words taught to it: `super`, JSON_PARSE, GETDATE.
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Warehouse, warehouseIn } from './open-warehouse.ts'

let database: TestDatabase
let warehouse: Warehouse
beforeAll(async () => {
  database = await openTestDatabase({ template: null })
  await database.query('create domain super as jsonb')
  await database.query(
    `create function json_parse(text varchar) returns super language sql immutable strict as 'select $1::jsonb'`,
  )
  await database.query(
    `create function getdate() returns timestamptz language sql as 'select now()'`,
  )
})
beforeEach(() => {
  warehouse = warehouseIn(database, { dialect: 'redshift' })
})
afterAll(() => database.close())

const purchase = (id: string, properties: object = {}) => ({ id, name: 'purchase', properties })

test('rows are merged through a stage', async () => {
  await warehouse.write([purchase('a', { total: 1.25, tags: ['x'] }), purchase('b', { note: 'n' })])
  const nodes = await warehouse.write([
    purchase('a', { total: 2 }),
    purchase('c', { tags: { y: 1 } }),
  ])
  expect(nodes.map(({ status }) => status)).toEqual([200, 200])
  expect(await warehouse.rows()).toEqual([
    { event_id: 'a', event_name: 'purchase', total: '2.0000000000' },
    { event_id: 'b', event_name: 'purchase', note: 'n' },
    { event_id: 'c', event_name: 'purchase', tags: { y: 1 } },
  ])
})

test('types are Redshift’s', async () => {
  await warehouse.write([purchase('a', { total: 1, tags: [1], note: 'n', is_gift: true })])
  const columns = await database.query(
    `select column_name, coalesce(domain_name, udt_name) as type, character_maximum_length as length,
      numeric_precision as precision, numeric_scale as scale
     from information_schema.columns where table_schema = $1
     and column_name in ('total', 'tags', 'note', 'is_gift') order by 1`,
    [warehouse.settings.schema],
  )
  expect(columns).toMatchObject([
    { column_name: 'is_gift', type: 'bool' },
    { column_name: 'note', type: 'varchar', length: 65535 },
    { column_name: 'tags', type: 'super' },
    { column_name: 'total', type: 'numeric', precision: 38, scale: 10 },
  ])
})

test('text of more than 65,535 bytes is left out with a warning', async () => {
  const [node] = await warehouse.write([purchase('a', { note: 'ü'.repeat(40_000), n: 1 })])
  expect(node).toMatchObject({ status: 200 })
  expect(JSON.stringify(node?.body)).toContain('_extra: too long')
  expect(await warehouse.rows()).toEqual([
    { event_id: 'a', event_name: 'purchase', n: '1.0000000000' },
  ])
})

test('a batch of more values than one statement takes is still one transaction', async () => {
  const wide = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`p${at}`, at]))
  const nodes = await warehouse.write(
    Array.from({ length: 400 }, (_, at) => purchase(`${at}`, wide)),
  )
  expect(nodes.every(({ status }) => status === 200)).toBe(true)
  expect(await warehouse.rows()).toHaveLength(400)
})

test('two workers that add one column at once both succeed', async () => {
  await warehouse.write([purchase('seed')])
  const outcomes = await Promise.all(
    ['a', 'b', 'c', 'd'].map((id) => warehouse.write([purchase(id, { brand_new: 1 })])),
  )
  expect(outcomes.flat().every(({ status }) => status === 200)).toBe(true)
})
