// Questions to whoever sits at the terminal, and how far something has come.
import { createInterface } from 'node:readline/promises'
import { TrackLayerError } from '../core/errors.ts'
import { paint } from './output.ts'

/** True for y or yes. @throws TrackLayerError SETTINGS_INVALID where nobody can be asked */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `${question} Nobody can be asked here: say --yes, or look first with --dry-run`,
    )
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-C is an answer as well.
  const left = new AbortController()
  terminal.once('SIGINT', () => left.abort())
  try {
    const { signal } = left
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim())
  } catch (error) {
    if (left.signal.aborted) return false
    throw error
  } finally {
    terminal.close()
  }
}

const WIDTH = 30

export interface ProgressBar {
  show(done: number, total: number, words: string): void
  /** Clears the line. */
  end(): void
}

/** One line on stderr that is written over; nothing where stderr is no terminal. */
export function createProgressBar(): ProgressBar {
  const isShown = Boolean(process.stderr.isTTY)
  return {
    show(done, total, words) {
      if (!isShown) return
      const filled = total === 0 ? 0 : Math.round((WIDTH * Math.min(done, total)) / total)
      const bar = paint.green('█'.repeat(filled)) + paint.dim('░'.repeat(WIDTH - filled))
      process.stderr.write(`\r\x1b[2K  ${bar} ${done}/${total} ${words}`)
    },
    end: () => {
      if (isShown) process.stderr.write('\r\x1b[2K')
    },
  }
}
