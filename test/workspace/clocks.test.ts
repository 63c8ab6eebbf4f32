import { createVirtualClock } from '../../workspace/virtual-clock.ts'

describe('the virtual clock', () => {
  test('runs due timers in order of their instant, those they start included', async () => {
    const clock = createVirtualClock(0)
    const ran: string[] = []
    const note = (name: string) => () => ran.push(`${name} at ${clock.now()}`)
    clock.schedule(20, note('late'))
    clock.schedule(10, note('early'))
    clock.schedule(10, () => clock.schedule(5, note('started')))
    const cancel = clock.schedule(12, note('cancelled'))
    cancel()
    clock.schedule(31, note('not yet'))
    await clock.advance(30)
    expect(ran).toEqual(['early at 10', 'started at 15', 'late at 20'])
    expect([clock.now(), clock.pendingCount]).toEqual([30, 1])
  })

  test('waits for real work in flight before it moves', async () => {
    const clock = createVirtualClock(0)
    let inFlight = Promise.resolve()
    let finishedAt = -1
    clock.waitFor(() => inFlight)
    clock.schedule(10, () => {
      inFlight = new Promise((resolve) => {
        setTimeout(() => {
          finishedAt = clock.now()
          resolve()
        }, 20)
      })
    })
    clock.schedule(11, () => {})
    await clock.advance(100)
    expect(finishedAt).toBe(10)
  })

  test('runUntilIdle() goes to the last timer, and complains about one that never ends', async () => {
    const clock = createVirtualClock(0)
    clock.schedule(5 * 60_000, () => {})
    await clock.runUntilIdle()
    expect(clock.now()).toBe(5 * 60_000)
    const again = () => void clock.schedule(1000, again)
    again()
    await expect(clock.runUntilIdle(60_000)).rejects.toThrow('1 timers are still waiting')
  })
})
