// Collects what arrives within a window, or up to a count, whichever is reached first (facts 1.5: 10 s or 20 events).
import type { Clock } from '../../core/clock.ts'

export interface BatchOptions {
  /** Default 10 s. */
  readonly windowMs?: number
  /** Default 20; Segment's support raises it up to 400 (`batchMaxCount` of the function). */
  readonly batchMaxCount?: number
}

export interface BatchFormer<T> {
  add(item: T): void
  /** Sends what is forming now. */
  flush(): void
  /** Drops the timer; what is forming is never sent. */
  stop(): void
  readonly size: number
}

export const BATCH_COUNT_LIMIT = 400

export function createBatchFormer<T>(
  clock: Clock,
  { windowMs = 10_000, batchMaxCount = 20 }: BatchOptions,
  send: (items: readonly T[]) => void,
): BatchFormer<T> {
  if (!(batchMaxCount >= 1 && batchMaxCount <= BATCH_COUNT_LIMIT)) {
    throw new RangeError(`batchMaxCount must be 1 to ${BATCH_COUNT_LIMIT}, is ${batchMaxCount}`)
  }
  let forming: T[] = []
  let cancel = () => {}

  function flush() {
    cancel()
    if (forming.length === 0) return
    const items = forming
    forming = []
    send(items)
  }

  return {
    add(item) {
      forming.push(item)
      if (forming.length === 1) cancel = clock.schedule(windowMs, flush)
      if (forming.length >= batchMaxCount) flush()
    },
    flush,
    stop: () => cancel(),
    get size() {
      return forming.length
    },
  }
}
