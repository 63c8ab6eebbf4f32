// Whatever Segment does to the order of messages, to the batches they come in and with repeats, the store ends the same.
import fc from 'fast-check'
import type { BatchResult } from '../../core/batch.ts'
import type { JsonObject } from '../../core/json.ts'
import { reconcile } from '../../store/ledger.ts'
import { useDatabase } from '../support/database.ts'
import { createTestStore } from '../support/store.ts'

const database = useDatabase()

// Persons with devices of their own: a shared device belongs to the first one seen, which is the order's to decide.
const person = fc.constantFrom('u', 'v')
const hour = fc.integer({ min: 10, max: 23 }).map((at) => `2026-04-23T${at}:00:00.000Z`)
const body: fc.Arbitrary<JsonObject> = person.chain((user) => {
  const ids = fc.constantFrom<JsonObject>(
    { userId: user },
    { userId: user, anonymousId: `${user}-1` },
    { anonymousId: `${user}-1` },
    { anonymousId: `${user}-2` },
  )
  const order = fc.record({ ids, order: fc.constantFrom('o1', 'o2'), at: hour })
  const identify = fc.record({ ids, plan: fc.constantFrom('free', 'pro', 'team'), at: hour })
  return fc.oneof(
    order.map((made) => ({
      type: 'track',
      event: 'Order Completed',
      timestamp: made.at,
      properties: { order_id: `${user}-${made.order}`, revenue: 10 },
      ...made.ids,
    })),
    identify.map((made) => ({
      type: 'identify',
      timestamp: made.at,
      traits: { plan: made.plan, [`seen-${made.at}`]: true },
      ...made.ids,
    })),
    hour.map((timestamp) => ({
      type: 'alias',
      timestamp,
      userId: user,
      previousId: `${user}-2`,
    })),
    ids.map((found) => ({ type: 'page', ...found })),
  )
})

const messages = fc
  .array(body, { minLength: 1, maxLength: 12 })
  .map((bodies) => bodies.map((each, at) => ({ messageId: `m${at}`, ...each }) as JsonObject))

/** The same messages in another order, some of them more than once, cut into batches. */
function delivered(from: readonly JsonObject[]): fc.Arbitrary<JsonObject[][]> {
  const repeats = fc.subarray([...from])
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 24, maxLength: 24 })
  return fc
    .tuple(repeats, sizes)
    .chain(([again, cuts]) =>
      fc
        .shuffledSubarray([...from, ...again], { minLength: from.length + again.length })
        .map((all) => cut(all, cuts)),
    )
}

function cut(all: readonly JsonObject[], sizes: readonly number[]): JsonObject[][] {
  const batches: JsonObject[][] = []
  let at = 0
  for (const size of sizes) {
    if (at >= all.length) break
    batches.push(all.slice(at, at + size))
    at += size
  }
  return batches
}

/** All that must not depend on the way the messages came. Which of two messages for an order came first may differ. */
async function stateOf() {
  const [row] = await database.query(`
    select
      (select json_agg(json_build_array(name, dedup_key) order by name, dedup_key) from events) as events,
      (select json_agg(json_build_array(e.dedup_key, d.destination, d.state) order by e.dedup_key, d.destination)
         from deliveries d join events e on e.id = d.event_id) as ledger,
      (select json_agg(person order by person) from (
         select array_agg(i.type || ':' || i.value order by i.type, i.value) as person
         from identifiers i join profiles p on p.id = i.profile_id
         group by coalesce(p.merged_into, p.id)) people) as people,
      (select json_agg(json_build_array(owner, name, value, message_id) order by owner, name) from (
         select distinct on (owner, name) * from (
           select (select min(i.type || ':' || i.value) from identifiers i join profiles o on o.id = i.profile_id
                   where coalesce(o.merged_into, o.id) = coalesce(p.merged_into, p.id)) as owner,
                  t.name, t.value, t.stated_at, t.message_id
           from profile_traits t join profiles p on p.id = t.profile_id) all_traits
         order by owner, name, stated_at desc, message_id desc) latest) as traits,
      (select json_agg(message_id order by message_id) from messages) as messages,
      (select count(*) from messages where outcome = 'duplicate') as duplicates`)
  return row
}

async function deliver(batches: readonly JsonObject[][]): Promise<Map<string, BatchResult>> {
  await database.clear()
  const store = createTestStore(database)
  const answers = new Map<string, BatchResult>()
  for (const batch of batches) {
    for (const result of await store.send(batch)) {
      const first = answers.get(result.message_id)
      if (first) expect(result).toEqual(first)
      else answers.set(result.message_id, result)
    }
    store.clock.advance(1000)
  }
  return answers
}

test('any order, split and repetition ends with the same facts, ledger, people and traits', async () => {
  await fc.assert(
    fc.asyncProperty(
      messages.chain((sent) => fc.tuple(fc.constant(sent), delivered(sent))),
      async ([sent, batches]) => {
        await deliver([sent])
        const want = await stateOf()
        await deliver(batches)
        expect(await stateOf()).toEqual(want)
        expect(await reconcile(database.pool, 'production')).toMatchObject({
          balanced: true,
          messages: { stored: sent.length, received: batches.flat().length },
        })
      },
    ),
    { seed: 71, numRuns: 60 },
  )
}, 60_000)

test('the same holds when the batches come at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      messages.chain((sent) => fc.tuple(fc.constant(sent), delivered(sent))),
      async ([sent, batches]) => {
        await deliver([sent])
        const want = await stateOf()
        await database.clear()
        const store = createTestStore(database)
        await Promise.all(batches.map((batch) => store.send(batch)))
        expect(await stateOf()).toEqual(want)
      },
    ),
    { seed: 72, numRuns: 30 },
  )
}, 60_000)
