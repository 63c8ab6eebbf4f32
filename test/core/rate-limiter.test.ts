import { createRateLimiter } from '../../core/rate-limiter.ts'

describe('createRateLimiter()', () => {
  test('gives one second of burst, then the rate', () => {
    const limiter = createRateLimiter(10)
    expect(limiter.take(50, 0)).toBe(10)
    expect(limiter.take(1, 50)).toBe(0)
    expect(limiter.waitMs(50)).toBe(50)
    expect(limiter.take(50, 300)).toBe(3)
    expect(limiter.take(50, 60_000)).toBe(10)
  })

  test('sends one request at a time at a rate below one a second', () => {
    const limiter = createRateLimiter(0.5)
    expect(limiter.take(3, 0)).toBe(1)
    expect(limiter.take(3, 1_000)).toBe(0)
    expect(limiter.take(3, 2_000)).toBe(1)
  })

  test('takes back what was not used', () => {
    const limiter = createRateLimiter(5)
    expect(limiter.take(5, 0)).toBe(5)
    limiter.giveBack(2)
    expect(limiter.take(5, 0)).toBe(2)
  })

  test('never goes beyond the rate over any span', () => {
    const limiter = createRateLimiter(7)
    let taken = 0
    for (let at = 0; at <= 10_000; at += 13) taken += limiter.take(3, at)
    expect(taken).toBeLessThanOrEqual(7 * 10 + 7)
    expect(taken).toBeGreaterThanOrEqual(7 * 10)
  })

  test('a pause the receiver asked for holds everything, also without a limit', () => {
    const limiter = createRateLimiter(Number.POSITIVE_INFINITY)
    expect(limiter.take(100, 0)).toBe(100)
    limiter.pauseUntil(500)
    expect(limiter.take(100, 499)).toBe(0)
    expect(limiter.waitMs(400)).toBe(100)
    expect(limiter.take(100, 500)).toBe(100)
  })
})
