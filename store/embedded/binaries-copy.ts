// Where the server's account cannot reach node_modules, one copy of the programs serves every project on the machine.
import { chmod, cp, lstat, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { firstWritableRoot } from './folders.ts'
import { makeLinks, missingLinks } from './library-links.ts'
import { formatIdentity, isAlive, type ProcessIdentity, parseIdentity } from './processes.ts'

export interface CopyOptions {
  readonly found: { readonly native: string; readonly version: string; readonly platform: string }
  readonly sharedRoots: readonly string[]
  readonly self: ProcessIdentity
  readonly log: (line: string) => void
}

const PROGRAMS = ['initdb', 'pg_ctl', 'postgres']

/** Gives the folder of the copy, made when missing: beside and then renamed, so that it is whole or absent. */
export async function copyPackage({ found, sharedRoots, self, log }: CopyOptions): Promise<string> {
  const root = await firstWritableRoot(sharedRoots)
  const name = `postgresql-${found.version}-${found.platform}`
  const copy = path.join(root, name, 'native')
  if (await isThere(copy)) return copy
  await removeDeadCopies(root, name)
  log(`Copying PostgreSQL to ${root}, because its account cannot reach ${found.native}`)
  const building = path.join(root, `${name}.building-${formatIdentity(self)}`)
  const native = path.join(building, 'native')
  await cp(found.native, native, { recursive: true, verbatimSymlinks: true })
  await openToAll(native)
  for (const program of PROGRAMS) await chmod(path.join(native, 'bin', program), 0o755)
  await makeLinks(await missingLinks(native))
  await chmod(building, 0o755)
  await rename(building, path.join(root, name)).catch(async (error) => {
    await rm(building, { recursive: true, force: true })
    // Another supervisor was quicker.
    if (!(await isThere(copy))) throw error
  })
  return copy
}

// cp keeps the modes of files but makes folders under the umask, which for root may be 077.
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(inside)
    else if (entry.isFile()) await chmod(inside, 0o644)
  }
}

async function removeDeadCopies(root: string, name: string): Promise<void> {
  const prefix = `${name}.building-`
  for (const entry of await readdir(root)) {
    const maker = entry.startsWith(prefix) ? parseIdentity(entry.slice(prefix.length)) : null
    if (maker && !(await isAlive(maker)))
      await rm(path.join(root, entry), { recursive: true, force: true })
  }
}

function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  )
}
