import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { withLock } from '../../../store/embedded/lock.ts'
import { identifyProcess, type ProcessIdentity } from '../../../store/embedded/processes.ts'
import { createScratch, systemClock } from './scratch.ts'

const scratch = createScratch()
afterEach(() => scratch.clear())

async function lockIn(folder: string) {
  mkdirSync(folder, { recursive: true })
  const self = (await identifyProcess(process.pid)) as ProcessIdentity
  return { folder, clock: systemClock, self }
}

test('withLock() lets one in at a time and leaves one file', async () => {
  const lock = await lockIn(path.join(scratch.folder(), 'lock'))
  let inside = 0
  const most: number[] = []
  const enter = () =>
    withLock(lock, async () => {
      most.push(++inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    })
  await Promise.all(Array.from({ length: 20 }, enter))
  expect(most).toEqual(Array(20).fill(1))
  expect(readdirSync(lock.folder)).toHaveLength(1)
})

test('withLock() passes a dead holder, and one whose number is another process by now', async () => {
  const lock = await lockIn(path.join(scratch.folder(), 'lock'))
  symlinkSync('999999999-1', path.join(lock.folder, 'lock-3'))
  expect(await withLock(lock, async () => 'in')).toBe('in')
  symlinkSync(`${process.pid}-1`, path.join(lock.folder, 'lock-9'))
  expect(await withLock(lock, async () => 'in')).toBe('in')
  expect(readdirSync(lock.folder)).toEqual(['lock-10'])
})

test('withLock() frees the lock when its work fails, and gives up on a living holder in the end', async () => {
  const lock = await lockIn(path.join(scratch.folder(), 'lock'))
  const failing = withLock(lock, () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  let now = 0
  const impatient = { ...systemClock, now: () => (now += 60_000) }
  await withLock(lock, async () => {
    await expect(withLock({ ...lock, clock: impatient }, async () => 'in')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`Process ${process.pid} has been starting`),
    })
  })
})
