// Rows → records of what each column takes. A value that does not fit its column's type goes to `_extra` under its
// place in the event, with a warning: a row is worth more than one of its values.
import type { Json, JsonObject } from '../../core/json.ts'
import type { Row } from './build-event.ts'
import type { Catalogue } from './catalogue.ts'
import { clean, type Encoded, encoded, familyOf, type Kind } from './column-types.ts'
import type { Dialect } from './dialect.ts'
import type { Column } from './statements.ts'

export interface FittedRow {
  /** Column → value; columns that are absent are null. */
  readonly record: Readonly<Record<string, Encoded>>
  readonly warnings: readonly string[]
}

/** The columns that rows ask for, with the type of the first value. */
export function wantedColumns(rows: readonly Row[]): Map<string, Kind> {
  const wanted = new Map<string, Kind>()
  for (const { cells } of rows)
    for (const [column, { kind }] of cells) if (!wanted.has(column)) wanted.set(column, kind)
  return wanted
}

export function fitRow(row: Row, catalogue: Catalogue, dialect: Dialect): FittedRow {
  const record: Record<string, Encoded> = {}
  const extra: Record<string, Json> = { ...row.extra } as Record<string, Json>
  const warnings = [...row.warnings]
  for (const [column, { source, value }] of row.cells) {
    const type = catalogue.get(column)
    const fitting = type && withinLimits(encoded(value, type, dialect.limitText), type, dialect)
    if (fitting !== undefined) record[column] = fitting
    else {
      extra[source] = value
      const why = type ? `does not fit column ${column} (${type.dataType})` : 'has no column'
      warnings.push(`${source}: ${why}; kept in _extra`)
    }
  }
  addExtra(record, extra, catalogue, dialect, warnings)
  return { record, warnings }
}

function addExtra(
  record: Record<string, Encoded>,
  extra: JsonObject,
  catalogue: Catalogue,
  dialect: Dialect,
  warnings: string[],
) {
  if (Object.keys(extra).length === 0) return
  const type = catalogue.get('_extra')
  const isJson = type && familyOf(type) === 'json'
  const value = isJson ? withinLimits(clean(extra), type, dialect) : undefined
  if (value !== undefined) record._extra = value
  else warnings.push('_extra: too long, or no JSON column; left out')
}

function withinLimits(value: Encoded, type: Column['type'], { maxJsonBytes }: Dialect): Encoded {
  if (maxJsonBytes === null || familyOf(type) !== 'json' || value === undefined) return value
  return Buffer.byteLength(JSON.stringify(value)) <= maxJsonBytes ? value : undefined
}

/** The columns that records fill, in the catalogue's order. */
export function usedColumns(rows: readonly FittedRow[], catalogue: Catalogue): Column[] {
  const used = new Set(rows.flatMap(({ record }) => Object.keys(record)))
  return [...catalogue].flatMap(([name, type]) => (used.has(name) ? [{ name, type }] : []))
}
