// Waiting for something that will happen, instead of sleeping for a time.
import { setTimeout as wait } from 'node:timers/promises'

/** Asks again until the answer is true; the test's own time limit is the only other end. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(2)
}
