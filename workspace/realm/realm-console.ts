// The captured `console`: one line per call, sent out at once so that a function that never ends still shows its lines.
import { format } from 'node:util'
import type { LogLevel } from './realm-protocol.ts'

const LEVELS: Readonly<Record<string, LogLevel>> = {
  log: 'info',
  info: 'info',
  dir: 'info',
  debug: 'debug',
  trace: 'debug',
  warn: 'warn',
  error: 'error',
}

export function createRealmConsole(write: (level: LogLevel, text: string) => void) {
  return Object.fromEntries(
    Object.entries(LEVELS).map(([method, level]) => [
      method,
      (...values: readonly unknown[]) => write(level, format(...values)),
    ]),
  )
}
