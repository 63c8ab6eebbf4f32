// The server that runs on a cluster: find it, wait until it answers, take it over. All of this runs under the lock.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type pg from 'pg'
import { type Clock, sleep } from '../../core/clock.ts'
import { TrackLayerError } from '../../core/errors.ts'
import type { Place } from './place.ts'
import { probeServer } from './probe.ts'
import { identifyProcess, isAlive, isServerOf, type ProcessIdentity } from './processes.ts'
import { stopServer } from './stop.ts'

/** A server that did not answer will hardly shut down in order. */
export const HUNG_PATIENCE_MS = 200

const POLL_MS = 10
const LONG_START_MS = 1_000

export interface FoundServer {
  readonly process: ProcessIdentity
  readonly socketDir: string
}

export interface RunningServer extends FoundServer {
  /** An open connection to the maintenance database. */
  readonly client: pg.Client
}

export interface ServerOptions {
  readonly place: Place
  readonly clock: Clock
  /** How long a living server may stay silent before it counts as hung. */
  readonly answerTimeoutMs: number
  readonly log: (line: string) => void
}

/** Takes over the server that runs on the cluster; stops one that does not answer. Null: none runs any more. */
export async function adoptServer(options: ServerOptions): Promise<RunningServer | null> {
  const { place, clock, log } = options
  const found = await findServer(place.clusterDir)
  if (!found) return null
  const client = await waitForAnswer(found, options)
  if (client) return { ...found, client }
  if (await isAlive(found.process)) {
    log(
      `The PostgreSQL left over from before (process ${found.process.pid}) does not answer; stopping it`,
    )
    await stopServer(found.process, { clock, patienceMs: HUNG_PATIENCE_MS })
  }
  return null
}

// By its pid file; null also when the number now belongs to another program.
async function findServer(clusterDir: string): Promise<FoundServer | null> {
  const text = await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '')
  const [pid, , , , socketDir = ''] = text.split('\n')
  if (!Number(pid) || !(await isServerOf(Number(pid), clusterDir))) return null
  const process = await identifyProcess(Number(pid))
  return process && { process, socketDir }
}

/** Null means dead or hung. Replaying WAL is a sign of life, however long it takes; silence is not. */
export async function waitForAnswer(
  { process, socketDir }: FoundServer,
  { clock, answerTimeoutMs, log }: ServerOptions,
): Promise<pg.Client | null> {
  const startedAt = clock.now()
  let givesUpAt = startedAt + answerTimeoutMs
  let isAnnounced = false
  while (clock.now() <= givesUpAt && (await isAlive(process))) {
    const answer = await probeServer(socketDir, answerTimeoutMs)
    if (answer.kind === 'ready') return answer.client
    if (answer.kind === 'refused') throw refusal(answer.error)
    if (answer.kind === 'starting') {
      givesUpAt = clock.now() + answerTimeoutMs
      if (!isAnnounced && clock.now() > startedAt + LONG_START_MS) {
        log('PostgreSQL replays its log after a crash …')
        isAnnounced = true
      }
    }
    await sleep(clock, POLL_MS)
  }
  return null
}

function refusal(error: Error): TrackLayerError {
  return new TrackLayerError(
    'UNAVAILABLE',
    `The embedded PostgreSQL refuses us: ${error.message}; stop what else uses it, or set DATABASE_URL`,
    { cause: error },
  )
}
