// The table's columns, made or added where they are missing. Several workers may do so at once: changes of the table run
// in a transaction of their own that holds no row, one worker at a time, and afterwards the catalogue is read again,
// because another worker may have given a new column another type.
import type pg from 'pg'
import { FIXED_COLUMNS } from './column-names.ts'
import type { ColumnType, Kind } from './column-types.ts'
import { inTransaction } from './connection.ts'
import type { Dialect } from './dialect.ts'
import { isAlreadyThere } from './failure.ts'
import {
  addColumns,
  createSchema,
  createTable,
  READ_COLUMNS,
  READ_SCHEMA,
  type Target,
  targetName,
} from './statements.ts'

export type Catalogue = ReadonlyMap<string, ColumnType>

// Both have room for 1600. Past this the table has stopped being read by people; values go to _extra.
const MAX_COLUMNS = 1000
// A long reader of the table must not hold delivery up for good: the batch is tried again later.
const LOCK_TIMEOUT = '5s'

export async function columnsFor(
  client: pg.Client,
  target: Target,
  wanted: ReadonlyMap<string, Kind>,
  dialect: Dialect,
): Promise<Catalogue> {
  let catalogue = await readColumns(client, target)
  if (catalogue.size === 0) {
    await create(client, target, dialect)
    catalogue = await readColumns(client, target)
  }
  const missing = missingFrom(catalogue, wanted)
  if (missing.size === 0) return catalogue
  await add(client, target, missing, dialect)
  return readColumns(client, target)
}

async function readColumns(client: pg.Client, { schema, table }: Target): Promise<Catalogue> {
  const { rows } = await client.query<{
    column_name: string
    data_type: string
    character_maximum_length: number | null
    numeric_precision: number | null
    numeric_scale: number | null
  }>(READ_COLUMNS, [schema, table])
  return new Map(
    rows.map((row) => [
      row.column_name,
      {
        dataType: row.data_type,
        maxLength: row.character_maximum_length,
        precision: row.numeric_precision,
        scale: row.numeric_scale,
      },
    ]),
  )
}

// Fixed columns first, so that a full table still has them; then by name.
function missingFrom(catalogue: Catalogue, wanted: ReadonlyMap<string, Kind>): Map<string, Kind> {
  const fixed = Object.entries(FIXED_COLUMNS) as [string, Kind][]
  const others = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))
  const missing = new Map([...fixed, ...others].filter(([name]) => !catalogue.has(name)))
  const room = Math.max(MAX_COLUMNS - catalogue.size, 0)
  return new Map([...missing].slice(0, room))
}

async function create(client: pg.Client, target: Target, dialect: Dialect): Promise<void> {
  const { rowCount } = await client.query(READ_SCHEMA, [target.schema])
  const statements = rowCount === 0 ? [createSchema(target)] : []
  for (const sql of [...statements, createTable(target, dialect)])
    await unlessThere(() => changeTable(client, target, dialect, sql))
}

async function add(
  client: pg.Client,
  target: Target,
  columns: ReadonlyMap<string, Kind>,
  dialect: Dialect,
): Promise<void> {
  for (const sql of addColumns(target, columns, dialect))
    await unlessThere(() => changeTable(client, target, dialect, sql))
}

async function changeTable(
  client: pg.Client,
  target: Target,
  dialect: Dialect,
  sql: string,
): Promise<void> {
  if (dialect.name === 'redshift') {
    await client.query(sql)
    return
  }
  await inTransaction(client, async () => {
    await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`)
    await client.query('select pg_advisory_xact_lock(hashtext($1))', [
      `tracklayer:${targetName(target)}`,
    ])
    await client.query(sql)
  })
}

async function unlessThere(change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (thrown) {
    if (!isAlreadyThere(thrown)) throw thrown
  }
}
