// Statements of an older migration on today's tables.
import type { TestDatabase } from './database.ts'

/** Runs what a migration before 17 does with stored messages and events, which were `json` then. */
export async function runOlderStatements(
  database: TestDatabase,
  statements: readonly string[],
): Promise<void> {
  await changeTexts(database, 'json')
  try {
    for (const statement of statements) await database.query(statement)
  } finally {
    await changeTexts(database, 'text')
  }
}

async function changeTexts(database: TestDatabase, type: 'json' | 'text'): Promise<void> {
  await database.query(`alter table messages alter column raw type ${type} using raw::${type}`)
  await database.query(
    `alter table events alter column canonical type ${type} using canonical::${type}`,
  )
}
