// Waiting for something that will happen, instead of sleeping for a time.
import { setTimeout as wait } from 'node:timers/promises'

// Shorter than a test's own time limit, so that what fails is the wait, which knows what it waited for.
const PATIENCE_MS = 20_000

/**
 * Asks again until the answer is true.
 * @param withinMs real milliseconds, default 20 s
 * @throws Error after that, with the condition's text, at the place of the call
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const late = new Error()
  Error.captureStackTrace(late, until)
  const endsAt = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() >= endsAt) {
      const text = String(condition).replace(/\s+/g, ' ').slice(0, 300)
      late.message = `Waited ${withinMs / 1000} s in vain for: ${text}`
      throw late
    }
    await wait(2)
  }
}
