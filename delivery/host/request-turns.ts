// Whose turn it is to send to a destination. Groups of a claim and halves of a refused batch run side by side; together they
// keep to the destination's concurrency, and none begins so late that its answer would come after the claim's lease.
import type { Clock } from '../../core/clock.ts'

export interface RequestTurns {
  /** Waits for a turn, until `beginBy` at the latest; resolves with what ends the turn, or null when none came in time. */
  take(beginBy: number): Promise<(() => void) | null>
}

/** @param atOnce turns under way at the same time */
export function createRequestTurns(atOnce: number, clock: Clock): RequestTurns {
  let free = atOnce
  const waiting: (() => void)[] = []
  // A turn ends once; whoever waited longest has the next.
  const begin = () => () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return {
    take(beginBy) {
      if (clock.now() >= beginBy) return Promise.resolve(null)
      if (free > 0) {
        free--
        return Promise.resolve(begin())
      }
      return new Promise((resolve) => {
        const turn = () => {
          cancel()
          resolve(begin())
        }
        const cancel = clock.schedule(beginBy - clock.now(), () => {
          waiting.splice(waiting.indexOf(turn), 1)
          resolve(null)
        })
        waiting.push(turn)
      })
    },
  }
}

export interface TurnOptions {
  readonly clock: Clock
  /** Of the destination; without them a request begins at once. */
  readonly turns?: RequestTurns
  /** On the clock: nothing begins after it, halves of a refused batch included. Default never. */
  readonly beginBy?: number
}

/** Null when there was no turn in time. The turn is over before halves ask for theirs. */
export async function inTurn<Result>(
  { turns, beginBy = Number.POSITIVE_INFINITY, clock }: TurnOptions,
  run: () => Promise<Result>,
): Promise<Result | null> {
  if (clock.now() >= beginBy) return null
  const end = turns ? await turns.take(beginBy) : () => {}
  if (end === null) return null
  return run().finally(end)
}

/** What was refused as a whole because of one item, once more in two halves; results by position. */
export async function inHalves<Item, Result>(
  items: readonly Item[],
  run: (half: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const middle = items.length >> 1
  const halves = await Promise.all([run(items.slice(0, middle)), run(items.slice(middle))])
  return halves.flat()
}
