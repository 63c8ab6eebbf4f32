// Ends a server by PostgreSQL's own ladder: fast shutdown, then immediate (the next start replays WAL), then kill.
import { type Clock, sleep } from '../../core/clock.ts'
import { childrenOf, isAlive, type ProcessIdentity, signalProcess } from './processes.ts'

/** A fast shutdown ends with a checkpoint; on a slow disk with 128 MB of dirty buffers that takes seconds. */
export const STOP_PATIENCE_MS = 20_000

const POLL_MS = 5
const IMMEDIATE_PATIENCE_MS = 1_000
const KILL_PATIENCE_MS = 5_000

export interface StopOptions {
  readonly clock: Clock
  /** How long the fast shutdown, which writes a checkpoint, may take. */
  readonly patienceMs: number
}

/** Resolves when the server is gone. */
export async function stopServer(
  server: ProcessIdentity,
  { clock, patienceMs }: StopOptions,
): Promise<void> {
  if (!(await isAlive(server))) return
  signalProcess(server.pid, 'SIGINT')
  if (await isGone(server, clock, patienceMs)) return
  signalProcess(server.pid, 'SIGQUIT')
  if (await isGone(server, clock, IMMEDIATE_PATIENCE_MS)) return
  // Children that are stopped themselves would keep the shared memory, and with it the next server, from starting.
  const children = await childrenOf(server.pid)
  for (const pid of [server.pid, ...children]) signalProcess(pid, 'SIGKILL')
  await isGone(server, clock, KILL_PATIENCE_MS)
}

async function isGone(server: ProcessIdentity, clock: Clock, patienceMs: number): Promise<boolean> {
  const givesUpAt = clock.now() + patienceMs
  while (await isAlive(server)) {
    if (clock.now() > givesUpAt) return false
    await sleep(clock, POLL_MS)
  }
  return true
}
