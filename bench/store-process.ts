// The store as it runs in production: a process of its own, over an embedded database on a real disk.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Clock } from '../core/clock.ts'
import type { EmbeddedPostgres } from '../store/embedded/handle.ts'
import { startEmbeddedPostgres } from '../store/embedded/start.ts'
import { CLI, ROOT } from './built.ts'
import { ACCOUNT, SECRET } from './canonicalise.ts'

export interface RunningStore {
  readonly url: string
  readonly pid: number
  readonly destinations: number
  readonly postgres: EmbeddedPostgres
  readonly dataDir: string
  close(): Promise<void>
}

type Variables = Readonly<Record<string, string>>

export const clock: Clock = {
  now: Date.now,
  schedule: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

const TMPFS = 0x01021994

/**
 * Starts the database, then the store on it; both inherit the processors we are confined to.
 * @param flags of the command line, e.g. `--mappings`
 */
export async function startStore(
  variables: Variables = {},
  flags: readonly string[] = [],
): Promise<RunningStore> {
  const dataDir = makeDataDir()
  const postgres = await startEmbeddedPostgres({ dataDir, clock, packageRoot: ROOT })
  const store = spawn(
    process.execPath,
    [
      CLI,
      'store',
      'serve',
      '--json',
      '--no-delivery',
      '--port',
      '0',
      '--data-dir',
      dataDir,
      ...flags,
    ],
    { cwd: ROOT, env: environment(variables), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= ended(store)
      .then(() => postgres.stop())
      .then(() => rmSync(dataDir, { recursive: true, force: true }))
    return closing
  }
  try {
    const { url, destinations } = await announced(store)
    return { url, pid: store.pid ?? 0, destinations: destinations.length, postgres, dataDir, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Lends a store to `work` and takes it down afterwards: interrupted, too, with its hundreds of megabytes. */
export async function withStore<Result>(
  variables: Variables,
  work: (store: RunningStore) => Promise<Result>,
): Promise<Result> {
  const store = await startStore(variables)
  const onInterrupt = () => void store.close().finally(() => process.exit(130))
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt)
  try {
    return await work(store)
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt)
    await store.close()
  }
}

export interface RunningWorker {
  readonly pid: number
  close(): Promise<void>
}

/** A delivery worker beside the store, on its database. @param nodeOptions e.g. `--cpu-prof` */
export async function startWorker(
  { dataDir }: RunningStore,
  variables: Variables,
  flags: readonly string[],
  nodeOptions: readonly string[],
): Promise<RunningWorker> {
  const worker = spawn(
    process.execPath,
    [...nodeOptions, CLI, 'delivery', 'run', '--json', '--data-dir', dataDir, ...flags],
    { cwd: ROOT, env: environment(variables), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await announced(worker)
  return { pid: worker.pid ?? 0, close: () => ended(worker) }
}

// In memory a flush costs nothing and proves nothing.
function makeDataDir(): string {
  const isInMemory = statfsSync(os.tmpdir()).type === TMPFS
  const parent = isInMemory ? path.join(ROOT, '.tracklayer') : os.tmpdir()
  mkdirSync(parent, { recursive: true })
  const dataDir = mkdtempSync(path.join(parent, 'tracklayer-bench-'))
  // As root, the database runs under an account that must be able to enter.
  chmodSync(dataDir, 0o755)
  return dataDir
}

// Addresses that nobody answers: nothing is delivered, but both destinations are active and get their ledger rows.
function environment(variables: Variables): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, ...inherited } = process.env
  return {
    ...inherited,
    TRACKLAYER_ACCOUNT: ACCOUNT,
    TRACKLAYER_SECRET_PRODUCTION: SECRET,
    WEBHOOK_URL_PRODUCTION: 'https://receiver.example.com/events',
    WEBHOOK_SECRET_PRODUCTION: 'a'.repeat(64),
    SEGMENT_RETURN_URL_PRODUCTION: 'https://fn.example.com/return',
    SEGMENT_RETURN_SECRET_PRODUCTION: 'c'.repeat(64),
    ...variables,
  }
}

async function announced(
  store: ChildProcess,
): Promise<{ url: string; destinations: readonly unknown[] }> {
  if (!store.stdout) throw new Error('The store has no output')
  const firstLine = once(createInterface(store.stdout), 'line')
  const ending = once(store, 'exit').then(([code]) => {
    throw new Error(`The store ended with ${code} before it was ready`)
  })
  const [line] = await Promise.race([firstLine, ending])
  ending.catch(() => {}) // its end is expected later on
  return JSON.parse(String(line))
}

async function ended(store: ChildProcess): Promise<void> {
  if (store.exitCode !== null || store.signalCode !== null) return
  const exit = once(store, 'exit')
  store.kill('SIGTERM')
  await exit
}
