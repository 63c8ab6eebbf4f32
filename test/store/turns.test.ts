import { turn } from '../../store/turns.ts'

test('one caller at each round of the event loop, in order of asking; whatever else is ready goes between', async () => {
  const order: string[] = []
  const callers = ['first', 'second', 'third'].map((name) => turn().then(() => order.push(name)))
  const other = new Promise<void>((resolve) => {
    setImmediate(() => {
      order.push('something else')
      resolve()
    })
  })
  await Promise.all([...callers, other])
  expect(order).toEqual(['first', 'something else', 'second', 'third'])
  await turn()
})
