// A terminal held while the live view is on it: keys come one by one, the cursor is hidden. Given back in any case.

export interface TerminalListeners {
  /** A key as it was typed; Ctrl-C too, which is no signal while the terminal is held. */
  readonly onKey: (key: string) => void
  readonly onResize: () => void
}

export const CTRL_C = '\x03'
const ESCAPE = '\x1b'
const HIDE_CURSOR = `${ESCAPE}[?25l`
const SHOW_CURSOR = `${ESCAPE}[?25h`

/** Returns what gives it back. */
export function holdTerminal({ onKey, onResize }: TerminalListeners): () => void {
  const { stdin, stdout } = process
  const onData = (data: Buffer | string) => {
    const text = String(data)
    // Arrows and the like come as sequences, whose letters are no keys of ours.
    if (!text.startsWith(ESCAPE)) for (const key of text) onKey(key)
  }
  const restore = () => {
    stdout.write(SHOW_CURSOR)
    stdin.setRawMode(false)
  }
  stdout.write(HIDE_CURSOR)
  stdin.setRawMode(true)
  stdin.on('data', onData)
  stdin.resume()
  stdout.on('resize', onResize)
  // However the process ends: else a terminal without cursor and echo is left behind.
  process.on('exit', restore)
  return () => {
    stdin.off('data', onData)
    stdin.pause()
    stdout.off('resize', onResize)
    process.off('exit', restore)
    restore()
  }
}
