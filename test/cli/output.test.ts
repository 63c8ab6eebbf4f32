// What people see in a terminal: columns that line up, colour only where it helps, and nothing that moves the cursor.
import { stripVTControlCharacters } from 'node:util'
import { cut, displayWidth } from '../../cli/display-width.ts'
import { isColoured, tableLines, withoutControls } from '../../cli/output.ts'
import { createProgress, duration } from '../../cli/progress.ts'
import { createRegion } from '../../cli/region.ts'

const RED = '\u001b[31mred\u001b[39m'

test.each([
  ['plain', 5],
  ['Łódź', 4],
  ['e\u0301', 1],
  ['東京', 4],
  ['👍🏽', 2],
  ['☞', 1],
  [RED, 3],
])('%s takes %d columns', (text, width) => {
  expect(displayWidth(text)).toBe(width)
})

test('cut() ends what is too wide with an ellipsis, never inside a character, and ends its colour', () => {
  expect(cut('abcdef', 6)).toBe('abcdef')
  expect(cut('abcdef', 4)).toBe('abc…')
  expect(displayWidth(cut('東京都庁', 6))).toBeLessThanOrEqual(6)
  expect(cut(`${RED} and more`, 5)).toBe('\u001b[31mred\u001b[39m …')
})

test('a table is as wide as what is in it, by what is seen; numbers stand flush right', () => {
  const rows = [
    { name: '東京', count: 7 },
    { name: 'Łódź, and a line\nbreak', count: 1200 },
  ]
  const columns = [
    { title: 'shop', value: ({ name }: (typeof rows)[number]) => name },
    { title: 'orders', value: ({ count }: (typeof rows)[number]) => count },
  ]
  expect([...tableLines(columns, rows)].map(stripVTControlCharacters)).toEqual([
    'shop                    orders',
    '東京                         7',
    'Łódź, and a line break    1200',
  ])
})

test.each([
  ['a terminal', { isTTY: true }, {}, true],
  ['a pipe', {}, {}, false],
  ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, true],
  ['FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0', { isTTY: true }, { FORCE_COLOR: '0' }, false],
  ['NO_COLOR before FORCE_COLOR', { isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
])('%s: coloured or not', (_, stream, variables, expected) => {
  expect(isColoured(stream, variables)).toBe(expected)
})

test('what came from outside cannot move the cursor, clear the screen or set a title', () => {
  expect(withoutControls('id\u001b[2J\u001b]0;title\u0007\r\u009b1A')).toBe('id·[2J·]0;title···1A')
  expect(withoutControls(`${RED}\tand\nmore`)).toBe(`${RED}\tand\nmore`)
})

function screen(isTTY: boolean) {
  const written: string[] = []
  const write = (text: string) => {
    written.push(text)
    return true
  }
  return { written, stream: { isTTY, columns: 60, write } as never }
}

test('on a terminal, progress is one line that is written over: bar, count, rate and what is left', () => {
  let now = 0
  const { written, stream } = screen(true)
  const progress = createProgress({ clock: { now: () => now }, stream })
  progress.show(0, 1000, 'settled')
  now = 2_000
  progress.show(500, 1000, 'settled')
  const line = stripVTControlCharacters(written.at(-1) ?? '')
  expect(line).toBe(`\r  ${'█'.repeat(15)}${'░'.repeat(15)} 500/1000 settled, 250/s, …`)
  expect(written.join('')).not.toContain('\n')
  progress.end()
  expect(written.at(-1)).toBe('\r\u001b[K')
})

test('elsewhere it is a line every tenth of the way, and none for what takes no time', () => {
  let now = 0
  const { written, stream } = screen(false)
  const progress = createProgress({ clock: { now: () => now }, stream })
  progress.show(0, 100, 'settled')
  progress.show(50, 100, 'settled')
  expect(written).toEqual([])
  for (let done = 51; done <= 100; done++) {
    now += 1_000
    progress.show(done, 100, 'settled')
  }
  expect(written).toHaveLength(6)
  expect(written.slice(0, 2)).toEqual([
    '  51/100 settled, 51/s, 1 s left\n',
    '  60/100 settled, 6.0/s, 7 s left\n',
  ])
  expect(written.at(-1)).toBe('  100/100 settled, 2.0/s\n')
})

test('with --json there is no progress at all', () => {
  const { written, stream } = screen(true)
  const progress = createProgress({ isSilent: true, stream })
  progress.show(1, 2, 'settled')
  progress.end()
  expect(written).toEqual([])
})

test.each([
  [0.2, '1 s'],
  [89, '89 s'],
  [600, '10 min'],
  [9_000, '2.5 h'],
])('%d seconds are said as %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words)
})

test('a region writes what changed, keeps to the terminal, and lets lines stay above', () => {
  const { written, stream } = screen(true)
  const region = createRegion(stream)
  region.draw(['one', 'x'.repeat(80)])
  expect(written.at(-1)).toBe(`\rone\u001b[K\n${'x'.repeat(59)}…\u001b[K\n\u001b[J`)
  region.draw(['one', 'two'])
  expect(written.at(-1)).toBe('\u001b[2A\r\ntwo\u001b[K\n\u001b[J')
  const before = written.length
  region.draw(['one', 'two'])
  expect(written).toHaveLength(before)
  region.above(['stays'])
  expect(written.slice(-2)).toEqual([
    '\u001b[2A\r\u001b[Jstays\n',
    '\rone\u001b[K\ntwo\u001b[K\n\u001b[J',
  ])
})
