import { type Clock, createRandom, sleep } from '../../core/clock.ts'

// Computed with a Python implementation of mulberry32, not with ours.
describe('createRandom()', () => {
  test.each([
    {
      seed: 0,
      want: [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197, 0.1462021479383111],
    },
    {
      seed: 1,
      want: [0.6270739405881613, 0.002735721180215478, 0.5274470399599522, 0.9810509674716741],
    },
    {
      seed: 42,
      want: [0.6011037519201636, 0.44829055899754167, 0.8524657934904099, 0.6697340414393693],
    },
    {
      seed: -1,
      want: [0.8964226141106337, 0.189478256739676, 0.7156526781618595, 0.9440599093213677],
    },
  ])('gives the known sequence of seed $seed', ({ seed, want }) => {
    const random = createRandom(seed)
    expect(want.map(() => random())).toEqual(want)
  })

  test('stays within [0, 1) and spreads evenly', () => {
    const random = createRandom(7)
    const values = Array.from({ length: 10_000 }, random)
    expect(values.filter((value) => !(value >= 0 && value < 1))).toEqual([])
    const counts = new Array<number>(10).fill(0)
    for (const value of values) {
      const bin = Math.floor(value * 10)
      counts[bin] = (counts[bin] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  test('two generators of one seed do not disturb each other', () => {
    const [one, other] = [createRandom(5), createRandom(5)]
    const first = [one(), one(), one()]
    expect([other(), other(), other()]).toEqual(first)
  })
})

/** A clock that stands still until it is moved. */
function standingClock() {
  let now = 0
  const due = new Set<{ at: number; run: () => void }>()
  const clock: Clock = {
    now: () => now,
    schedule(delayMs, run) {
      const timer = { at: now + delayMs, run }
      due.add(timer)
      return () => due.delete(timer)
    },
  }
  const advance = (byMs: number) => {
    now += byMs
    for (const timer of due) {
      if (timer.at > now) continue
      due.delete(timer)
      timer.run()
    }
  }
  return { clock, advance, waiting: () => due.size }
}

describe('sleep()', () => {
  test('ends when the delay is over, not before', async () => {
    const { clock, advance } = standingClock()
    let done = false
    const slept = sleep(clock, 100).then(() => {
      done = true
    })
    advance(99)
    await Promise.resolve()
    expect(done).toBe(false)
    advance(1)
    await slept
    expect(done).toBe(true)
  })

  test('an aborted signal ends it early and takes its timer along', async () => {
    const { clock, waiting } = standingClock()
    const abort = new AbortController()
    const slept = sleep(clock, 1_000_000, abort.signal)
    expect(waiting()).toBe(1)
    abort.abort()
    await expect(slept).resolves.toBeUndefined()
    expect(waiting()).toBe(0)
  })

  test('does not begin when the signal is aborted already', async () => {
    const { clock, waiting } = standingClock()
    await expect(sleep(clock, 1_000_000, AbortSignal.abort())).resolves.toBeUndefined()
    expect(waiting()).toBe(0)
  })
})
