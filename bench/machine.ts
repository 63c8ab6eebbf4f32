// The machine under the bench: its load, its processors, and what a process has spent of them. Linux only where it
// reads /proc; elsewhere these answer null and the table leaves the rows out.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'

export interface Machine {
  readonly node: string
  readonly processor: string
  readonly cores: number
  /** Averages over 1, 5 and 15 minutes; ours included. */
  readonly load: string
}

export function describeMachine(): Machine {
  return {
    node: process.version,
    processor: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    load: os
      .loadavg()
      .map((average) => average.toFixed(2))
      .join(' '),
  }
}

/** Confines this process and whatever it starts from now on; returns how to undo it, or null where that cannot be. */
export function pinTo(cores: string): (() => void) | null {
  if (process.platform !== 'linux') return null
  const asked = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  const before = /: ([\d,-]+)\s*$/.exec(asked.stdout ?? '')?.[1]
  if (!before || !setCores(cores)) return null
  return () => void setCores(before)
}

// With -a, for all threads: those that sign and compress are older than the pin.
function setCores(cores: string): boolean {
  return spawnSync('taskset', ['-acp', cores, String(process.pid)]).status === 0
}

// USER_HZ, which is 100 on every Linux that Node runs on.
const TICK_MS = 10

/** Milliseconds of processor time that a process has used. */
export function cpuOf(pid: number): number | null {
  const fields = statOf(pid)
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** The same of a process with its children, those that have ended included. */
export function cpuOfFamily(pid: number): number | null {
  const fields = statOf(pid)
  if (!fields) return null
  const own = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) * TICK_MS
  return childrenOf(pid).reduce((sum, child) => sum + (cpuOfFamily(child) ?? 0), own)
}

/** Memory that a process holds now, in MB of 2^20 bytes. */
export function residentMbOf(pid: number): number | null {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(procFile(pid, 'status') ?? '')?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) / 1024
}

function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number)
}

// The fields after the name, which is in brackets and may hold blanks: the first here is field 3 of proc(5).
function statOf(pid: number): string[] | null {
  const stat = procFile(pid, 'stat')
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? null
}

function procFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return null // no /proc here, or the process has just ended
  }
}
