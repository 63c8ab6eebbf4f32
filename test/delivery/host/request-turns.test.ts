import { createRequestTurns } from '../../../delivery/host/request-turns.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const HOUR_MS = 3_600_000

test('no more turns are under way than allowed, and whoever waited longest is next', async () => {
  const clock = createManualClock()
  const turns = createRequestTurns(2, clock)
  const order: string[] = []
  const take = async (name: string) => {
    const end = await turns.take(clock.now() + HOUR_MS)
    order.push(name)
    return end
  }
  const [first, second] = [await take('a'), await take('b')]
  const [third, fourth] = [take('c'), take('d')]
  expect(order).toEqual(['a', 'b'])
  second?.()
  const end = await third
  expect(order).toEqual(['a', 'b', 'c'])
  first?.()
  end?.()
  await fourth
  expect(order).toEqual(['a', 'b', 'c', 'd'])
})

test('a turn that does not come in time never comes, and costs nobody else theirs', async () => {
  const clock = createManualClock()
  const turns = createRequestTurns(1, clock)
  const end = await turns.take(clock.now() + HOUR_MS)
  const late = turns.take(clock.now() + 1_000)
  clock.advance(1_000)
  expect(await late).toBeNull()
  expect(await turns.take(clock.now())).toBeNull()
  end?.()
  expect(await turns.take(clock.now() + HOUR_MS)).not.toBeNull()
})
