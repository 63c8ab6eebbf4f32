// PostgreSQL refuses to run as root, so root lends it an existing unprivileged account.
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { TrackLayerError } from '../../core/errors.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const ACCOUNTS = ['postgres', '_postgres', 'nobody']

export function isRoot(): boolean {
  return process.geteuid?.() === 0
}

/** The account for a new cluster. */
export async function findAccount(): Promise<Account> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  for (const wanted of ACCOUNTS) {
    const [name, , uid, gid] = lines.find((line) => line.startsWith(`${wanted}:`))?.split(':') ?? []
    if (name && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) }
  }
  throw new TrackLayerError(
    'SETTINGS_INVALID',
    'PostgreSQL does not run as root, and this system has neither an account "postgres" nor "nobody"; run TrackLayer as another user or set DATABASE_URL',
  )
}

/** The account that owns an existing cluster, whatever its name here. An empty folder of root's is no cluster. */
export async function ownerOf(clusterDir: string): Promise<Account> {
  const { uid, gid } = await stat(clusterDir)
  if (uid === 0) return findAccount()
  return { name: `uid ${uid}`, uid, gid }
}

/** Can the account pass every folder down to `target` and read or enter it? Says no where only an ACL would allow it. */
export async function canReach(account: Account, target: string): Promise<boolean> {
  const { root } = path.parse(target)
  for (let place = target; ; place = path.dirname(place)) {
    const { mode, uid, gid } = await stat(place)
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
    if (((mode >> shift) & 1) === 0) return false
    if (place === root) return true
  }
}
