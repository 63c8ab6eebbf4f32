// What every command prints through: results on stdout, the rest on stderr, colour only on a terminal.
import { createColors } from 'picocolors'

export type Log = (level: 'info' | 'warn' | 'error', message: string) => void

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export const paint = createColors(Boolean(process.stdout.isTTY) && !process.env.NO_COLOR)

/** One line each on stderr: `12:04:31 warn  refused POST /segment/events: …`. */
export const logLine: Log = (level, message) => {
  const time = new Date().toISOString().slice(11, 19)
  process.stderr.write(`${time} ${level.padEnd(5)} ${message}\n`)
}

// `tracklayer … | head` closes our output early: that is the reader's right and no fault.
export function endQuietlyOnClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
}
