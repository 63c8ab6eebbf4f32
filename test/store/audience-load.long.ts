// An audience of 20,000 enters in full, can be read page by page, and leaves in full, by four senders at once.
import { memberMessage } from '../../bench/data-sets/audience.ts'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'

const MEMBERS = 20_000
const BATCH = 400
const SENDERS = 4

const database = useDatabase()
const TABLE = parseAudiencesFile(
  'audiences: { vip: { keys: [vip], destinations: [crm] } }',
  'a.yaml',
)

async function sendAll(
  store: ReturnType<typeof createTestStore>,
  count: number,
  messageOf: (at: number) => JsonObject,
): Promise<void> {
  let next = 0
  const sender = async () => {
    while (next < count) {
      const from = next
      next += BATCH
      await store.send(Array.from({ length: BATCH }, (_, at) => messageOf(from + at)))
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
}

test('all members enter; every page of them is there; all of them leave', async () => {
  const store = createTestStore(database, {
    destinations: ['webhook', 'crm'],
    audienceOnly: ['crm'],
    audiences: TABLE,
  })
  await sendAll(store, 4 * BATCH, (at) => orderMessage(`o${at}`))
  await sendAll(store, MEMBERS, memberMessage)
  const [found] = await database.query<JsonObject>(
    `select (select count(*)::int from memberships where is_member) as members,
            (select count(*)::int from deliveries where destination = 'crm') as owed`,
  )
  expect(found).toEqual({ members: MEMBERS, owed: MEMBERS })

  const users = new Set<string>()
  for (let cursor: string | null = '0'; cursor !== null; ) {
    const answer = await store.read(`/v1/audiences/vip/members?limit=1000&cursor=${cursor}`)
    const page = (await answer.json()) as { members: { profile_id: string }[]; next: string | null }
    for (const { profile_id } of page.members) users.add(profile_id)
    cursor = page.next
  }
  expect(users.size).toBe(MEMBERS)

  await sendAll(store, MEMBERS, (at) => ({
    ...memberMessage(at),
    messageId: `personas_out_${at}`,
    timestamp: '2026-04-23T10:05:00.000Z',
    traits: { vip: false },
  }))
  expect(await (await store.read('/v1/audiences/vip')).json()).toMatchObject({
    members: { total: 0 },
  })
  expect(await (await store.read('/v1/reconcile')).json()).toMatchObject({
    balanced: true,
    transitions: 2 * MEMBERS,
  })
}, 900_000)
