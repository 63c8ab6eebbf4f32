// The results as people read them: one aligned table, parts under their titles.
import type { Spread } from './measure.ts'
import type { PartResult, Row } from './result.ts'

const HEADINGS = ['', 'median', 'min', 'max', 'unit', 'ratio', 'min–max', 'mark', '']
// Text reads from the left, numbers line up on the right.
const FROM_LEFT = new Set([0, 4, 7, 8])

export function tableOf(parts: readonly PartResult[]): string {
  const cells = parts.map(({ rows }) => rows.map(cellsOf))
  const all = [HEADINGS, ...cells.flat()]
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => widthOf(row[column]))))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0, FROM_LEFT.has(column)))
      .join('  ')
      .trimEnd()
  return parts
    .map(({ title, notes }, part) =>
      [
        title,
        line(HEADINGS),
        ...(cells[part] ?? []).map(line),
        ...notes.map((note) => `  ${note}`),
      ].join('\n'),
    )
    .join('\n\n')
}

function cellsOf({ what, value, unit, ratio, mark }: Row): string[] {
  const isSingle = value.min === value.max
  return [
    `  ${what}`,
    shown(value.median),
    isSingle ? '' : shown(value.min),
    isSingle ? '' : shown(value.max),
    unit,
    ratio ? `${ratio.median.toFixed(2)}x` : '',
    ratio ? range(ratio) : '',
    mark?.want ?? '',
    mark ? (mark.isMet ? 'pass' : 'MISS') : '',
  ]
}

function range({ min, max }: Spread): string {
  return min === max ? '' : `${min.toFixed(2)}–${max.toFixed(2)}`
}

function shown(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(value >= 100 ? 0 : 2)
}

function widthOf(cell = ''): number {
  return [...cell].length
}

function padded(cell: string, width: number, isFromLeft: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(cell)))
  return isFromLeft ? cell + blanks : blanks + cell
}
