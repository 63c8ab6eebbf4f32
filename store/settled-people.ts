// Whom the store has just linked: the ids that messages named together and that a committed transaction has dealt with.
import type { Prepared, PreparedMessage } from './entries.ts'

/**
 * Remembers the latest claims, by the thousand. One that was dealt with links nobody when it comes again, so that its batch
 * need not wait for others about the same person. What it says may be out of date, once a merge was undone or after
 * another process wrote: then two transactions may link the same person, and one of them starts over.
 */
export interface SettledPeople {
  /** True of what links nobody and says nothing for which its person is held: of consent, membership, deletion. */
  has(message: PreparedMessage): boolean
  /** To be called once the entries are committed. */
  note(entries: readonly Prepared[]): void
}

/** Two generations of so many: some 5 MB, and the visitors of several seconds at full load. */
const GENERATION = 20_000

export function createSettledPeople(): SettledPeople {
  let recent = new Set<string>()
  let older = new Set<string>()
  return {
    has: (message) => {
      const key = holdsItsPerson(message) ? null : keyOf(message)
      return key !== null && (recent.has(key) || older.has(key))
    },
    note: (entries) => {
      for (const entry of entries) {
        const key = entry.kind === 'rejection' ? null : keyOf(entry)
        if (key !== null) recent.add(key)
      }
      if (recent.size < GENERATION) return
      older = recent
      recent = new Set()
    },
  }
}

function holdsItsPerson({ consent, audience, deletedAt }: PreparedMessage): boolean {
  return consent !== null || audience !== null || deletedAt !== null
}

// An alias merges people: it is never settled.
function keyOf({ identity: { userId, anonymousId, previousId } }: PreparedMessage): string | null {
  return previousId === null ? JSON.stringify([userId, anonymousId]) : null
}
