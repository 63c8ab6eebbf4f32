import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { createScratch, isRunning, KEPT, query, serversUnder, until } from './scratch.ts'
import { bundleStore } from './store-process.ts'

const scratch = createScratch()
let sharedData: string
let stores: Awaited<ReturnType<typeof bundleStore>>

beforeAll(async () => {
  sharedData = path.join(scratch.keptFolder(), 'data')
  stores = await bundleStore(scratch.keptFolder())
})
afterEach(async () => {
  stores.killAll()
  await scratch.clear()
})
afterAll(() => scratch.clearAll())

test('the server survives kill -9 of its store and is adopted by the next one, which can stop it', async () => {
  const dataDir = sharedData
  const store = stores.run(dataDir)
  const { pid, connection } = await store.heard()
  await query(connection, KEPT)
  await store.kill()
  expect(isRunning(pid)).toBe(true)
  const next = await scratch.start(dataDir)
  expect(next).toMatchObject({ pid, isAdopted: true })
  expect(await query(next.connection, 'SELECT number FROM kept')).toEqual([{ number: 7 }])
  await next.stop()
  expect(serversUnder([dataDir])).toEqual([])
})

test('an adopted server that dies is reported too', async () => {
  const dataDir = sharedData
  const store = stores.run(dataDir)
  const { pid } = await store.heard()
  await store.kill()
  const next = await scratch.start(dataDir)
  process.kill(pid, 'SIGKILL')
  expect(await next.whenStopped).toEqual({ isExpected: false })
})

test('Ctrl-C in the terminal reaches the store and not the server', async () => {
  const dataDir = sharedData
  const store = stores.run(dataDir)
  const { pid, connection } = await store.heard()
  const { child } = store
  const gone = new Promise((resolve) => child.once('exit', resolve))
  process.kill(-(child.pid as number), 'SIGINT')
  await gone
  expect(isRunning(pid)).toBe(true)
  expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('two store processes on one new folder share one server; stopping one leaves it to the other', async () => {
  const dataDir = path.join(scratch.folder(), 'data')
  const first = stores.run(dataDir)
  const second = stores.run(dataDir)
  const [one, other] = await Promise.all([first.heard(), second.heard()])
  expect(other.pid).toBe(one.pid)
  expect([one.isAdopted, other.isAdopted].sort()).toEqual([false, true])
  await first.stop()
  expect(await query(other.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await second.stop()
  expect(await second.heard()).toEqual({ kind: 'stopped', isExpected: true })
  expect(serversUnder([dataDir])).toEqual([])
})

test('a killed store does not count as a user of the server', async () => {
  const dataDir = sharedData
  const killed = stores.run(dataDir)
  const { pid } = await killed.heard()
  const other = stores.run(dataDir)
  expect(await other.heard()).toMatchObject({ pid, isAdopted: true })
  await killed.kill()
  expect(isRunning(pid)).toBe(true)
  await other.stop()
  expect(isRunning(pid)).toBe(false)
})

test('after kill -9 of the server under load the store is told and the next start has every committed row', async () => {
  const dataDir = sharedData
  const store = stores.run(dataDir)
  const { pid, connection } = await store.heard()
  await query(connection, 'DROP TABLE IF EXISTS kept; CREATE TABLE kept (number int)')
  const committed = await insertUntilDeath(connection, () => process.kill(pid, 'SIGKILL'))
  expect(await store.heard()).toEqual({ kind: 'stopped', isExpected: false })
  const next = await scratch.start(dataDir)
  expect(next.isAdopted).toBe(false)
  const rows = await query<{ number: number }>(next.connection, 'SELECT number FROM kept')
  const found = new Set(rows.map(({ number }) => number))
  expect(committed.filter((number) => !found.has(number))).toEqual([])
  expect(committed.length).toBeGreaterThanOrEqual(200)
  await next.stop()
})

test('kill -9 in the midst of creating the cluster leaves nothing that the next start trips over', async () => {
  const dataDir = path.join(scratch.folder(), 'data')
  const store = stores.run(dataDir)
  await until(() =>
    halfBuilt(dataDir).some((folder) => existsSync(path.join(folder, 'PG_VERSION'))),
  )
  await store.kill()
  expect(halfBuilt(dataDir)).toHaveLength(1)
  expect(existsSync(path.join(dataDir, 'cluster'))).toBe(false)
  const next = await scratch.start(dataDir)
  expect(await query(next.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await next.stop()
  const orphan = serversUnder([dataDir])
  await until(() => orphan.every((pid) => !isRunning(pid)))
  await (await scratch.start(dataDir)).stop()
  expect(halfBuilt(dataDir)).toEqual([])
})

test('a server that hangs is stopped and replaced', async () => {
  const dataDir = sharedData
  const store = stores.run(dataDir)
  const { pid, connection } = await store.heard()
  await query(connection, KEPT)
  await store.kill()
  process.kill(pid, 'SIGSTOP')
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  const next = await scratch.start(dataDir, { answerTimeoutMs: 100, log })
  expect(next.pid).not.toBe(pid)
  // A slow start may say so, too.
  expect(lines[0]).toContain('does not answer; stopping it')
  expect(await query(next.connection, 'SELECT number FROM kept')).toEqual([{ number: 7 }])
  await next.stop()
})

test('a child that its killed server left hanging does not keep the next one from starting', async () => {
  const dataDir = sharedData
  const store = stores.run(dataDir)
  const { pid, connection } = await store.heard()
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  await store.kill()
  process.kill(rows[0].pid, 'SIGSTOP')
  process.kill(pid, 'SIGKILL')
  const next = await scratch.start(dataDir)
  expect(next.isAdopted).toBe(false)
  await next.stop()
})

test('a pid file whose number now belongs to another program is overruled, and that program lives on', async () => {
  const dataDir = sharedData
  const { uid, gid } = statSync(path.join(dataDir, 'cluster'))
  const innocent: ChildProcess = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' })
  try {
    const pidFile = path.join(dataDir, 'cluster', 'postmaster.pid')
    const cluster = path.join(dataDir, 'cluster')
    writeFileSync(
      pidFile,
      `${innocent.pid}\n${cluster}\n1700000000\n5432\n/tmp\n\n  1234 5678\nready\n`,
    )
    const postgres = await scratch.start(dataDir)
    expect(postgres.isAdopted).toBe(false)
    expect(readFileSync(pidFile, 'utf8')).toContain(`${postgres.pid}\n`)
    await postgres.stop()
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull()
  } finally {
    innocent.kill('SIGKILL')
  }
})

function halfBuilt(dataDir: string): string[] {
  if (!existsSync(dataDir)) return []
  return readdirSync(dataDir)
    .filter((name) => name.startsWith('cluster.building-'))
    .map((name) => path.join(dataDir, name))
}

/** Numbers whose commit was answered; the server is killed after 200 of them. */
async function insertUntilDeath(connection: pg.ClientConfig, kill: () => void): Promise<number[]> {
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  const committed: number[] = []
  for (let number = 1; ; number++) {
    const insert = client.query('INSERT INTO kept VALUES ($1)', [number])
    if (number === 201) kill()
    if (!(await insert.then(() => true).catch(() => false))) return committed
    committed.push(number)
  }
}
