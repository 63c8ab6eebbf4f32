// The time one run of an action has, however many requests it makes: a claim's lease is counted from it, and an attempt
// that outlives its lease is sent a second time by another worker.
import type { Clock } from '../../core/clock.ts'
import { TrackLayerError } from '../../core/errors.ts'

export interface Deadline {
  /** Milliseconds left for requests; 0 when it is over. */
  remainingMs(): number
}

// Requests end at the deadline and say of themselves what became of them; only work that does not heed them is cut off.
const GRACE_MS = 500

/**
 * Runs `work` with a deadline on `clock`.
 * @throws TrackLayerError TIMED_OUT half a second after it is over, even if `work` never ends
 */
export function withDeadline<Result>(
  clock: Clock,
  timeoutMs: number,
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const endsAt = clock.now() + timeoutMs
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(timeoutMs + GRACE_MS, () =>
      reject(new TrackLayerError('TIMED_OUT', `the action did not end within ${timeoutMs} ms`)),
    )
    work({ remainingMs: () => Math.max(0, endsAt - clock.now()) })
      .then(resolve, reject)
      .finally(cancel)
  })
}
