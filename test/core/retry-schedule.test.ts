import fc from 'fast-check'
import { createRandom } from '../../core/clock.ts'
import {
  DEFAULT_RETRY_SCHEDULE,
  nextDelayMs,
  type RetrySchedule,
} from '../../core/retry-schedule.ts'

const schedule: RetrySchedule = { baseMs: 1000, capMs: 8000, maxAttempts: 6 }
const least = () => 0
const most = () => 1 - Number.EPSILON

describe('nextDelayMs()', () => {
  test.each([
    { attempt: 1, from: 500, to: 1000 },
    { attempt: 2, from: 1000, to: 2000 },
    { attempt: 3, from: 2000, to: 4000 },
    { attempt: 4, from: 4000, to: 8000 },
    { attempt: 5, from: 4000, to: 8000 },
  ])('waits $from to $to ms after attempt $attempt', ({ attempt, from, to }) => {
    expect(nextDelayMs(schedule, attempt, least)).toBe(from)
    expect(nextDelayMs(schedule, attempt, most)).toBe(to)
  })

  test.each([6, 7, 1000])('gives up after attempt %d of 6', (attempt) => {
    expect(nextDelayMs(schedule, attempt, least)).toBeNull()
    expect(nextDelayMs(schedule, attempt, least, 60_000)).toBeNull()
  })

  test('leaves the receiver alone for as long as it asked, even beyond the cap', () => {
    expect(nextDelayMs(schedule, 1, most, 60_000)).toBe(60_000)
    expect(nextDelayMs(schedule, 4, most, 60)).toBe(8000)
  })

  test('the default schedule takes 3.2 to 6.4 hours', () => {
    const hours = (random: () => number) => {
      let total = 0
      for (let attempt = 1; ; attempt++) {
        const delay = nextDelayMs(DEFAULT_RETRY_SCHEDULE, attempt, random)
        if (delay === null) return total / 3_600_000
        total += delay
      }
    }
    expect(hours(least)).toBeCloseTo(3.2, 1)
    expect(hours(most)).toBeCloseTo(6.4, 1)
  })

  test('is a whole number of milliseconds between half and all of the delay, for any schedule', () => {
    const anySchedule = fc.record({
      baseMs: fc.integer({ min: 1, max: 60_000 }),
      capMs: fc.integer({ min: 1, max: 86_400_000 }),
      maxAttempts: fc.constant(5000),
    })
    fc.assert(
      fc.property(
        anySchedule,
        fc.integer({ min: 1, max: 4999 }),
        fc.nat(),
        (any, attempt, seed) => {
          const delay = nextDelayMs(any, attempt, createRandom(seed)) ?? Number.NaN
          const full = Math.min(any.capMs, any.baseMs * 2 ** Math.min(attempt - 1, 40))
          expect(Number.isInteger(delay)).toBe(true)
          expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2))
          expect(delay).toBeLessThanOrEqual(full)
        },
      ),
      { seed: 5, numRuns: 200 },
    )
  })
})
