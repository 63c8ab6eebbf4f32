import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { type Migration, migrate, readMigrations } from '../../store/migrate.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { MIGRATIONS } from '../support/postgres-server.ts'

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await openTestDatabase({ template: null })
  folder = mkdtempSync(path.join(os.tmpdir(), 'tl-migrations-'))
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const shipped = readMigrations(MIGRATIONS)

function written(files: Readonly<Record<string, string>>): Migration[] {
  for (const [name, sql] of Object.entries(files)) writeFileSync(path.join(folder, name), sql)
  return readMigrations(folder)
}

async function tables(): Promise<string[]> {
  const rows = await database.query<{ tablename: string }>(
    "select tablename from pg_tables where schemaname = 'public' order by 1",
  )
  return rows.map(({ tablename }) => tablename)
}
const applied = () => database.query('select number, name from migrations order by number')

test('from empty: applies all in order, and nothing the second time', async () => {
  expect(await migrate(database.pool, shipped)).toEqual(shipped.map(({ name }) => name))
  const made = await tables()
  expect(made).toEqual(expect.arrayContaining(['attempts', 'deliveries', 'events', 'messages']))
  expect(await migrate(database.pool, shipped)).toEqual([])
  expect(await tables()).toEqual(made)
  expect(await applied()).toEqual(shipped.map(({ number, name }) => ({ number, name })))
})

test('applies only what is new', async () => {
  const first = written({ '0001_one.sql': 'create table one ()' })
  await migrate(database.pool, first)
  const both = written({ '0002_two.sql': 'create table two ();' })
  expect(await migrate(database.pool, both)).toEqual(['0002_two.sql'])
  expect(await tables()).toEqual(['migrations', 'one', 'two'])
})

test('four pools at once apply each once', async () => {
  const pools = Array.from({ length: 4 }, () => database.createPool({ max: 1 }))
  const results = await Promise.all(pools.map((pool) => migrate(pool, shipped)))
  expect(results.flat()).toEqual(shipped.map(({ name }) => name))
  await Promise.all(pools.map((pool) => pool.end()))
})

test('four processes at once apply each once', async () => {
  const program = path.join(folder, 'program.js')
  await build({
    stdin: {
      contents: `
        import pg from 'pg'
        import { migrate, readMigrations } from './store/migrate.ts'
        const pool = new pg.Pool(JSON.parse(process.argv[2]))
        migrate(pool, readMigrations(process.argv[3])).then(async (names) => {
          console.log(JSON.stringify(names))
          await pool.end()
        })`,
      resolveDir: path.join(__dirname, '..', '..'),
      loader: 'ts',
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    external: ['pg-native'],
    logLevel: 'silent',
  })
  const run = async () => {
    const argv = [program, JSON.stringify(database.connection), MIGRATIONS]
    const { stdout } = await promisify(execFile)(process.execPath, argv)
    return JSON.parse(stdout) as string[]
  }
  const results = await Promise.all([run(), run(), run(), run()])
  expect(results.flat()).toEqual(shipped.map(({ name }) => name))
})

test('a database ahead of the program is refused with the way out, and left alone', async () => {
  const both = written({
    '0001_one.sql': 'create table one ()',
    '0002_two.sql': 'create table two ()',
  })
  await migrate(database.pool, both)
  await expect(migrate(database.pool, both.slice(0, 1))).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: 'The database has migration 2, this program knows 1: run the newer program',
  })
  await expect(migrate(database.pool, [])).rejects.toThrow('this program knows 0')
  expect(await tables()).toEqual(['migrations', 'one', 'two'])
})

describe('a migration that fails', () => {
  const failing = {
    '0001_one.sql': 'create table one ()',
    '0002_two.sql': 'create table two (n integer); insert into two select 1 / 0',
    '0003_three.sql': 'create table three ()',
  }

  test('is named, leaves nothing of its own, and stops those after it', async () => {
    await expect(migrate(database.pool, written(failing))).rejects.toThrow(
      '0002_two.sql failed and left nothing: division by zero',
    )
    expect(await tables()).toEqual(['migrations', 'one'])
    expect(await applied()).toEqual([{ number: 1, name: '0001_one.sql' }])
  })

  test('holds nobody up: the next try, with it mended, goes on from there', async () => {
    await expect(migrate(database.pool, written(failing))).rejects.toThrow('division')
    const mended = written({ '0002_two.sql': 'create table two ()' })
    expect(await migrate(database.pool, mended)).toEqual(['0002_two.sql', '0003_three.sql'])
    expect(await tables()).toEqual(['migrations', 'one', 'three', 'two'])
  })
})

test.each([
  { name: 'a comment', sql: 'create table one () -- the end' },
  { name: 'a semicolon and a comment', sql: 'create table one (); -- the end' },
  { name: 'nothing', sql: 'create table one ()' },
])('a migration that ends in $name is applied whole and noted', async ({ sql }) => {
  const [migration] = written({ '0001_one.sql': sql })
  if (!migration) throw new Error('not read')
  await migrate(database.pool, [migration])
  expect(await tables()).toEqual(['migrations', 'one'])
  expect(await applied()).toEqual([{ number: 1, name: '0001_one.sql' }])
})

test('two migrations of one number are refused: one of them would never be applied', () => {
  expect(() => written({ '0001_one.sql': '', '0001_other.sql': '' })).toThrow(
    'Migrations 0001_one.sql and 0001_other.sql have one number; give each its own',
  )
})

test('readMigrations() takes numbered files only, in order', () => {
  expect(
    written({
      '0010_ten.sql': 'b',
      '0002_two.sql': 'a',
      'notes.md': '',
      '3_three.sql': '',
      '0004_Four.sql': '',
    }),
  ).toEqual([
    { number: 2, name: '0002_two.sql', sql: 'a' },
    { number: 10, name: '0010_ten.sql', sql: 'b' },
  ])
})
