// The SQL of this destination. Values are always parameters; identifiers always go through `quoted`.
import { FIXED_COLUMNS, quoted } from './column-names.ts'
import { type ColumnType, familyOf, type Kind } from './column-types.ts'
import type { Dialect } from './dialect.ts'

export interface Target {
  readonly schema: string
  readonly table: string
}

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

export const targetName = ({ schema, table }: Target): string =>
  `${quoted(schema)}.${quoted(table)}`

/** $1 schema, $2 table. */
export const READ_COLUMNS = `
  select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale
  from information_schema.columns where table_schema = $1 and table_name = $2
  order by ordinal_position`

/** $1 schema. "create schema if not exists" asks for the right to create even when there is nothing to create. */
export const READ_SCHEMA = 'select 1 from pg_namespace where nspname = $1'

export const createSchema = ({ schema }: Target): string =>
  `create schema if not exists ${quoted(schema)}`

export function createTable(target: Target, dialect: Dialect): string {
  const columns = Object.entries(FIXED_COLUMNS).map(([name, kind]) => {
    const isKey = name === 'event_id' || name === 'event_name'
    return `${quoted(name)} ${dialect.types[kind]}${isKey ? ' not null' : ''}`
  })
  return `create table if not exists ${targetName(target)} (${[
    ...columns,
    `"loaded_at" timestamptz default ${dialect.now}`,
    'primary key ("event_id", "event_name")',
  ].join(', ')})`
}

/** PostgreSQL: all at once, and not a fault when another worker was first. Redshift: one each, and a fault then. */
export function addColumns(
  target: Target,
  columns: ReadonlyMap<string, Kind>,
  dialect: Dialect,
): string[] {
  const alter = `alter table ${targetName(target)}`
  const each = [...columns].map(([name, kind]) => `${quoted(name)} ${dialect.types[kind]}`)
  if (dialect.name === 'redshift') return each.map((column) => `${alter} add column ${column}`)
  return [`${alter} ${each.map((column) => `add column if not exists ${column}`).join(', ')}`]
}

/** $1: a JSON array of objects, column → value. */
export function upsert(target: Target, columns: readonly Column[]): string {
  const names = columns.map(({ name }) => quoted(name)).join(', ')
  const typed = columns.map(({ name, type }) => `${quoted(name)} ${sqlType(type)}`).join(', ')
  const changes = columns
    .filter(({ name }) => name !== 'event_id' && name !== 'event_name')
    .map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`)
  const action = changes.length > 0 ? `do update set ${changes.join(', ')}` : 'do nothing'
  return `insert into ${targetName(target)} (${names})
    select ${names} from jsonb_to_recordset($1::jsonb) as source(${typed})
    on conflict ("event_id", "event_name") ${action}`
}

const STAGE = quoted('tracklayer_stage')

/** Redshift's way: fill a stage, take the old rows out, put the new ones in; all in one transaction. */
export function stageStatements(target: Target, columns: readonly Column[], dialect: Dialect) {
  const names = columns.map(({ name }) => quoted(name)).join(', ')
  const isJson = (column: Column) => familyOf(column.type) === 'json'
  const stageType = (column: Column) => {
    const family = familyOf(column.type)
    return dialect.types[family === null || family === 'json' ? 'text' : family]
  }
  const into = targetName(target)
  return {
    create: `create temp table ${STAGE} (${columns
      .map((column) => `${quoted(column.name)} ${stageType(column)}`)
      .join(', ')})`,
    fill: (rows: number) =>
      `insert into ${STAGE} (${names}) values ${placeholders(rows, columns.length)}`,
    remove: `delete from ${into} using ${STAGE}
      where ${into}."event_id" = ${STAGE}."event_id" and ${into}."event_name" = ${STAGE}."event_name"`,
    insert: `insert into ${into} (${names}) select ${columns
      .map((column) =>
        isJson(column) ? `json_parse(${quoted(column.name)})` : quoted(column.name),
      )
      .join(', ')} from ${STAGE}`,
    drop: `drop table ${STAGE}`,
  }
}

function placeholders(rows: number, columns: number): string {
  const row = (at: number) =>
    `(${Array.from({ length: columns }, (_, column) => `$${at * columns + column + 1}`).join(', ')})`
  return Array.from({ length: rows }, (_, at) => row(at)).join(', ')
}

// Names out of the catalogue's own list: nothing else reaches a statement (familyOf knows no other).
const sqlType = ({ dataType }: ColumnType): string => dataType
