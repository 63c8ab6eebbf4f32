// Whatever way the same messages take, everybody ends up in the same audiences: interleaved, repeated, reordered, replayed,
// in batches of any size, with identifies and aliases in between.
import fc from 'fast-check'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import { useDatabase } from '../support/database.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()
const TABLE = parseAudiencesFile('audiences: { a: { keys: [a], destinations: [crm] } }', 'a.yaml')

// Persons 1 to 3, each known by a user id, an older one and a device of their own: whatever the order, one person each.
const PERSONS = ['1', '2', '3'] as const
const IDS = ['user', 'device', 'old'] as const

interface Statement {
  readonly person: (typeof PERSONS)[number]
  readonly by: (typeof IDS)[number]
  readonly audience: 'a' | 'b'
  readonly minute: number
  readonly inside: boolean
}

const statement: fc.Arbitrary<Statement> = fc.record({
  person: fc.constantFrom(...PERSONS),
  by: fc.constantFrom(...IDS),
  audience: fc.constantFrom('a' as const, 'b' as const),
  minute: fc.integer({ min: 0, max: 9 }),
  inside: fc.boolean(),
})

function messageOf({ person, by, audience, minute, inside }: Statement, at: number): JsonObject {
  const id = by === 'device' ? { anonymousId: `d${person}` } : { userId: `${by}${person}` }
  return {
    type: 'identify',
    messageId: `m${at}`,
    ...id,
    timestamp: instant(minute),
    traits: { [audience]: inside },
    context: {
      personas: {
        computation_class: 'audience',
        computation_id: `aud_${audience}`,
        computation_key: audience,
      },
    },
  }
}

const instant = (minute: number) => new Date(Date.UTC(2026, 3, 23, 10, minute)).toISOString()

const LINKS: readonly JsonObject[] = PERSONS.flatMap((person) => [
  { type: 'identify', messageId: `i${person}`, userId: `user${person}`, anonymousId: `d${person}` },
  { type: 'alias', messageId: `l${person}`, userId: `user${person}`, previousId: `old${person}` },
])

/** What the last word of each person on each audience says, the exit before the entry of one instant. */
function expected(statements: readonly Statement[]): string[] {
  const last = new Map<string, Statement>()
  for (const each of statements) {
    const key = `${each.audience} user${each.person}`
    const known = last.get(key)
    const wins =
      !known || each.minute > known.minute || (each.minute === known.minute && !each.inside)
    if (wins) last.set(key, each)
  }
  const sinceOf = ({ person, audience }: Statement) => {
    const own = statements.filter((each) => each.person === person && each.audience === audience)
    const out = Math.max(-1, ...own.filter(({ inside }) => !inside).map(({ minute }) => minute))
    return Math.min(...own.flatMap(({ inside, minute }) => (inside && minute > out ? minute : [])))
  }
  return [...last]
    .map(([key, each]) => (each.inside ? `${key} since ${instant(sinceOf(each))}` : `${key} out`))
    .sort()
}

async function finalState(): Promise<string[]> {
  const rows = await database.query<{ state: string }>(
    `select a.key || ' ' || p.user_id || case when m.is_member
              then ' since ' || to_char(m.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') else ' out' end as state
     from memberships m join audiences a on a.id = m.audience_id join profiles p on p.id = m.profile_id order by 1`,
  )
  return rows.map(({ state }) => state).sort()
}

async function assertSound(): Promise<void> {
  const [faults] = await database.query<JsonObject>(
    `select
       (select count(*)::int from memberships m join profiles p on p.id = m.profile_id where p.merged_into is not null) as on_merged,
       (select count(*)::int from membership_transitions x join memberships m using (environment, audience_id, subject)
        where (x.direction = 'entered') <> m.is_member
          and not exists (select from membership_transitions l where l.audience_id = x.audience_id and l.subject = x.subject and l.id > x.id)) as untold,
       (select count(*)::int from membership_transitions) - (select count(*)::int from events where transition_id is not null) as unowed`,
  )
  expect(faults).toEqual({ on_merged: 0, untold: 0, unowed: 0 })
}

test('any way of the same messages leads to the same members', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(statement, { minLength: 1, maxLength: 14 }),
      fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      async (statements, chance, size) => {
        await database.clear()
        const store = createTestStore(database, { destinations: ['crm'], audiences: TABLE })
        const messages = [...statements.map(messageOf), ...LINKS]
        const repeats = messages.filter((_, at) => (chance[at] ?? 0) % 3 === 0)
        const order = [...messages, ...repeats]
          .map((message, at) => ({ message, at: chance[(at * 7) % 60] ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ message }) => message)
        for (let at = 0; at < order.length; at += size) await store.send(order.slice(at, at + size))
        expect(await finalState()).toEqual(expected(statements))
        await store.send(messages)
        expect(await finalState()).toEqual(expected(statements))
        await assertSound()
      },
    ),
    { numRuns: 40, seed: 20260423 },
  )
})

test('so do several senders at once', async () => {
  const store = createTestStore(database, { destinations: ['crm'], audiences: TABLE })
  const statements = fc.sample(statement, { numRuns: 60, seed: 7 })
  const messages = [...statements.map(messageOf), ...LINKS]
  const batches = Array.from({ length: 4 }, (_, at) => messages.filter((__, i) => i % 4 === at))
  await Promise.all(batches.map((batch) => store.send(batch)))
  expect(await finalState()).toEqual(expected(statements))
  await assertSound()
})
