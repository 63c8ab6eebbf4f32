// Access that can change while a store runs: secrets and API keys come and go, account, environments and proxy stay.
import { messageOf, TrackLayerError } from '../core/errors.ts'
import type { Access } from '../store/access.ts'
import { readAccess } from './config.ts'
import type { Variables } from './env-file.ts'
import type { Log } from './output.ts'

export interface LiveAccess extends Access {
  /** @throws TrackLayerError SETTINGS_INVALID for what only a restart can change */
  replace(next: Access): void
}

export function createLiveAccess(initial: Access): LiveAccess {
  let current = initial
  const namesOf = ({ environments }: Access) =>
    environments
      .map(({ name }) => name)
      .sort()
      .join(', ')
  return {
    ...(initial.proxy ? { proxy: initial.proxy } : {}),
    get account() {
      return current.account
    },
    get environments() {
      return current.environments
    },
    replace(next) {
      if (next.account !== current.account || namesOf(next) !== namesOf(current)) {
        const message = 'Account and environments cannot change while the store runs; restart it'
        throw new TrackLayerError('SETTINGS_INVALID', message)
      }
      current = next
    },
  }
}

/** Reads secrets and keys again; on a fault those in use stay, and the log says why. */
export function reloadAccess(access: LiveAccess, read: () => Variables, log: Log): void {
  try {
    access.replace(readAccess(read()))
    const counts = access.environments.map(({ name, secrets }) => `${name} ${secrets.length}`)
    log('info', `secrets read again; live: ${counts.join(', ')}`)
  } catch (error) {
    log('error', `secrets not read again, those in use stay: ${messageOf(error)}`)
  }
}
