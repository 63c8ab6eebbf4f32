// The Node that functions run on: this one, or another major version, fetched once from npm into the user's cache. Not a
// development dependency: 185 MB, and a `node` in node_modules/.bin would take the place of the user's own in scripts.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { messageOf, TrackLayerError } from '../../core/errors.ts'
import type { Log } from '../output.ts'

const run = promisify(execFile)

/** Undefined when this Node is the one wanted: functions then run in threads of it. */
export async function resolveHostNode(
  major: string | undefined,
  log: Log,
): Promise<string | undefined> {
  if (major === undefined || major === process.versions.node.split('.')[0]) return undefined
  if (!/^\d{2}$/.test(major)) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `--node is "${major}", want a major version such as 22`,
    )
  }
  const stated = process.env[`TRACKLAYER_NODE_${major}`]
  if (stated) return stated
  const folder = path.join(cacheFolder(), `node-${major}`)
  const file = path.join(folder, 'node_modules', packageName(), 'bin', binary())
  if (!existsSync(file)) await install(folder, major, log)
  return file
}

function cacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'tracklayer')
}

function packageName(): string {
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
}

function binary(): string {
  return process.platform === 'win32' ? 'node.exe' : 'node'
}

// Into a folder of its own, renamed when whole: a broken download leaves nothing that looks complete.
async function install(folder: string, major: string, log: Log): Promise<void> {
  const partial = `${folder}.${process.pid}.partial`
  await mkdir(partial, { recursive: true })
  await writeFile(path.join(partial, 'package.json'), '{"private":true}')
  log('info', `fetching Node ${major} from npm, once (about 50 MB)`)
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', `${packageName()}@${major}`], {
      cwd: partial,
      shell: process.platform === 'win32',
    })
  } catch (error) {
    throw new TrackLayerError(
      'UNAVAILABLE',
      `Cannot fetch Node ${major} (${packageName()}): ${messageOf(error).split('\n')[0]}; set TRACKLAYER_NODE_${major} to a Node ${major} of yours`,
      { cause: error },
    )
  }
  await rename(partial, folder).catch((error: NodeJS.ErrnoException) => {
    // Another run was faster.
    if (!existsSync(folder)) throw error
  })
}
