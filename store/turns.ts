// Long synchronous work in turns: one at each round of the event loop, so that the answers of the database, which open
// transactions wait for, do not queue behind every batch that has arrived meanwhile.

/** Of a batch, what is decided or put on record in one turn: a thousand in one go would keep the database waiting. */
export const EVENTS_A_TURN = 64

const waiting: (() => void)[] = []

/** Resolves when it is the caller's turn; what it does up to its next await is its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next)
  })
}

function next(): void {
  const resolve = waiting.shift()
  if (waiting.length > 0) setImmediate(next)
  resolve?.()
}
