// Whatever happens on the way, the twin's members are ours at the end: people enter, leave and come back, in any order and
// more than once, turn out to be one, refuse and agree; the platform fails, answers get lost, and a worker dies in between.
import fc from 'fast-check'
import { parseAudiencesFile } from '../../core/audience-schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Transport } from '../../delivery/transport.ts'
import type { MetaTwin } from '../../workspace/twins/meta/meta-twin.ts'
import {
  type AudienceStage,
  consent,
  membership,
  setAudienceStage,
} from '../support/audience-stage.ts'
import { useDatabase } from '../support/database.ts'
import { sha256 } from '../workspace/twins/twin-stage.ts'

const database = useDatabase()
const META = 'meta-audiences'
const TABLE = parseAudiencesFile(
  `audiences: { vip: { keys: [vip], destinations: [${META}] } }`,
  'audiences.yaml',
)

const PERSONS = ['1', '2', '3'] as const
type Person = (typeof PERSONS)[number]
type Step =
  | { readonly kind: 'membership'; readonly by: 'user' | 'device'; readonly isInside: boolean }
  | { readonly kind: 'consent'; readonly by: 'user' | 'device'; readonly isGranted: boolean }
  | { readonly kind: 'merge' }
type Said = Step & { readonly person: Person; readonly minute: number }

const by = fc.constantFrom('user' as const, 'device' as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('membership' as const), by, isInside: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('consent' as const), by, isGranted: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'merge' as const }) },
)
const story = fc.array(fc.tuple(fc.constantFrom(...PERSONS), step), { minLength: 4, maxLength: 24 })

// Each instant once: what two statements of one instant mean is tried elsewhere (store/audience-convergence.test.ts).
function said(steps: readonly (readonly [Person, Step])[], order: readonly number[]): Said[] {
  return steps.map(([person, each], at) => ({ ...each, person, minute: 1 + (order[at] ?? at) }))
}

function messageOf(each: Said): JsonObject {
  const { person, minute } = each
  const device = { userId: null, anonymousId: `d${person}` }
  if (each.kind === 'merge') return { ...linked(person), messageId: `merge_${person}_${minute}` }
  const who = `${each.by}${person}`
  const over = each.by === 'device' ? device : {}
  return each.kind === 'membership'
    ? membership(who, each.isInside, minute, { over })
    : { ...consent(who, each.isGranted, minute), ...over }
}

const linked = (person: Person): JsonObject => ({
  type: 'identify',
  messageId: `last_${person}`,
  userId: `user${person}`,
  anonymousId: `d${person}`,
  traits: {},
})

/** Who is in the audience once everybody's device is known: the latest word on membership and on consent. */
function expected(story: readonly Said[]): Person[] {
  const last = (person: Person, kind: 'membership' | 'consent') =>
    story
      .filter((each) => each.person === person && each.kind === kind)
      .sort((a, b) => b.minute - a.minute)[0]
  return PERSONS.filter((person) => {
    const member = last(person, 'membership')
    const agreed = last(person, 'consent')
    return (
      member?.kind === 'membership' &&
      member.isInside &&
      (agreed?.kind !== 'consent' || agreed.isGranted)
    )
  })
}

async function inside(stage: AudienceStage): Promise<Person[]> {
  const { audiences } = stage.twin(META).twin as unknown as MetaTwin
  const [made] = audiences.list()
  if (!made) return []
  return PERSONS.filter((person) =>
    [`user${person}`, `device${person}`].some((who) =>
      audiences.has(made.id, sha256(`${who}@example.com`)),
    ),
  )
}

// The worker is gone before it could note what the platform took.
function dying(stage: AudienceStage, isDead: () => boolean) {
  const { pool, clock, random } = stage.store.database
  const gone = new Proxy(pool, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) =>
        isDead() && (name === 'query' || name === 'connect')
          ? Promise.reject(new Error('the process is gone'))
          : value.apply(target, args)
    },
  })
  return { pool: gone, clock, random }
}

test(
  'the members at the platform are ours',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        story,
        fc.infiniteStream(fc.nat()),
        fc.nat({ max: 24 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, numbers, lateness, killedAfter) => {
          await database.clear()
          const stage = await setAudienceStage(database, { table: TABLE, platforms: [META] })
          try {
            const order = steps.map((_, at) => at)
            // Some arrive long after they were computed.
            order.push(...order.splice(0, lateness % steps.length))
            const story = said(steps, order)
            await stage.store.send(
              PERSONS.flatMap((person) => [
                consent(`user${person}`, true),
                { ...consent(`device${person}`, true), userId: null, anonymousId: `d${person}` },
              ]),
            )
            const twin = stage.twin(META).twin
            twin.faults.set({ rate429: 0.15, rate500: 0.1, lostResetRate: 0.15 })
            let sent = 0
            const counting: Transport = async (request) => {
              const answer = await stage.transport(request)
              if (/\/users$/.test(request.url)) sent++
              return answer
            }
            const doomed = stage.start({
              transport: counting,
              database: dying(stage, () => sent >= killedAfter),
            })
            const messages = story.map(messageOf)
            for (const message of messages) {
              await stage.store.send([message])
              if ((numbers.next().value ?? 0) % 3 === 0)
                await stage.settledUnless(() => sent >= killedAfter)
            }
            // Again, as Segment does.
            await stage.store.send(messages.slice(0, 3))
            await stage.settledUnless(() => sent >= killedAfter)
            await doomed.stop()
            stage.start()
            await stage.settled()
            await stage.store.send(PERSONS.map(linked))
            await stage.settled()
            twin.faults.set({})
            await stage.settled()
            expect(await inside(stage)).toEqual(expected(story))
            const { destinations } = await stage.audit()
            const [audit] = destinations
            expect(audit ?? { missing: 0, extra: 0 }).toMatchObject({ missing: 0, extra: 0 })
            expect(await (await stage.store.read('/v1/reconcile')).json()).toMatchObject({
              balanced: true,
            })
          } finally {
            await stage.close()
          }
        },
      ),
      {
        numRuns: Number(process.env.RUNS ?? 4),
        seed: Number(process.env.SEED ?? 20260428),
        endOnFailure: true,
      },
    )
  },
  Number(process.env.TIMEOUT ?? 60_000),
)
