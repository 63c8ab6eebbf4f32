// The live view of `tracklayer dev` as lines: what it says, and that it fits whatever the terminal's size.
import { createColors } from 'picocolors'
import { barOf, frameOf, type LiveState, sparkline } from '../../cli/dev/live-frame.ts'
import { displayWidth } from '../../cli/display-width.ts'
import type { DestinationSums } from '../../store/ledger.ts'

const plain = createColors(false)
const NOTHING = {
  ...{ pending: 0, held: 0, retrying: 0, delivered: 0, filtered: 0, dead: 0, unknown: 0 },
  ...{ total: 0, reasons: {} },
}
const sums = (part: Partial<Omit<DestinationSums, 'reasons'>>) =>
  ({ ...NOTHING, ...part }) as DestinationSums

const STATE: LiveState = {
  title: '300 shoppers, seed 42',
  phase: 'shoppers come in',
  seconds: 75,
  ledger: {
    environment: 'development',
    messages: {
      ...{ stored: 120, received: 130, accepted: 100, accepted_events: 90 },
      ...{ duplicates: 10, unmapped: 20, rejected: 0 },
    },
    ...{ events: 90, transitions: 0, owed: 180, balanced: true },
    destinations: {
      meta: sums({ delivered: 60, pending: 10, retrying: 5, held: 5, filtered: 9, dead: 1 }),
      webhook: sums({ delivered: 90 }),
    },
  },
  rates: [0, 10, 20],
  counted: { meta: 59 },
  oldestWaitingMs: 4_200,
  events: Array.from({ length: 30 }, (_, at) => `  ● purchase   ORD-${at}`),
  addresses: [['console', 'http://127.0.0.1:8700']],
  hasTable: false,
  areEventsShown: true,
  isHelpShown: false,
  isOver: false,
}

test('it says rates, queue age, what became of each destination, the latest events, addresses and keys', () => {
  expect(frameOf(STATE, { columns: 110, rows: 20 }, plain)).toEqual([
    '',
    '  tracklayer dev  300 shoppers, seed 42, 1:15  shoppers come in',
    '  accepted     100    20/s ▁▅█  10 duplicates, 20 unmapped; oldest waits 5 s',
    '',
    '  destination   sent  counted  waiting  held  filtered  unknown  dead',
    `  meta            60       59       15     5         9        0     1  ${'█'.repeat(25)}${'▓'.repeat(6)}▒▒░░░░×`,
    `  webhook         90                 0     0         0        0     0  ${'█'.repeat(38)}`,
    '',
    ...STATE.events.slice(-8),
    '',
    '  console       http://127.0.0.1:8700',
    '',
    '   c  console    e  hide events    ?  help    q  stop',
  ])
})

test.each([
  [200, 60],
  [110, 34],
  [80, 24],
  [60, 14],
  [40, 10],
  [20, 5],
])('%d columns and %d rows hold it, the keys included', (columns, rows) => {
  const help = { ...STATE, isHelpShown: rows > 14 }
  const frame = frameOf(help, { columns, rows }, plain)
  expect(frame.length).toBeLessThanOrEqual(rows)
  expect(Math.max(...frame.map(displayWidth))).toBeLessThanOrEqual(columns)
  expect(frame.at(-1)).toMatch(/^ {3}c {2}console/)
})

test('where there is no room for all destinations it says how many are left out', () => {
  const frame = frameOf(STATE, { columns: 80, rows: 8 }, plain)
  expect(frame).toContainEqual(expect.stringMatching(/^ {2}… \d more$/))
})

test('before anything arrived nothing is claimed, and nothing moves when it comes', () => {
  const empty = { ...STATE, ledger: null, events: [], rates: [0], oldestWaitingMs: null }
  const frame = frameOf(empty, { columns: 80, rows: 24 }, plain)
  expect(frame.join('\n')).toContain('no delivery yet')
  expect(frame.join('\n')).toContain('none waits')
  const first = frameOf({ ...empty, events: ['  + order'] }, { columns: 80, rows: 24 }, plain)
  expect(first).toHaveLength(frame.length)
})

test('keys: e hides the events, ? shows what the glyphs mean, t is there once there is a table', () => {
  const size = { columns: 110, rows: 40 }
  const hidden = frameOf({ ...STATE, areEventsShown: false }, size, plain).join('\n')
  expect(hidden).not.toContain('ORD-')
  expect(hidden).not.toContain('hide events')
  const help = frameOf({ ...STATE, isHelpShown: true, hasTable: true }, size, plain).join('\n')
  expect(help).toContain('█ sent   ▓ waiting   ▒ held   ░ filtered   × dead or unknown')
  expect(help).toContain(' t  table')
  expect(frameOf({ ...STATE, isOver: true }, size, plain).join('\n')).not.toContain('stop')
})

test.each([
  ['whatever there is has a character', sums({ delivered: 9_999, dead: 1 }), '█████████×'],
  ['all parts', sums({ delivered: 4, pending: 2, held: 2, filtered: 1, unknown: 1 }), '████▓▓▒▒░×'],
  ['nothing', sums({}), ''],
])('a bar: %s', (_, of, bar) => {
  expect(barOf(of, 10, plain)).toBe(bar)
})

test('a sparkline has the highest number as a full block, and none for nothing', () => {
  expect(sparkline([0, 0, 0])).toBe('▁▁▁')
  expect(sparkline([0, 50, 100])).toBe('▁▅█')
})
