// Questions to whoever sits at the terminal.
import { createInterface } from 'node:readline/promises'
import { TrackLayerError } from '../core/errors.ts'

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
