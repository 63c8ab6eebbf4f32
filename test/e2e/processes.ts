// The program as a user runs it: real processes of dist/cli.js, killed and started at will.
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'

const CLI = path.join(__dirname, '..', '..', 'dist', 'cli.js')

export interface RunningProgram {
  /** The one JSON line a program prints when it is ready. */
  readonly ready: Readonly<Record<string, unknown>>
  /** Ends it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>
  /** Ends it in order; resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Starts `tracklayer <args>` and resolves with its first line of JSON; rejects with its stderr when it ends before. */
export async function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningProgram> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return gone
  }
  return {
    ready: await readyLine(child, gone),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  }
}

async function readyLine(
  child: ChildProcess,
  gone: Promise<number | null>,
): Promise<Record<string, unknown>> {
  let stderr = ''
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const first = new Promise<string>((resolve) => lines.once('line', resolve))
  const early = gone.then((code) => {
    throw new Error(`tracklayer ended with ${code} before it was ready:\n${stderr}`)
  })
  // Once it is ready, its end is the test's own doing.
  early.catch(() => {})
  return JSON.parse(await Promise.race([first, early]))
}

/** Runs a program to its end. */
export function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { PATH: process.env.PATH, ...env },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}
