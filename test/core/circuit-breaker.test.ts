import { createCircuitBreaker } from '../../core/circuit-breaker.ts'

const OPTIONS = { failureShare: 0.5, minimum: 4, windowMs: 1_000, restMs: 100, maxRestMs: 300 }

function fail(breaker: ReturnType<typeof createCircuitBreaker>, times: number, at = 0) {
  for (let i = 0; i < times; i++) breaker.started(at).ended(true, at)
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
    for (let i = 0; i < 20; i++) breaker.started(i).ended(i % 3 === 2, i)
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
    const probe = breaker.started(100)
    expect(breaker.permits(8, 100)).toBe(0)
    probe.ended(false, 110)
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
      breaker.started(now).ended(true, now)
    }
    expect(rests).toEqual([100, 200, 300, 300])
  })

  test('answers that were under way when it opened change nothing', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    const [good, bad] = [breaker.started(0), breaker.started(0)]
    fail(breaker, 4)
    good.ended(false, 10)
    bad.ended(true, 20)
    expect(breaker.waitMs(20)).toBe(80)
  })

  test('what was begun before it opened and ends beside the probe is not taken for the probe', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    const [good, bad, empty] = [breaker.started(0), breaker.started(0), breaker.started(0)]
    fail(breaker, 4)
    const probe = breaker.started(100)
    good.ended(false, 110)
    expect(breaker.state(110)).toBe('half_open')
    bad.ended(true, 120)
    empty.cancelled()
    expect(breaker.state(120)).toBe('half_open')
    expect(breaker.permits(8, 120)).toBe(0)
    probe.ended(false, 130)
    expect(breaker.state(130)).toBe('closed')
  })

  test('a probe that sent nothing makes room for the next', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    fail(breaker, 4)
    const probe = breaker.started(100)
    expect(breaker.permits(8, 100)).toBe(0)
    probe.cancelled()
    expect(breaker.permits(8, 100)).toBe(1)
  })

  test('failures from before it opened do not open it again once it has closed', () => {
    const breaker = createCircuitBreaker(OPTIONS)
    const old = Array.from({ length: 4 }, () => breaker.started(0))
    fail(breaker, 4)
    breaker.started(100).ended(false, 110)
    for (const request of old) request.ended(true, 120)
    expect(breaker.state(120)).toBe('closed')
  })
})
