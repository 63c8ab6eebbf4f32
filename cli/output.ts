// What every command prints through: results on stdout, the rest on stderr, colour only on a terminal, tables that line up.
import { createColors } from 'picocolors'
import { displayWidth, padEnd, padStart } from './display-width.ts'

export type Log = (level: 'info' | 'warn' | 'error', message: string) => void
export type Paint = ReturnType<typeof createColors>

/**
 * Whether to colour what goes to a stream: NO_COLOR says no to everything (https://no-color.org), FORCE_COLOR yes where it is
 * no terminal; otherwise a terminal that can.
 */
export function isColoured(
  { isTTY }: { readonly isTTY?: boolean },
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = variables
  if (NO_COLOR || FORCE_COLOR === '0' || FORCE_COLOR === 'false') return false
  return FORCE_COLOR !== undefined || (Boolean(isTTY) && TERM !== 'dumb')
}

/** For stdout. */
export const paint: Paint = createColors(isColoured(process.stdout, process.env))
/** For stderr. */
export const paintError: Paint = createColors(isColoured(process.stderr, process.env))

export function print(text: string): void {
  process.stdout.write(`${withoutControls(text)}\n`)
}

/** Notes, progress and errors: what a pipe must not carry. */
export function printError(text: string): void {
  process.stderr.write(`${withoutControls(text)}\n`)
}

/** One JSON value on one line of stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value).replace(C1, escapeOf)}\n`)
}

const C1 = /[\u007f-\u009f]/g
const escapeOf = (character: string) => `\\u00${character.charCodeAt(0).toString(16)}`

// Ids, reasons and answers come from outside: a control sequence among them would move the cursor or set the window's title.
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?!\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g

/** The text with nothing left that moves a cursor; colours, line ends and tabs stay. */
export function withoutControls(text: string): string {
  return text.replace(CONTROL, '·')
}

export interface Column<Row> {
  readonly title: string
  /** Numbers are set flush right; null is an empty cell. */
  readonly value: (row: Row) => string | number | null
  readonly paint?: (text: string, row: Row) => string
}

/** A title line and a line for each row, in columns as wide as their widest cell. */
export function* tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Generator<string> {
  const cells = rows.map((row) => columns.map(({ value }) => value(row)))
  const isNumber = columns.map((_, at) => cells.some((line) => typeof line[at] === 'number'))
  const texts = cells.map((line) => line.map((cell) => oneLine(String(cell ?? ''))))
  const widths = columns.map(({ title }, at) =>
    Math.max(displayWidth(title), ...texts.map((line) => displayWidth(line[at] ?? ''))),
  )
  const lineOf = (line: readonly string[], painted: (text: string, at: number) => string) =>
    line
      .map((text, at) => {
        const pad = isNumber[at] ? padStart : padEnd
        return pad(painted(text, at), widths[at] ?? 0)
      })
      .join('  ')
      .trimEnd()
  yield lineOf(
    columns.map(({ title }) => title),
    (text) => (text === '' ? '' : paint.dim(text)),
  )
  for (const [number, line] of texts.entries())
    yield lineOf(line, (text, at) => {
      const own = columns[at]?.paint
      return own && text !== '' ? own(text, rows[number] as Row) : text
    })
}

function oneLine(text: string): string {
  return withoutControls(text.replace(/\s*[\r\n]+\s*/g, ' '))
}

/** One line each on stderr: `12:04:31 warn  refused POST /segment/events: …`. */
export const logLine: Log = (level, message) => {
  const time = new Date().toISOString().slice(11, 19)
  printError(`${time} ${level.padEnd(5)} ${message}`)
}

// `tracklayer … | head` closes our output early: that is the reader's right and no fault.
export function endQuietlyOnClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
}
