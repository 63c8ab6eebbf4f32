// Rows into the table: all in one transaction, each found again by event_id and event_name. When the database refuses a
// value all the same, the rows are halved until the refused one is alone.
import type pg from 'pg'
import type { Row } from './build-event.ts'
import { type Catalogue, columnsFor } from './catalogue.ts'
import { familyOf } from './column-types.ts'
import { inTransaction } from './connection.ts'
import type { Dialect } from './dialect.ts'
import { type Failure, failureOf, isConflict, isDataFault } from './failure.ts'
import { type FittedRow, fitRow, usedColumns, wantedColumns } from './fit-rows.ts'
import { type Column, stageStatements, type Target, upsert } from './statements.ts'

export interface WrittenRow extends FittedRow {
  /** Null when the row is in the table. */
  readonly failure: Failure | null
}

// Two workers that write the same events wait for each other or, rarely, stop each other (40P01, 40001).
const ATTEMPTS = 3
// Redshift takes 32,767 parameters in one statement; PostgreSQL's way needs one.
const MAX_PARAMETERS = 30_000

interface Entry {
  readonly key: string
  readonly fitted: FittedRow
}

/** One result per row, by position. Rejects when it is about no single row. */
export async function writeRows(
  client: pg.Client,
  target: Target,
  rows: readonly Row[],
  dialect: Dialect,
): Promise<WrittenRow[]> {
  const catalogue = await columnsFor(client, target, wantedColumns(rows), dialect)
  const fitted = rows.map((row) => fitRow(row, catalogue, dialect))
  // One statement may not touch a row twice: of two payloads with one key the later one is written.
  const byKey = new Map<string, Entry>()
  rows.forEach((row, at) => {
    byKey.set(keyOf(row), { key: keyOf(row), fitted: fitted[at] as FittedRow })
  })
  // In one order everywhere, so that two workers with the same keys cannot each hold what the other wants.
  const entries = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  const failures = new Map<string, Failure>()
  await writeEntries(client, target, entries, catalogue, dialect, failures)
  return rows.map((row, at) => ({
    ...(fitted[at] as FittedRow),
    failure: failures.get(keyOf(row)) ?? null,
  }))
}

async function writeEntries(
  client: pg.Client,
  target: Target,
  entries: readonly Entry[],
  catalogue: Catalogue,
  dialect: Dialect,
  failures: Map<string, Failure>,
): Promise<void> {
  const records = entries.map(({ fitted }) => fitted)
  const columns = usedColumns(records, catalogue)
  try {
    await attempted(() => writeOnce(client, target, records, columns, dialect))
  } catch (thrown) {
    if (!isDataFault(thrown)) throw thrown
    const [only] = entries
    if (entries.length === 1 && only) {
      failures.set(only.key, failureOf(thrown))
      return
    }
    const middle = entries.length >> 1
    for (const half of [entries.slice(0, middle), entries.slice(middle)])
      await writeEntries(client, target, half, catalogue, dialect, failures)
  }
}

function writeOnce(
  client: pg.Client,
  target: Target,
  rows: readonly FittedRow[],
  columns: readonly Column[],
  dialect: Dialect,
): Promise<void> {
  if (dialect.name === 'redshift') return viaStage(client, target, rows, columns, dialect)
  const records = JSON.stringify(rows.map(({ record }) => record))
  return inTransaction(client, async () => {
    await client.query(upsert(target, columns), [records])
  })
}

function viaStage(
  client: pg.Client,
  target: Target,
  rows: readonly FittedRow[],
  columns: readonly Column[],
  dialect: Dialect,
): Promise<void> {
  const sql = stageStatements(target, columns, dialect)
  const perStatement = Math.max(Math.floor(MAX_PARAMETERS / columns.length), 1)
  return inTransaction(client, async () => {
    await client.query(sql.create)
    for (let at = 0; at < rows.length; at += perStatement) {
      const part = rows.slice(at, at + perStatement)
      const values = part.flatMap((row) => columns.map((column) => parameterOf(row, column)))
      await client.query(sql.fill(part.length), values)
    }
    await client.query(sql.remove)
    await client.query(sql.insert)
    await client.query(sql.drop)
  })
}

function parameterOf({ record }: FittedRow, { name, type }: Column): unknown {
  const value = record[name]
  if (value === undefined) return null
  return familyOf(type) === 'json' ? JSON.stringify(value) : value
}

async function attempted(run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (thrown) {
      if (attempt === ATTEMPTS || !isConflict(thrown)) throw thrown
    }
  }
}

const keyOf = ({ eventId, eventName }: Row): string => JSON.stringify([eventId, eventName])
