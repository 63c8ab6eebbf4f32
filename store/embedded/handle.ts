// What a store holds of the server: how to connect, how to leave, and how it learns that the server died.
import { rmdir } from 'node:fs/promises'
import path from 'node:path'
import type pg from 'pg'
import { messageOf } from '../../core/errors.ts'
import { type LockOptions, withLock } from './lock.ts'
import type { Place } from './place.ts'
import type { RunningServer } from './server.ts'
import { PORT, USER } from './settings.ts'
import { STOP_PATIENCE_MS, stopServer } from './stop.ts'
import { leaveServer } from './users.ts'
import { watchServer } from './watch.ts'

export interface ServerEnd {
  /** True after our own `stop()`, false when the server died under us. */
  readonly isExpected: boolean
}

export interface EmbeddedPostgres {
  /** For `new pg.Pool(connection)`. */
  readonly connection: SocketConnection
  /** For people: `psql "<url>"`. */
  readonly url: string
  /** The server was there already: another store's, or left over from a killed one. */
  readonly isAdopted: boolean
  readonly pid: number
  /** Where the cluster really is. */
  readonly clusterDir: string
  readonly logFile: string
  /** Resolves once: when the server died (then start again), or after `stop()`. */
  readonly whenStopped: Promise<ServerEnd>
  /** Leaves the server; the last one to leave shuts it down and waits until it is gone, half a minute at most. */
  stop(): Promise<void>
}

export interface SocketConnection extends pg.ClientConfig {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

export interface SuperviseOptions {
  readonly server: RunningServer
  readonly isAdopted: boolean
  readonly userFile: string
  readonly lock: LockOptions
  readonly place: Place
  readonly database: string
  readonly log: (line: string) => void
}

export function superviseServer(options: SuperviseOptions): EmbeddedPostgres {
  const { server, place, database, lock, log } = options
  const watch = watchServer(server, lock.clock)
  let stopping: Promise<void> | undefined
  let resolveEnd: (end: ServerEnd) => void
  const whenStopped = new Promise<ServerEnd>((resolve) => {
    resolveEnd = resolve
  })
  void watch.died.then(async () => {
    if (stopping !== undefined) return
    log(`PostgreSQL (process ${server.process.pid}) died; its last words are in ${place.logFile}`)
    await leave(options)
    resolveEnd({ isExpected: false })
  })
  return {
    connection: { host: server.socketDir, port: PORT, user: USER, database },
    url: `postgresql://${USER}@/${encodeURIComponent(database)}?host=${encodeURIComponent(server.socketDir)}&port=${PORT}`,
    isAdopted: options.isAdopted,
    pid: server.process.pid,
    clusterDir: place.clusterDir,
    logFile: place.logFile,
    whenStopped,
    stop() {
      stopping ??= (async () => {
        await watch.close()
        await leave(options)
        resolveEnd({ isExpected: true })
      })()
      return stopping
    },
  }
}

// Leaving twice (the server died while we stop it) does no harm.
async function leave({ server, userFile, lock, place, log }: SuperviseOptions): Promise<void> {
  const leaveLast = async () => {
    if (!(await leaveServer(place.supervisorDir, userFile))) return
    await stopServer(server.process, { clock: lock.clock, patienceMs: STOP_PATIENCE_MS })
    await removeSocketDir(server.socketDir, place)
  }
  try {
    await withLock(lock, leaveLast)
  } catch (error) {
    // A full disk has no room for a lock, or the folder is gone; a server without users must still end.
    log(`Stopping PostgreSQL without the lock: ${messageOf(error)}`)
    await leaveLast().catch((again) => log(`Cannot stop PostgreSQL: ${messageOf(again)}`))
  }
}

// Only what lies in the temporary folder is litter; a server that runs again by now has its socket inside.
async function removeSocketDir(socketDir: string, place: Place): Promise<void> {
  if (path.dirname(socketDir) === place.home) return
  await rmdir(socketDir).catch(() => {})
}
