// Starts a server on a cluster that has none. All of this runs under the lock.
import { spawn } from 'node:child_process'
import { chown, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../../core/clock.ts'
import type { Binaries } from './binaries.ts'
import { makeSocketDir, type Place } from './place.ts'
import { identifyProcess, isNumberTaken, processesOf, signalProcess } from './processes.ts'
import {
  HUNG_PATIENCE_MS,
  type RunningServer,
  type ServerOptions,
  waitForAnswer,
} from './server.ts'
import { serverArguments } from './settings.ts'
import { stopServer } from './stop.ts'

const POLL_MS = 10
const LEFTOVER_PATIENCE_MS = 1_000
const LOG_LIMIT_BYTES = 8 * 1024 * 1024

/** Starts a server in its own session, so that neither Ctrl-C nor our death reaches it. */
export async function launchServer(
  binaries: Binaries,
  options: ServerOptions,
): Promise<RunningServer> {
  const { place, clock } = options
  const socketDir = await makeSocketDir(place)
  const givesUpAt = clock.now() + LEFTOVER_PATIENCE_MS
  for (;;) {
    await disarmPidFile(path.join(place.clusterDir, 'postmaster.pid'))
    await emptySocketDir(socketDir)
    const outcome = await launchOnce(binaries, socketDir, options)
    if (!('complaint' in outcome)) return outcome
    // The children of a killed server notice its death within milliseconds, unless they are stopped themselves.
    const isLeftover = /pre-existing shared memory block/.test(outcome.complaint)
    if (!isLeftover || clock.now() > givesUpAt + LEFTOVER_PATIENCE_MS) {
      throw new Error(`PostgreSQL did not start: ${outcome.complaint} (more in ${place.logFile})`)
    }
    if (clock.now() > givesUpAt) {
      for (const pid of await processesOf(place.clusterDir)) signalProcess(pid, 'SIGKILL')
    }
    await sleep(clock, POLL_MS)
  }
}

async function launchOnce(
  binaries: Binaries,
  socketDir: string,
  options: ServerOptions,
): Promise<RunningServer | { complaint: string }> {
  const { place, clock } = options
  const log = await openLog(place)
  const logStart = (await log.stat()).size
  const pid = await spawnServer(binaries, place, socketDir, log.fd).finally(() => log.close())
  const process = await identifyProcess(pid)
  if (process) {
    const client = await waitForAnswer({ process, socketDir }, options)
    if (client) return { process, socketDir, client }
    await stopServer(process, { clock, patienceMs: HUNG_PATIENCE_MS })
  }
  return { complaint: await readComplaint(place, logStart) }
}

function spawnServer(
  binaries: Binaries,
  { clusterDir, account }: Place,
  socketDir: string,
  logFd: number,
): Promise<number> {
  const child = spawn(binaries.postgres, serverArguments(clusterDir, socketDir), {
    cwd: clusterDir,
    env: binaries.env,
    stdio: ['ignore', logFd, logFd],
    detached: true,
    ...(account && { uid: account.uid, gid: account.gid }),
  })
  child.unref()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => resolve(child.pid as number))
  })
}

// PostgreSQL refuses to start while a process has the number in its pid file, also an innocent one that got the number
// of a server long dead, or that server's own zombie where nobody collects them. The file itself must stay: it names
// the shared memory by which PostgreSQL sees children that outlived their server. Our own number, its parent's, is one
// that it takes for stale (CreateLockFile in miscinit.c). Written in place, so that a full disk cannot empty it.
async function disarmPidFile(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  if (!pid) return rm(file, { force: true })
  if (!isNumberTaken(pid)) return
  const disarmed = text.replace(/^\d+/, String(process.pid))
  const handle = await open(file, 'r+')
  await handle.write(disarmed, 0)
  await handle.truncate(Buffer.byteLength(disarmed))
  await handle.close()
}

// The socket has a lock file of the same kind, which guards nothing but the socket.
async function emptySocketDir(socketDir: string): Promise<void> {
  for (const name of await readdir(socketDir)) await rm(path.join(socketDir, name), { force: true })
}

async function openLog({ logFile, account }: Place) {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  )
  if (size > LOG_LIMIT_BYTES) await rename(logFile, `${logFile}.1`)
  const log = await open(logFile, 'a', 0o600)
  if (account) await chown(logFile, account.uid, account.gid)
  return log
}

async function readComplaint({ logFile }: Place, start: number): Promise<string> {
  const text = (await readFile(logFile)).subarray(start).toString()
  const lines = text.split('\n').filter(Boolean)
  const complaint = lines.find((line) => /FATAL|PANIC/.test(line)) ?? lines[0] ?? 'it said nothing'
  return complaint.replace(/^.*?(FATAL|PANIC): +/, '')
}
