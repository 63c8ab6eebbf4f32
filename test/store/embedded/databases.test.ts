import path from 'node:path'
import pg from 'pg'
import {
  createDatabase,
  dropDatabase,
  listDatabases,
  onDatabase,
} from '../../../store/embedded/databases.ts'
import type { EmbeddedPostgres } from '../../../store/embedded/handle.ts'
import { createScratch, query } from './scratch.ts'

const scratch = createScratch()
let postgres: EmbeddedPostgres

beforeAll(async () => {
  postgres = await scratch.start(path.join(scratch.folder(), 'data'))
})
afterAll(async () => {
  await postgres.stop()
  await scratch.clear()
})

test('createDatabase() clones a template, several at once, and dropDatabase() removes the clones', async () => {
  const { connection } = postgres
  await createDatabase(connection, 'template')
  await query(onDatabase(connection, 'template'), 'CREATE TABLE kept AS SELECT 7 AS number')
  const clones = ['clone-1', 'clone-2', 'Clone "3"']
  await Promise.all(
    clones.map((name) => createDatabase(connection, name, { template: 'template' })),
  )
  for (const clone of clones) {
    expect(await query(onDatabase(connection, clone), 'SELECT number FROM kept')).toEqual([
      { number: 7 },
    ])
  }
  expect(await listDatabases(connection)).toEqual([
    'Clone "3"',
    'clone-1',
    'clone-2',
    'template',
    'tracklayer',
  ])
  for (const name of [...clones, 'template', 'never made']) await dropDatabase(connection, name)
  expect(await listDatabases(connection)).toEqual(['tracklayer'])
})

test('dropDatabase() with force ends the connections of others', async () => {
  const { connection } = postgres
  await createDatabase(connection, 'busy')
  const client = new pg.Client(onDatabase(connection, 'busy'))
  const lost = new Promise((resolve) => client.once('error', resolve))
  client.on('error', () => {})
  await client.connect()
  await expect(createDatabase(connection, 'busy')).rejects.toThrow('already exists')
  await dropDatabase(connection, 'busy', { force: true })
  expect(await lost).toMatchObject({ message: expect.stringContaining('terminating connection') })
  expect(await listDatabases(connection)).toEqual(['tracklayer'])
})

test('a connection string works as well', async () => {
  const connection = { connectionString: postgres.url }
  await createDatabase(connection, 'by_url')
  expect(await listDatabases(connection)).toEqual(['by_url', 'tracklayer'])
  expect(
    await query(onDatabase(connection, 'by_url'), 'SELECT current_database() AS name'),
  ).toEqual([{ name: 'by_url' }])
  await dropDatabase(connection, 'by_url')
})

test('a name that PostgreSQL would cut short is refused', async () => {
  await expect(createDatabase(postgres.connection, 'a'.repeat(64))).rejects.toThrow(RangeError)
})
