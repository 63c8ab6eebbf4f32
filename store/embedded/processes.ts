// Who is alive: a process is known by its number and its start, because numbers are given out again.
import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in a form of the operating system's own; only good for comparing. */
  readonly started: string
}

/** The living process with this number, or null. A zombie is dead: it holds no file and answers nothing. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  const seen = process.platform === 'linux' ? await readStat(pid) : await askPs(pid)
  return seen && !seen.state.startsWith('Z') ? { pid, started: seen.started } : null
}

export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(pid))?.started === started
}

/** Has any process this number, a zombie or one of somebody else's included? */
export function isNumberTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** "pid-start", fit for a file name. */
export function formatIdentity({ pid, started }: ProcessIdentity): string {
  return `${pid}-${started}`
}

export function parseIdentity(text: string): ProcessIdentity | null {
  const [, pid, started] = /^(\d+)-(\w+)/.exec(text) ?? []
  return pid && started ? { pid: Number(pid), started } : null
}

/** Is this living process a PostgreSQL server whose data directory is `clusterDir` (a real path)? */
export async function isServerOf(pid: number, clusterDir: string): Promise<boolean> {
  if (process.platform !== 'linux') {
    const command = await psField(pid, 'command=')
    return command.includes('postgres') && command.includes(clusterDir)
  }
  // The server changes to its data directory before it writes its pid file. Not allowed to look means not ours:
  // ours has our uid, or we are root.
  try {
    const program = (await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '')
    return (
      path.basename(program) === 'postgres' && (await readlink(`/proc/${pid}/cwd`)) === clusterDir
    )
  } catch {
    return false
  }
}

export async function childrenOf(pid: number): Promise<number[]> {
  const list =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
      : await output('pgrep', ['-P', String(pid)])
  return list.split(/\s+/).filter(Boolean).map(Number)
}

/** Every process of a cluster, also those whose server died and left them. Only Linux can tell. */
export async function processesOf(clusterDir: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc').catch(() => [])) {
    if (/^\d+$/.test(name) && (await isServerOf(Number(name), clusterDir))) found.push(Number(name))
  }
  return found
}

/** Sends a signal; a process that is gone already is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

// proc(5): the program's name is in brackets and may hold anything, so fields are counted from the last bracket;
// the state is field 3, the start (clock ticks since boot) field 22.
async function readStat(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields[19] ? { state: fields[0] ?? '', started: fields[19] } : null
}

async function askPs(pid: number) {
  const [state = '', ...start] = (await psField(pid, 'state=,lstart=')).trim().split(/\s+/)
  return start.length > 0 ? { state, started: start.join('').replace(/\W/g, '') } : null
}

function psField(pid: number, field: string): Promise<string> {
  return output('ps', ['-ww', '-o', field, '-p', String(pid)])
}

// ps and pgrep end with 1 when there is no such process.
async function output(program: string, args: string[]): Promise<string> {
  return run(program, args).then(
    ({ stdout }) => stdout,
    () => '',
  )
}
