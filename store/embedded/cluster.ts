// Makes the cluster once: initdb into a folder beside, then one rename, so that a cluster is whole or absent.
import { spawn } from 'node:child_process'
import { chown, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import type { Place } from './place.ts'
import { formatIdentity, type ProcessIdentity } from './processes.ts'
import { USER } from './settings.ts'

const INITDB = [
  `--username=${USER}`,
  // The socket's folder is closed to everybody else; a password would have to lie beside it.
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  // Sorts by code point like C, knows upper and lower case, and does not change with the system's libraries.
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
]

export interface CreateClusterOptions {
  readonly place: Place
  readonly binaries: Binaries
  readonly self: ProcessIdentity
}

/** The major version that made the cluster, or null when there is none yet. */
export async function clusterVersion(clusterDir: string): Promise<number | null> {
  const text = await readFile(path.join(clusterDir, 'PG_VERSION'), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : Number.parseInt(text, 10)
}

/** Refuses a cluster that another major version made: PostgreSQL cannot read it. */
export function assertMajor(found: number, wanted: number, place: Place): void {
  if (found === wanted) return
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `The database in ${place.clusterDir} was made by PostgreSQL ${found}, this is ${wanted}. Choose another folder with --data-dir, or run PostgreSQL ${found} on it and set DATABASE_URL.`,
  )
}

export async function createCluster({
  place,
  binaries,
  self,
}: CreateClusterOptions): Promise<void> {
  const building = path.join(place.home, `cluster.building-${formatIdentity(self)}`)
  try {
    await mkdir(building, { mode: 0o700 })
    if (place.account) await chown(building, place.account.uid, place.account.gid)
    await runInitdb(binaries, building, place.account)
    await rename(building, place.clusterDir)
    await syncFolder(place.home)
  } catch (error) {
    await rm(building, { recursive: true, force: true, maxRetries: 3 })
    throw error
  }
}

/**
 * Runs under the lock, so every half-built cluster is a dead supervisor's. Its initdb may live on and write for a
 * moment; what it leaves then goes at the next start. Names differ, so it never touches the new cluster.
 */
export async function removeHalfBuilt(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith('cluster.building-')) continue
    await rm(path.join(home, name), { recursive: true, force: true, maxRetries: 5 }).catch(
      (error) => {
        if (error.code !== 'ENOTEMPTY') throw error
      },
    )
  }
}

function runInitdb(binaries: Binaries, folder: string, account: Account | null): Promise<void> {
  const child = spawn(binaries.initdb, ['-D', folder, ...INITDB], {
    cwd: folder,
    env: binaries.env,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A Ctrl-C is answered by whoever started us, not by a half-built cluster.
    detached: true,
    ...(account && { uid: account.uid, gid: account.gid }),
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      if (status === 0) return resolve()
      reject(new Error(`initdb ended with ${signal ?? status}: ${firstComplaint(said)}`))
    })
  })
}

function firstComplaint(said: string): string {
  const lines = said.split('\n').filter(Boolean)
  const complaint = lines.find((line) => /FATAL|PANIC|error:/.test(line)) ?? lines[0]
  return complaint?.replace(/^.*?(FATAL|PANIC|error): +/, '') ?? 'without a word'
}

// Without it a power cut could take back the rename, and with it everything committed since.
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync()
  await handle.close()
}
