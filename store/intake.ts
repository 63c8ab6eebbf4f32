// Where batches meet before they are stored: those that arrive while the database is busy share the next transaction.
// Round trips, statements and the flush at commit are paid once for all of them, and batches of one process do not
// wait for each other's rows.
import type { BatchResult } from '../core/batch.ts'
import type { Database } from './database.ts'
import type { Prepared } from './entries.ts'
import { type IngestOptions, ingest } from './ingest.ts'
import { createSettledPeople, type SettledPeople } from './settled-people.ts'

export interface IntakeOptions {
  readonly database: Database
  readonly optionsOf: (environment: string) => IngestOptions
}

/**
 * Stores a batch of entries and answers by position, once it is durable.
 * @throws TrackLayerError UNAVAILABLE when nothing could be made durable
 */
export type Intake = (environment: string, entries: readonly Prepared[]) => Promise<BatchResult[]>

// While one writes, another one asks or is flushed to the disk.
const WRITING_AT_ONCE = 3
const OPEN_AT_ONCE = 5
// Bounds the statements of one transaction; a single batch may have as many.
const MAX_GROUP_ENTRIES = 400

interface Waiting {
  readonly entries: readonly Prepared[]
  /** Whom it may link or hold, by every id. */
  readonly people: readonly string[]
  readonly resolve: (results: BatchResult[]) => void
  readonly reject: (error: unknown) => void
}

interface Group {
  readonly batches: readonly Waiting[]
  isWritten: boolean
}

interface Line {
  readonly waiting: Waiting[]
  /** Not committed yet. */
  readonly open: Set<Group>
  readonly settled: SettledPeople
}

export function createIntake({ database, optionsOf }: IntakeOptions): Intake {
  const lines = new Map<string, Line>()

  function storeNext(environment: string, line: Line): void {
    const writing = [...line.open].filter(({ isWritten }) => !isWritten).length
    if (writing === WRITING_AT_ONCE || line.open.size === OPEN_AT_ONCE) return
    const group = takeGroup(line)
    if (group.batches.length === 0) return
    line.open.add(group)
    const onWritten = () => {
      group.isWritten = true
      storeNext(environment, line)
    }
    const entries = group.batches.map((batch) => batch.entries)
    ingest(database, entries, { ...optionsOf(environment), onWritten })
      .then(
        (results) => {
          for (const [at, { entries, resolve }] of group.batches.entries()) {
            line.settled.note(entries)
            resolve(results[at] ?? [])
          }
        },
        (error: unknown) => {
          for (const { reject } of group.batches) reject(error) // each sender is answered
        },
      )
      .finally(() => {
        line.open.delete(group)
        storeNext(environment, line)
      })
    storeNext(environment, line)
  }

  return (environment, entries) =>
    new Promise((resolve, reject) => {
      const line = lines.get(environment) ?? newLine()
      lines.set(environment, line)
      line.waiting.push({ entries, people: peopleIn(entries, line.settled), resolve, reject })
      storeNext(environment, line)
    })
}

function newLine(): Line {
  return { waiting: [], open: new Set(), settled: createSettledPeople() }
}

function peopleIn(entries: readonly Prepared[], settled: SettledPeople): string[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'rejection' || settled.has(entry)) return []
    const { userId, anonymousId, previousId } = entry.identity
    return [userId, anonymousId, previousId].filter((id) => id !== null)
  })
}

// In order of arrival, but for batches that may link or hold somebody whom an open transaction or an earlier batch that waits
// may link or hold: two transactions that link the same person would undo each other's work, and one that waits for a row
// keeps a connection from others.
function takeGroup({ waiting, open }: Line): Group {
  const taken: Waiting[] = []
  const left: Waiting[] = []
  const busy = new Set<string>()
  const makeBusy = ({ people }: Waiting) => {
    for (const person of people) busy.add(person)
  }
  for (const { batches } of open) batches.forEach(makeBusy)
  let count = 0
  for (const batch of waiting) {
    const fits = taken.length === 0 || count + batch.entries.length <= MAX_GROUP_ENTRIES
    if (fits && batch.people.every((person) => !busy.has(person))) {
      taken.push(batch)
      count += batch.entries.length
    } else {
      left.push(batch)
      makeBusy(batch)
    }
  }
  waiting.splice(0, waiting.length, ...left)
  return { batches: taken, isWritten: false }
}
