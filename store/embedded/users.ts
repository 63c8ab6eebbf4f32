// Who uses the server: one file per supervisor, named after its process. All of this runs under the lock.
import { readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { formatIdentity, isAlive, type ProcessIdentity, parseIdentity } from './processes.ts'

const PREFIX = 'user-'

/** Registers one more user of the server; a process may be several. Returns the file to remove on leaving. */
export async function joinServer(folder: string, self: ProcessIdentity): Promise<string> {
  for (let nth = 1; ; nth++) {
    const file = path.join(folder, `${PREFIX}${formatIdentity(self)}-${nth}`)
    try {
      await writeFile(file, '', { flag: 'wx' })
      return file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** Withdraws a user and says whether it was the last living one; files of dead processes go as well. */
export async function leaveServer(folder: string, file: string): Promise<boolean> {
  await rm(file, { force: true })
  let living = 0
  for (const name of await listFolder(folder)) {
    if (!name.startsWith(PREFIX)) continue
    const identity = parseIdentity(name.slice(PREFIX.length))
    if (identity && (await isAlive(identity))) living++
    else await rm(path.join(folder, name), { force: true })
  }
  return living === 0
}

// Somebody deleted the data directory under the running server: nobody is left in it.
function listFolder(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}
