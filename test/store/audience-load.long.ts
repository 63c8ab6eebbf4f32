// An audience of 100,000 enters in full: how fast, and with how much memory.
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { useDatabase } from '../support/database.ts'
import { orderMessage } from '../support/signed-batch.ts'
import { createTestStore } from '../support/store.ts'

const MEMBERS = 100_000
const BATCH = 400
const SENDERS = 4
const MAX_GROWTH_MB = 250

const database = useDatabase()
const TABLE = parseAudiencesFile('audiences: { a: { keys: [a], destinations: [crm] } }', 'a.yaml')

function member(at: number): JsonObject {
  return {
    type: 'identify',
    messageId: `personas_${at}`,
    userId: `user${at}`,
    timestamp: '2026-04-23T10:00:00.000Z',
    traits: { a: true, email: `user${at}@example.com` },
    context: {
      personas: { computation_class: 'audience', computation_id: 'aud_a', computation_key: 'a' },
    },
  }
}

async function sendAll(
  store: ReturnType<typeof createTestStore>,
  count: number,
  messageOf: (at: number) => JsonObject,
): Promise<{ perSecond: number; growthMb: number }> {
  const rssMb = () => process.memoryUsage().rss / 2 ** 20
  const before = rssMb()
  const startedAt = performance.now()
  let next = 0
  let highest = before
  const sender = async () => {
    while (next < count) {
      const from = next
      next += BATCH
      await store.send(Array.from({ length: BATCH }, (_, at) => messageOf(from + at)))
      highest = Math.max(highest, rssMb())
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  const seconds = (performance.now() - startedAt) / 1000
  return { perSecond: Math.round(count / seconds), growthMb: Math.round(highest - before) }
}

test('100,000 members enter; every page of them is there; all of them leave', async () => {
  const store = createTestStore(database, {
    destinations: ['webhook', 'crm'],
    audienceOnly: ['crm'],
    audiences: TABLE,
  })
  const orders = await sendAll(store, 20_000, (at) => orderMessage(`o${at}`))
  const entered = await sendAll(store, MEMBERS, member)
  const [found] = await database.query<JsonObject>(
    `select (select count(*)::int from memberships where is_member) as members,
            (select count(*)::int from deliveries where destination = 'crm') as owed`,
  )
  expect(found).toEqual({ members: MEMBERS, owed: MEMBERS })

  const startedAt = performance.now()
  const users = new Set<string>()
  for (let cursor: string | null = '0'; cursor !== null; ) {
    const answer = await store.read(`/v1/audiences/a/members?limit=1000&cursor=${cursor}`)
    const page = (await answer.json()) as { members: { profile_id: string }[]; next: string | null }
    for (const { profile_id } of page.members) users.add(profile_id)
    cursor = page.next
  }
  expect(users.size).toBe(MEMBERS)
  const readMs = Math.round(performance.now() - startedAt)

  const left = await sendAll(store, MEMBERS, (at) => ({
    ...member(at),
    messageId: `personas_out_${at}`,
    timestamp: '2026-04-23T10:05:00.000Z',
    traits: { a: false },
  }))
  expect(await (await store.read('/v1/audiences/a')).json()).toMatchObject({
    members: { total: 0 },
  })
  expect(await (await store.read('/v1/reconcile')).json()).toMatchObject({
    balanced: true,
    transitions: 2 * MEMBERS,
  })
  process.stdout.write(`${JSON.stringify({ orders, entered, left, readMs })}\n`)
  expect(Math.max(entered.growthMb, left.growthMb)).toBeLessThan(MAX_GROWTH_MB)
}, 900_000)
