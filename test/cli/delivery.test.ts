// `tracklayer delivery release|withdraw|settle`, against a store on a real port.
import { stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import type { Hono } from 'hono'
import { deliveryActCommands } from '../../cli/delivery.ts'
import { listen } from '../../workspace/listen.ts'
import { useDatabase } from '../support/database.ts'
import { API_KEYS, orderMessage } from '../support/signed-batch.ts'
import { createTestStore, type TestStore } from '../support/store.ts'

const database = useDatabase()
let store: TestStore
let server: Awaited<ReturnType<typeof listen>>
const before = { ...process.env }

beforeEach(async () => {
  store = createTestStore(database, { destinations: ['webhook'] })
  server = await listen({ fetch: store.app.fetch } as Hono, 0)
  process.env.TRACKLAYER_STORE_URL = server.url
  process.env.TRACKLAYER_API_KEY = API_KEYS.production
  await store.send([orderMessage('o1')])
})
afterEach(async () => {
  process.env = { ...before }
  await server.close()
})

/** What it prints on stdout, without colours. */
async function run(act: string, ...words: string[]): Promise<string> {
  const command = deliveryActCommands().find((each) => each.name() === act) as Command
  const written: string[] = []
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  try {
    await command.parseAsync(words, { from: 'user' })
  } finally {
    spy.mockRestore()
  }
  return stripVTControlCharacters(written.join(''))
}

async function set(state: string, reason: string): Promise<string> {
  const [row] = await database.query<{ id: string }>(
    'update deliveries set state = $1, reason = $2 returning id::text',
    [state, reason],
  )
  return String(row?.id)
}

test('release has a held delivery decided again, found by its message', async () => {
  const id = await set('held', 'consent_unknown')
  expect(await run('release', '--message', 'msg-o1', '--destination', 'webhook')).toBe(
    `delivery ${id} of msg-o1 to webhook is pending (consent_unknown)\n`,
  )
})

test('withdraw takes back one, and all that is held for one reason', async () => {
  const id = await set('held', 'consent_unknown')
  const group = ['--destination', 'webhook', '--reason', 'consent_unknown']
  expect(JSON.parse(await run('withdraw', id, '--note', 'a test', '--json'))).toMatchObject({
    delivery_id: id,
    state: 'filtered',
    reason: 'withdrawn',
  })
  expect(await run('withdraw', ...group)).toBe('0 withdrawn\n')
  await store.send([orderMessage('o2')])
  await database.query("update deliveries set state = 'held' where state = 'pending'")
  await database.query("update deliveries set reason = 'consent_unknown' where state = 'held'")
  expect(await run('withdraw', ...group)).toBe('1 withdrawn\n')
})

test('settle counts what was lost and found', async () => {
  const id = await set('unknown', 'answer lost')
  expect(await run('settle', id)).toBe(`delivery ${id} of msg-o1 to webhook is delivered\n`)
})

test('what cannot be done is said with the way on', async () => {
  const id = await set('delivered', '')
  await expect(run('withdraw', id)).rejects.toThrow('only what waits is withdrawn')
  await expect(run('withdraw')).rejects.toThrow('Give its id, or --message and --destination')
  await expect(run('withdraw', '--message', 'msg-o1', '--destination', 'meta')).rejects.toThrow(
    'has no delivery to meta; it has webhook',
  )
})
