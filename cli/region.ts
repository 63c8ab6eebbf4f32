// Lines at the bottom of a terminal that are written over in place, with room above them for lines that stay. Nothing but
// cursor movements: no alternate screen, so what was said can be scrolled back to and copied.
import type { WriteStream } from 'node:tty'
import { cut } from './display-width.ts'
import { withoutControls } from './output.ts'

export interface Region {
  /** Columns and rows that lines may take; of a terminal that does not say, 80 by 24. */
  readonly columns: number
  readonly rows: number
  /** Shows these lines in place of the last ones, cut to the terminal's size. */
  draw(lines: readonly string[]): void
  /** Prints lines above, for good; they may be wider than the terminal. */
  above(lines: readonly string[]): void
  /** Empties the screen: of another size, what the terminal made of the old lines is not known. */
  clear(): void
}

type Terminal = Pick<WriteStream, 'write'> & { readonly columns?: number; readonly rows?: number }

const UP = (lines: number) => (lines === 0 ? '\r' : `\x1b[${lines}A\r`)
const END_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'
const WHOLE_SCREEN = '\x1b[H\x1b[2J'

export function createRegion(terminal: Terminal): Region {
  let shown: readonly string[] = []
  let last: readonly string[] = []
  const region: Region = {
    get columns() {
      return terminal.columns || 80
    },
    get rows() {
      // The cursor stands on the line below.
      return Math.max(1, (terminal.rows || 24) - 1)
    },
    draw(lines) {
      last = lines
      const fitting = lines
        .slice(0, region.rows)
        .map((line) => cut(withoutControls(line), region.columns))
      const isSame =
        fitting.length === shown.length && fitting.every((line, at) => line === shown[at])
      if (isSame) return
      // What stays is passed over: a frame with one new number is a few bytes, and nothing flickers.
      const text = fitting.map((line, at) =>
        line === shown[at] ? '\n' : `${line}${END_OF_LINE}\n`,
      )
      terminal.write(UP(shown.length) + text.join('') + REST_OF_SCREEN)
      shown = fitting
    },
    above(lines) {
      const text = lines.map((line) => `${withoutControls(line)}\n`).join('')
      terminal.write(UP(shown.length) + REST_OF_SCREEN + text)
      shown = []
      region.draw(last)
    },
    clear() {
      terminal.write(WHOLE_SCREEN)
      shown = []
    },
  }
  return region
}
