// Where a running `tracklayer dev` can be reached, for commands in another terminal. The file is readable by its owner
// alone, because it holds an API key, and goes when the session ends.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface DevSession {
  readonly pid: number
  readonly storeUrl: string
  readonly apiKey: string
}

const FILE = path.join('.tracklayer', 'dev.json')

export function writeDevSession(session: DevSession): void {
  mkdirSync(path.dirname(FILE), { recursive: true })
  writeFileSync(FILE, JSON.stringify(session), { mode: 0o600 })
}

/** The session that runs from this folder, or null. */
export function readDevSession(): DevSession | null {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as DevSession
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Removes the file, unless another session has written it since. */
export function removeDevSession(pid: number): void {
  if (readDevSession()?.pid === pid) rmSync(FILE, { force: true })
}
