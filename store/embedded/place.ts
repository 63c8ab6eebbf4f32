// Decides where a data directory's cluster lives and under which account its server runs.
//
//   dataDir/cluster        the cluster itself, or, where the server's account cannot enter dataDir, a symbolic link
//                          to <shared root>/<hash>/cluster; that link is the one record of where it went
//   <home>/supervisor      lock and users; <home>/postgres.log; <home>/socket, when its path is short enough
//   (home = the folder that really holds the cluster)
import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir, readlink, realpath, rmdir, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import { type Account, canReach, findAccount, isRoot, ownerOf } from './account.ts'
import { firstWritableRoot, makeFolder } from './folders.ts'

export interface Place {
  readonly home: string
  readonly clusterDir: string
  readonly supervisorDir: string
  readonly logFile: string
  /** Null when the server runs under our own account. */
  readonly account: Account | null
}

export interface PlaceOptions {
  /** A real path. */
  readonly dataDir: string
  readonly sharedRoots: readonly string[]
  readonly log: (line: string) => void
}

/** Makes the data directory with what is above it; for root in a way that its server's account can enter. */
export async function makeDataDir(dataDir: string): Promise<string> {
  await makeFolder(dataDir)
  return realpath(dataDir)
}

export async function resolvePlace(options: PlaceOptions): Promise<Place> {
  const clusterDir = path.join(options.dataDir, 'cluster')
  const kind = await kindOf(clusterDir)
  if (kind === 'link') return followLink(clusterDir)
  if (kind === 'folder') return placeAt(clusterDir, await accountOf(clusterDir))
  const account = isRoot() ? await findAccount() : null
  if (account === null || (await canReach(account, options.dataDir)))
    return placeAt(clusterDir, account)
  return moveOut(clusterDir, options)
}

/**
 * The folder of the server's socket. The system limits a socket's path to 103 bytes (macOS) or 107 (Linux), so a long
 * home has its socket in the temporary folder.
 */
export async function makeSocketDir({ home, account }: Place): Promise<string> {
  const short = [path.join(home, 'socket'), path.join(os.tmpdir(), `tracklayer-${hashOf(home)}`)]
  const folder =
    short.find((candidate) => Buffer.byteLength(`${candidate}/.s.PGSQL.5432`) <= 103) ??
    `/tmp/tracklayer-${hashOf(home)}`
  await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting)
  const uid = account?.uid ?? process.geteuid?.()
  const found = await lstat(folder)
  // In the temporary folder anybody may have been first; in our own home it is at most a former account's.
  const isOurs = path.dirname(folder) === home || [uid, process.geteuid?.()].includes(found.uid)
  if (!found.isDirectory() || !isOurs) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `The folder ${folder}, wanted for the database's socket, belongs to somebody else; remove it or choose a shorter --data-dir`,
    )
  }
  await chmod(folder, 0o700)
  if (account) await chown(folder, account.uid, account.gid)
  return folder
}

async function followLink(link: string): Promise<Place> {
  const clusterDir = await readlink(link)
  if ((await kindOf(path.dirname(clusterDir))) === null) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `The database was in ${path.dirname(clusterDir)}, says the link ${link}, and is gone; bring it back, or remove the link to begin anew`,
    )
  }
  return placeAt(clusterDir, await accountOf(clusterDir))
}

async function accountOf(clusterDir: string): Promise<Account | null> {
  if (!isRoot()) return null
  return (await kindOf(clusterDir)) === null ? findAccount() : ownerOf(clusterDir)
}

// Each link gets a folder of its own. A folder that an earlier data directory of this path left is never taken up
// again: whoever deletes a data directory wants to begin anew, and nobody wants their data deleted by us.
async function moveOut(link: string, options: PlaceOptions): Promise<Place> {
  const root = await firstWritableRoot(options.sharedRoots)
  const home = await makeNewFolder(path.join(root, hashOf(options.dataDir)))
  try {
    await symlink(path.join(home, 'cluster'), link)
  } catch (error) {
    await rmdir(home)
    ignoreExisting(error)
    return followLink(link)
  }
  options.log(
    `The database of ${options.dataDir} is in ${home}, because PostgreSQL does not run as root and no other account may enter ${options.dataDir}`,
  )
  return followLink(link)
}

async function makeNewFolder(wanted: string): Promise<string> {
  for (let nth = 1; ; nth++) {
    const folder = nth === 1 ? wanted : `${wanted}-${nth}`
    const made = await mkdir(folder).then(() => true, ignoreExisting)
    if (!made) continue
    await chmod(folder, 0o755)
    return folder
  }
}

function placeAt(clusterDir: string, account: Account | null): Place {
  const home = path.dirname(clusterDir)
  return {
    home,
    clusterDir,
    account,
    supervisorDir: path.join(home, 'supervisor'),
    logFile: path.join(home, 'postgres.log'),
  }
}

async function kindOf(target: string): Promise<'link' | 'folder' | null> {
  const found = await lstat(target).catch((error) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!found) return null
  return found.isSymbolicLink() ? 'link' : 'folder'
}

function ignoreExisting(error: unknown): false {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  return false
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
