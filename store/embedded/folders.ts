// Folders that another account must be able to enter, whatever root's umask: those above a data directory, and those of
// the machine where root keeps what its server's account cannot reach elsewhere.
import { chmod, lstat, mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import { isRoot } from './account.ts'

// Not the temporary folder: it is emptied at every start of the machine, and a cluster is here to stay.
export const SHARED_ROOTS = [
  '/var/lib/tracklayer',
  '/srv/tracklayer',
  '/opt/tracklayer',
  '/var/tmp/tracklayer',
]

/** Makes a folder and those above it. Not mkdir's `recursive`: on a read-only file system that one says ENOENT. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
    if (isRoot()) await chmod(folder, 0o755)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return
    if (code !== 'ENOENT') throw error
    await makeFolder(path.dirname(folder))
    await makeFolder(folder)
  }
}

/** The first of `roots` that root can write to and every account can enter; makes it. */
export async function firstWritableRoot(roots: readonly string[]): Promise<string> {
  const reasons: string[] = []
  for (const root of roots) {
    const reason = await makeRoot(root).catch(messageOf)
    if (reason === null) return root
    reasons.push(`${root}: ${reason}`)
  }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `No place for the database that its account can reach (${reasons.join('; ')}); choose a folder that everybody may enter with --data-dir or set DATABASE_URL`,
  )
}

// In a folder open to all, such as /var/tmp, somebody else may have been first: what they own is not used.
async function makeRoot(root: string): Promise<string | null> {
  await makeFolder(root)
  const found = await lstat(root)
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0) {
    return 'is not a folder that only root writes to'
  }
  return (found.mode & 0o001) === 0 ? 'is closed to other accounts' : null
}
