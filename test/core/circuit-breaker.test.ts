import { createCircuitBreaker } from '../../core/circuit-breaker.ts'

const OPTIONS = { failureShare: 0.5, minimum: 4, windowMs: 1_000, restMs: 100, maxRestMs: 300 }

function fail(breaker: ReturnType<typeof createCircuitBreaker>, times: number, at = 0) {
  for (let i = 0; i < times; i++) breaker.ended(true, at)
}

describe('createCircuitBreaker()', () => {
  test('stays closed below the minimum, and opens at it', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    fail(breaker, 3)
    expect(breaker.state(0)).toBe('closed')
    fail(breaker, 1)
    expect(breaker.state(0)).toBe('open')
    expect(breaker.permits(8, 0)).toBe(0)
    expect(breaker.waitMs(30)).toBe(70)
  })

  test('stays closed while fewer than the share of outcomes fail', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    for (let i = 0; i < 20; i++) breaker.ended(i % 3 === 2, i)
    expect(breaker.state(20)).toBe('closed')
    expect(breaker.permits(8, 20)).toBe(8)
  })

  test('forgets outcomes older than the window', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    fail(breaker, 3, 0)
    fail(breaker, 1, 1_500)
    expect(breaker.state(1_500)).toBe('closed')
  })

  test('lets one probe through after its rest, and closes when it succeeds', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    fail(breaker, 4)
    expect(breaker.state(100)).toBe('half_open')
    expect(breaker.permits(8, 100)).toBe(1)
    breaker.started(100)
    expect(breaker.permits(8, 100)).toBe(0)
    breaker.ended(false, 110)
    expect(breaker.state(110)).toBe('closed')
    expect(breaker.permits(8, 110)).toBe(8)
  })

  test('rests twice as long after each failed probe, up to the most', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    fail(breaker, 4)
    const rests: number[] = []
    let now = 0
    for (let probe = 0; probe < 4; probe++) {
      rests.push(breaker.waitMs(now))
      now += breaker.waitMs(now)
      breaker.started(now)
      breaker.ended(true, now)
    }
    expect(rests).toEqual([100, 200, 300, 300])
  })

  test('answers that were under way when it opened change nothing', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    fail(breaker, 4)
    breaker.ended(false, 10)
    breaker.ended(true, 20)
    expect(breaker.waitMs(20)).toBe(80)
  })
})
