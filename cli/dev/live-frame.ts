// The live view of `tracklayer dev` as lines of text: everything it shows follows from the state and the terminal's size.
import type { Reconciliation } from '../../store/ledger.ts'
import { cut, padEnd, padStart } from '../display-width.ts'
import type { Paint } from '../output.ts'
import { duration } from '../progress.ts'

export interface LiveState {
  /** `300 shoppers, seed 42` */
  readonly title: string
  /** What is going on: `starting`, `shoppers come in` … */
  readonly phase: string
  /** Since the start. */
  readonly seconds: number
  readonly ledger: Reconciliation | null
  /** Accepted messages a second, the oldest first. */
  readonly rates: readonly number[]
  /** Destination → what its platform counted. */
  readonly counted: Readonly<Record<string, number>>
  /** Of the event that has waited longest; null when none waits. */
  readonly oldestWaitingMs: number | null
  /** The latest last. */
  readonly events: readonly string[]
  /** Label and address. */
  readonly addresses: readonly (readonly [label: string, address: string])[]
  readonly hasTable: boolean
  readonly areEventsShown: boolean
  readonly isHelpShown: boolean
  /** The last picture: no key does anything any more. */
  readonly isOver: boolean
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

type Sums = Reconciliation['destinations'][string]

const MAX_EVENTS = 8
const MIN_BAR = 8
const MAX_BAR = 40

/** At most `size.rows` lines. What there is no room for goes in this order: events, addresses, destinations. */
export function frameOf(state: LiveState, { columns, rows }: Size, paint: Paint): string[] {
  const head = ['', ...headLines(state, paint)]
  const foot = state.isOver ? [] : ['', keyLine(state, paint)]
  const table = ['', ...destinationLines(state, columns, paint)]
  const addresses = state.addresses.length > 0 ? ['', ...addressLines(state, paint)] : []
  const help = state.isHelpShown && !state.isOver ? ['', ...helpLines(paint)] : []
  let left = rows - head.length - foot.length - help.length
  const shownTable = left >= table.length ? table : shortened(table, left, paint)
  left -= shownTable.length
  const shownAddresses = left >= addresses.length ? addresses : []
  left -= shownAddresses.length
  const events = state.areEventsShown && !state.isOver ? eventLines(state, left, paint) : []
  return [...head, ...shownTable, ...events, ...help, ...shownAddresses, ...foot]
    .slice(-rows)
    .map((line) => cut(line, columns))
}

function headLines({ title, phase, seconds, ledger, rates, ...state }: LiveState, paint: Paint) {
  const { accepted = 0, duplicates = 0, unmapped = 0 } = ledger?.messages ?? {}
  const age = state.oldestWaitingMs
  const queue = age === null ? 'none waits' : `oldest waits ${duration(Math.max(age, 0) / 1000)}`
  const rate = `${padStart(String(Math.round(rates.at(-1) ?? 0)), 5)}/s`
  const rest = `${duplicates} duplicates, ${unmapped} unmapped`
  return [
    `  ${paint.bold('tracklayer dev')}  ${paint.dim(`${title}, ${clockText(seconds)}`)}  ${phase}`,
    `  ${paint.bold('accepted')} ${padStart(String(accepted), 7)} ${rate} ${paint.cyan(sparkline(rates))}  ${paint.dim(`${rest}; ${queue}`)}`,
  ]
}

const LEVELS = '▁▂▃▄▅▆▇█'

/** One character for each number, the highest of them a full block. */
export function sparkline(numbers: readonly number[]): string {
  const highest = Math.max(...numbers, 1)
  return numbers
    .map((number) => LEVELS[Math.min(7, Math.ceil((number / highest) * 7))] ?? '')
    .join('')
}

interface Cell {
  readonly title: string
  readonly width: number
  /** Shown from so many columns of the terminal on. */
  readonly from: number
  readonly value: (sums: Sums, counted: number | undefined) => string
  readonly paint?: (text: string, paint: Paint) => string
}

const redWhenAny = (text: string, paint: Paint) => (text.trim() === '0' ? text : paint.red(text))

const CELLS: readonly Cell[] = [
  { title: 'sent', width: 7, from: 0, value: ({ delivered }) => String(delivered) },
  { title: 'counted', width: 9, from: 0, value: (_, counted) => String(counted ?? '') },
  {
    title: 'waiting',
    width: 9,
    from: 44,
    value: ({ pending, retrying }) => String(pending + retrying),
    paint: (text, paint) => (text.trim() === '0' ? text : paint.yellow(text)),
  },
  { title: 'held', width: 6, from: 70, value: ({ held }) => String(held) },
  { title: 'filtered', width: 10, from: 80, value: ({ filtered }) => String(filtered) },
  {
    title: 'unknown',
    width: 9,
    from: 92,
    value: ({ unknown }) => String(unknown),
    paint: redWhenAny,
  },
  { title: 'dead', width: 6, from: 0, value: ({ dead }) => String(dead), paint: redWhenAny },
]

function* destinationLines(
  { ledger, counted }: LiveState,
  columns: number,
  paint: Paint,
): Generator<string> {
  const rows = Object.entries(ledger?.destinations ?? {})
  if (rows.length === 0) return yield paint.dim('  no delivery yet')
  const name = Math.max(11, ...rows.map(([each]) => each.length))
  const cells = CELLS.filter(({ from }) => columns >= from)
  const taken = 2 + name + cells.reduce((sum, { width }) => sum + width, 0)
  const bar = Math.min(MAX_BAR, columns - taken - 3)
  const titles = cells.map(({ title, width }) => padStart(title, width)).join('')
  yield paint.dim(`  ${padEnd('destination', name)}${titles}`)
  for (const [each, sums] of rows) {
    const numbers = cells.map(({ value, width, paint: own }) => {
      const text = padStart(value(sums, counted[each]), width)
      return own ? own(text, paint) : text
    })
    const picture = bar >= MIN_BAR ? `  ${barOf(sums, bar, paint)}` : ''
    yield `  ${padEnd(each, name)}${numbers.join('')}${picture}`
  }
}

// A glyph of its own for each part, so that nothing hangs on colour alone.
const PARTS = [
  { glyph: '█', words: 'sent', of: ({ delivered }: Sums) => delivered, colour: 'green' },
  { glyph: '▓', words: 'waiting', of: (s: Sums) => s.pending + s.retrying, colour: 'yellow' },
  { glyph: '▒', words: 'held', of: ({ held }: Sums) => held, colour: 'cyan' },
  { glyph: '░', words: 'filtered', of: ({ filtered }: Sums) => filtered, colour: 'dim' },
  { glyph: '×', words: 'dead or unknown', of: (s: Sums) => s.dead + s.unknown, colour: 'red' },
] as const

/** What became of a destination's events, in parts of `width`; whatever there is at all has one character at least. */
export function barOf(sums: Sums, width: number, paint: Paint): string {
  const counts = PARTS.map(({ of }) => of(sums))
  const all = counts.reduce((sum, count) => sum + count, 0)
  if (all === 0) return ''
  const lengths = counts.map((count) =>
    count === 0 ? 0 : Math.max(1, Math.round((width * count) / all)),
  )
  // Rounding may have added or left out a few: the longest part takes the difference.
  const longest = lengths.indexOf(Math.max(...lengths))
  lengths[longest] = (lengths[longest] ?? 0) + width - lengths.reduce((sum, one) => sum + one, 0)
  return PARTS.map(({ glyph, colour }, at) => paint[colour](glyph.repeat(lengths[at] ?? 0))).join(
    '',
  )
}

function shortened(lines: readonly string[], room: number, paint: Paint): string[] {
  if (room < 3) return []
  return [...lines.slice(0, room - 1), paint.dim(`  … ${lines.length - room + 1} more`)]
}

function eventLines({ events }: LiveState, room: number, paint: Paint): string[] {
  const count = Math.min(MAX_EVENTS, room - 1)
  if (count < 1) return []
  const shown = events.slice(-count)
  // As many lines before the first events as after: nothing below moves when they come.
  const blank = Array.from({ length: count - shown.length }, () => '')
  const lines =
    shown.length === 0 ? [paint.dim('  nothing yet'), ...blank.slice(1)] : [...shown, ...blank]
  return ['', ...lines]
}

function addressLines({ addresses }: LiveState, paint: Paint): string[] {
  return addresses.map(([label, address]) => `  ${paint.dim(label.padEnd(13))} ${address}`)
}

function keyLine({ hasTable, areEventsShown, isHelpShown }: LiveState, paint: Paint): string {
  const keys = [
    ['c', 'console'],
    ['e', areEventsShown ? 'hide events' : 'events'],
    ...(hasTable ? [['t', 'table']] : []),
    ['?', isHelpShown ? 'hide help' : 'help'],
    ['q', 'stop'],
  ]
  return `  ${keys.map(([key, words]) => `${paint.inverse(` ${key} `)} ${words}`).join('   ')}`
}

function helpLines(paint: Paint): string[] {
  const legend = PARTS.map(({ glyph, words, colour }) => `${paint[colour](glyph)} ${words}`)
  return [
    `  ${legend.join('   ')}`,
    paint.dim('  counted: what the platform itself counts; repeats that it recognises count once'),
    paint.dim(
      '  c makes a link that signs you in to the console once, within 15 minutes, and opens it',
    ),
    paint.dim('  t prints the sample’s table again; q or Ctrl-C ends it and removes the sample'),
  ]
}

function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
