// One supervisor at a time may start or stop the server of a data directory. Node has no flock, and a lock file that
// is deleted when its holder looks dead can be deleted twice, the second time under a living holder. So locks are
// numbered: lock-7 is a symbolic link whose target names its holder, or says "free". Only the highest number counts,
// it is never deleted, and whoever finds it free or its holder dead makes the next one, which one process alone can.
import { readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { type Clock, sleep } from '../../core/clock.ts'
import { TrackLayerError } from '../../core/errors.ts'
import { formatIdentity, isAlive, type ProcessIdentity, parseIdentity } from './processes.ts'

const FREE = 'free'
const POLL_MS = 10
// Longer than a first start and a bounded stop; a start that replays gigabytes of WAL may take this long.
const PATIENCE_MS = 120_000

export interface LockOptions {
  readonly folder: string
  readonly clock: Clock
  readonly self: ProcessIdentity
}

/** Runs `run` while no other supervisor, in this or another process, runs under the same lock folder (which exists). */
export async function withLock<T>(options: LockOptions, run: () => Promise<T>): Promise<T> {
  const held = await acquire(options)
  try {
    return await run()
  } finally {
    await release(options.folder, held)
  }
}

async function acquire({ folder, clock, self }: LockOptions): Promise<number> {
  const givesUpAt = clock.now() + PATIENCE_MS
  for (;;) {
    const newest = await newestLock(folder)
    const holder = await readHolder(folder, newest)
    if (holder === FREE || (await isDead(holder))) {
      if (await claim(folder, newest + 1, self)) return newest + 1
    } else if (clock.now() > givesUpAt) {
      throw new TrackLayerError(
        'UNAVAILABLE',
        `Process ${parseIdentity(holder)?.pid} has been starting or stopping the database in ${folder} for two minutes; end it and try again`,
      )
    }
    await sleep(clock, POLL_MS)
  }
}

// A process that slept since it read the newest number may still make a number that has come and gone; it then finds
// a higher one and withdraws.
async function claim(folder: string, number: number, self: ProcessIdentity): Promise<boolean> {
  const made = await symlink(formatIdentity(self), lockPath(folder, number)).then(
    () => true,
    (error) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  if (!made) return false
  const numbers = await lockNumbers(folder)
  const isNewest = Math.max(...numbers) === number
  const superseded = isNewest ? numbers.filter((other) => other < number) : [number]
  for (const other of superseded) await rm(lockPath(folder, other), { force: true })
  return isNewest
}

async function release(folder: string, number: number): Promise<void> {
  const note = path.join(folder, `release-${number}`)
  await rm(note, { force: true })
  await symlink(FREE, note)
  await rename(note, lockPath(folder, number))
}

async function readHolder(folder: string, number: number): Promise<string> {
  if (number === 0) return FREE
  // Gone since it was listed: somebody holds a newer one.
  return readlink(lockPath(folder, number)).catch(() => '')
}

async function isDead(holder: string): Promise<boolean> {
  const identity = parseIdentity(holder)
  return identity !== null && !(await isAlive(identity))
}

async function newestLock(folder: string): Promise<number> {
  return Math.max(0, ...(await lockNumbers(folder)))
}

async function lockNumbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => {
    const [, number] = /^lock-(\d+)$/.exec(name) ?? []
    return number ? [Number(number)] : []
  })
}

function lockPath(folder: string, number: number): string {
  return path.join(folder, `lock-${number}`)
}
