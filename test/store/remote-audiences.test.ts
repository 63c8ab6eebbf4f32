// Who may make a remote audience: one process at a time, and another one only when the first has gone.
import { beginMaking, endMaking, readRemoteAudiences } from '../../store/remote-audiences.ts'
import { useDatabase } from '../support/database.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()
const KEY = { environment: 'production', destination: 'meta-audiences', audienceId: '1' }
const NAMES = { name: 'VIP', distinctName: 'VIP (aud_1)', leaseMs: 60_000 }

test('of many who begin at once one may; a lease that ran out is taken over, and its holder changes nothing more', async () => {
  const { database: on, clock } = createTestStore(database)
  const begin = () => beginMaking(on, KEY, NAMES)
  const begun = await Promise.all(Array.from({ length: 8 }, begin))
  expect(begun.filter(Boolean)).toMatchObject([{ state: 'making', attempts: 1 }])
  expect(await begin()).toBeNull()

  clock.advance(NAMES.leaseMs)
  expect(await begin()).toMatchObject({ attempts: 2 })
  await endMaking(on, KEY, 1, { externalId: 'of the one that was thought dead' })
  await endMaking(on, KEY, 2, { externalId: '77' })
  const { environment, destination, audienceId } = KEY
  const found = await readRemoteAudiences(on.pool, environment, destination, [audienceId])
  expect(found.get(audienceId)).toMatchObject({ state: 'ready', externalId: '77' })
  clock.advance(NAMES.leaseMs)
  expect(await begin()).toBeNull()
})
