// Where batches meet before they are stored: those that arrive while the database is busy share the next transaction.
// Round trips, statements and the flush at commit are paid once for all of them, and batches of one process do not
// wait for each other's rows.
import type { BatchResult } from '../core/batch.ts'
import type { MappingTable } from '../core/mapping-table.ts'
import type { Database } from './database.ts'
import { type Prepared, prepareEntry } from './entries.ts'
import { type IngestOptions, ingest } from './ingest.ts'

export interface IntakeOptions {
  readonly database: Database
  readonly table: MappingTable
  readonly optionsOf: (environment: string) => IngestOptions
}

/**
 * Stores a batch of parsed entries and answers by position, once it is durable.
 * @throws TrackLayerError UNAVAILABLE when nothing could be made durable
 */
export type Intake = (environment: string, entries: readonly unknown[]) => Promise<BatchResult[]>

// While one transaction waits for the disk another one works; more would only wait for each other's people.
const TRANSACTIONS_AT_ONCE = 2
// Bounds the statements of one transaction; a single batch may have as many.
const MAX_GROUP_ENTRIES = 400

interface Waiting {
  readonly entries: readonly Prepared[]
  readonly resolve: (results: BatchResult[]) => void
  readonly reject: (error: unknown) => void
}

export function createIntake({ database, table, optionsOf }: IntakeOptions): Intake {
  const lines = new Map<string, { readonly waiting: Waiting[]; running: number }>()

  async function storeGroups(environment: string, line: { waiting: Waiting[] }): Promise<void> {
    while (line.waiting.length > 0) {
      const group = takeGroup(line.waiting)
      const batches = group.map(({ entries }) => entries)
      try {
        const results = await ingest(database, batches, optionsOf(environment))
        for (const [at, { resolve }] of group.entries()) resolve(results[at] ?? [])
      } catch (error) {
        for (const { reject } of group) reject(error) // each sender is answered
      }
    }
  }

  return (environment, entries) =>
    new Promise((resolve, reject) => {
      const line = lines.get(environment) ?? { waiting: [], running: 0 }
      lines.set(environment, line)
      const prepared = entries.map((entry) => prepareEntry(entry, table))
      line.waiting.push({ entries: prepared, resolve, reject })
      if (line.running >= TRANSACTIONS_AT_ONCE) return
      line.running++
      void storeGroups(environment, line).finally(() => line.running--)
    })
}

function takeGroup(waiting: Waiting[]): Waiting[] {
  let count = 0
  let end = 0
  for (const { entries } of waiting) {
    count += entries.length
    if (end > 0 && count > MAX_GROUP_ENTRIES) break
    end++
  }
  return waiting.splice(0, end)
}
