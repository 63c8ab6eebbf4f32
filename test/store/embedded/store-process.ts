// Real store processes, to be killed: store-program.ts from a bundle, as the product runs.
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import type { SocketConnection } from '../../../store/embedded/handle.ts'
import { projectRoot } from './scratch.ts'

export interface Report {
  readonly kind: 'ready' | 'stopped' | 'failed'
  readonly pid: number
  readonly isAdopted: boolean
  readonly isExpected: boolean
  readonly connection: SocketConnection
  readonly message?: string
}

export interface StoreProcess {
  readonly child: ChildProcess
  /** The next thing that it says. */
  heard(): Promise<Report>
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Bundles the program into `folder` and gives a function that runs it on a data directory. */
export async function bundleStore(folder: string) {
  const outfile = path.join(folder, 'store.cjs')
  await build({
    entryPoints: [path.join(__dirname, 'store-program.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native'],
    logLevel: 'error',
  })
  const children = new Set<ChildProcess>()
  return {
    run: (dataDir: string, as: RunAs = {}) => runStore(outfile, dataDir, children, as),
    killAll: () => {
      for (const child of children) child.kill('SIGKILL')
    },
  }
}

export interface RunAs {
  readonly uid?: number
  readonly gid?: number
  readonly packageRoot?: string
}

function runStore(
  program: string,
  dataDir: string,
  children: Set<ChildProcess>,
  { packageRoot = projectRoot, ...account }: RunAs,
): StoreProcess {
  // Its own group, as the foreground program of a terminal has.
  const child = spawn(process.execPath, [program, dataDir, packageRoot], {
    ...account,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  children.add(child)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async heard() {
      const { value, done } = await lines.next()
      if (done) throw new Error('the store process said no more')
      return JSON.parse(value)
    },
    async stop() {
      child.stdin.end('stop\n')
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
