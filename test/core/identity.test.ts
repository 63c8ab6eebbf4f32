import fc from 'fast-check'
import {
  decideIdentity,
  type IdentifierType,
  type IdentityClaim,
  type IdentityDecision,
  identifiersOf,
  type KeptApart,
  type KnownProfile,
  keyOf,
  rootsOf,
} from '../../core/identity.ts'

function claim(
  userId: string | null,
  anonymousId: string | null,
  previousId: string | null = null,
  messageId = 'm',
): IdentityClaim {
  return { messageId, userId, anonymousId, previousId }
}

type Owners = Record<string, KnownProfile>
const anonymous = (id: string): KnownProfile => ({ id, userId: null })
const known = (id: string, userId: string): KnownProfile => ({ id, userId })

function decide(
  claims: readonly IdentityClaim[],
  owners: Owners = {},
  apart: readonly KeptApart[] = [],
): IdentityDecision {
  const keyed = Object.entries(owners).map(([name, profile]) => {
    const [type, value] = name.split(':') as [IdentifierType, string]
    return [keyOf({ type, value }), profile] as const
  })
  return decideIdentity(claims, new Map(keyed), apart)
}

const linksOf = ({ links }: IdentityDecision) =>
  links.map(({ type, value, profile, rule }) => `${type}:${value} → ${profile} (${rule})`)
const mergesOf = ({ merges }: IdentityDecision) =>
  merges.map(({ from, into, rule }) => `${from} → ${into} (${rule})`)

interface Case {
  readonly name: string
  readonly claims: readonly IdentityClaim[]
  readonly owners?: Owners
  readonly profiles: readonly (string | null)[]
  readonly created?: readonly (string | null)[]
  readonly identified?: readonly string[]
  readonly links?: readonly string[]
  readonly merges?: readonly string[]
}

const cases: readonly Case[] = [
  { name: 'nobody: no identifier at all', claims: [claim(null, null)], profiles: [null] },
  {
    name: 'a visitor seen for the first time',
    claims: [claim(null, 'a')],
    profiles: ['new:0'],
    created: [null],
    links: ['anonymous_id:a → new:0 (first_seen)'],
  },
  {
    name: 'a user seen for the first time',
    claims: [claim('u', null)],
    profiles: ['new:0'],
    created: ['u'],
    links: ['user_id:u → new:0 (first_seen)'],
  },
  {
    name: 'both for the first time: one profile, each link with its rule',
    claims: [claim('u', 'a')],
    profiles: ['new:0'],
    created: ['u'],
    links: ['user_id:u → new:0 (first_seen)', 'anonymous_id:a → new:0 (same_message)'],
  },
  {
    name: 'a known visitor',
    claims: [claim(null, 'a')],
    owners: { 'anonymous_id:a': anonymous('1') },
    profiles: ['1'],
  },
  {
    name: 'a known visitor becomes a user: the profile stays and is identified',
    claims: [claim('u', 'a')],
    owners: { 'anonymous_id:a': anonymous('1') },
    profiles: ['1'],
    identified: ['1 = u'],
    links: ['user_id:u → 1 (same_message)'],
  },
  {
    name: 'a known user on a new device',
    claims: [claim('u', 'a')],
    owners: { 'user_id:u': known('1', 'u') },
    profiles: ['1'],
    links: ['anonymous_id:a → 1 (same_message)'],
  },
  {
    name: 'a known user and a known visitor: the visitor merges into the user',
    claims: [claim('u', 'a')],
    owners: { 'user_id:u': known('1', 'u'), 'anonymous_id:a': anonymous('2') },
    profiles: ['1'],
    merges: ['2 → 1 (same_message)'],
  },
  {
    name: 'an anonymous id of another known user stays with that user',
    claims: [claim('u', 'a')],
    owners: { 'user_id:u': known('1', 'u'), 'anonymous_id:a': known('2', 'v') },
    profiles: ['1'],
  },
  {
    name: 'a new user on the device of another known user starts alone',
    claims: [claim('u', 'a')],
    owners: { 'anonymous_id:a': known('2', 'v') },
    profiles: ['new:0'],
    created: ['u'],
    links: ['user_id:u → new:0 (first_seen)'],
  },
  {
    name: 'an anonymous message on the device of a known user is that user',
    claims: [claim(null, 'a')],
    owners: { 'anonymous_id:a': known('2', 'v') },
    profiles: ['2'],
  },
  {
    name: 'an alias joins a known visitor',
    claims: [claim('u', null, 'a')],
    owners: { 'user_id:u': known('1', 'u'), 'anonymous_id:a': anonymous('2') },
    profiles: ['1'],
    merges: ['2 → 1 (alias)'],
    links: ['user_id:a → 1 (alias)'],
  },
  {
    name: 'an alias joins two known users, on purpose',
    claims: [claim('u', null, 'v')],
    owners: { 'user_id:u': known('1', 'u'), 'user_id:v': known('2', 'v') },
    profiles: ['1'],
    merges: ['2 → 1 (alias)'],
    links: ['anonymous_id:v → 1 (alias)'],
  },
  {
    name: 'an alias of an id never seen keeps it for later, whatever kind of id it turns out to be',
    claims: [claim('u', null, 'x')],
    owners: { 'user_id:u': known('1', 'u') },
    profiles: ['1'],
    links: ['user_id:x → 1 (alias)', 'anonymous_id:x → 1 (alias)'],
  },
  {
    name: 'an alias to oneself',
    claims: [claim('u', null, 'u')],
    owners: { 'user_id:u': known('1', 'u') },
    profiles: ['1'],
  },
  {
    name: 'an alias without a user joins nothing',
    claims: [claim(null, 'a', 'b')],
    owners: { 'anonymous_id:a': anonymous('1'), 'anonymous_id:b': anonymous('2') },
    profiles: ['1'],
  },
  {
    name: 'an alias there and back merges once',
    claims: [claim('u', null, 'v'), claim('v', null, 'u')],
    owners: {
      'user_id:u': known('1', 'u'),
      'user_id:v': known('2', 'v'),
      'anonymous_id:u': known('1', 'u'),
      'anonymous_id:v': known('2', 'v'),
    },
    profiles: ['1', '1'],
    merges: ['2 → 1 (alias)'],
  },
  {
    name: 'messages of one batch: the visitor of the first becomes the user of the second',
    claims: [claim(null, 'a'), claim('u', 'a'), claim('u', null)],
    profiles: ['new:0', 'new:0', 'new:0'],
    created: ['u'],
    links: ['anonymous_id:a → new:0 (first_seen)', 'user_id:u → new:0 (same_message)'],
  },
  {
    name: 'messages of one batch: two new profiles merge, and both answers name the survivor',
    claims: [claim(null, 'a'), claim('u', null), claim('u', 'a')],
    profiles: ['new:1', 'new:1', 'new:1'],
    created: [null, 'u'],
    links: ['anonymous_id:a → new:0 (first_seen)', 'user_id:u → new:1 (first_seen)'],
    merges: ['new:0 → new:1 (same_message)'],
  },
  {
    name: 'two identifiers of one profile count as one',
    claims: [claim('u', 'a')],
    owners: { 'user_id:u': known('1', 'u'), 'anonymous_id:a': known('1', 'u') },
    profiles: ['1'],
  },
  {
    name: 'a user id and an anonymous id of the same text are two identifiers',
    claims: [claim('x', null), claim(null, 'x')],
    profiles: ['new:0', 'new:1'],
    created: ['x', null],
    links: ['user_id:x → new:0 (first_seen)', 'anonymous_id:x → new:1 (first_seen)'],
  },
]

test.each(cases)('$name', ({ name: _, claims, owners, ...want }) => {
  const decision = decide(claims, owners)
  expect({
    profiles: decision.profiles,
    created: decision.created.map(({ userId }) => userId),
    identified: decision.identified.map(({ profile, userId }) => `${profile} = ${userId}`),
    links: linksOf(decision),
    merges: mergesOf(decision),
  }).toEqual({ created: [], identified: [], links: [], merges: [], ...want })
})

test('every link and merge names the message that is its evidence', () => {
  const decision = decide(
    [claim('u', 'a', null, 'm1'), claim('u', 'b', null, 'm2'), claim('u', null, 'v', 'm3')],
    { 'anonymous_id:b': anonymous('7'), 'user_id:v': known('8', 'v') },
  )
  expect(decision.links.map(({ value, messageId }) => `${value} by ${messageId}`)).toEqual([
    'u by m1',
    'a by m1',
    'v by m3', // as an anonymous id, which it may also be
  ])
  expect(decision.merges.map(({ from, messageId }) => `${from} by ${messageId}`)).toEqual([
    '7 by m2',
    '8 by m3',
  ])
})

describe('people who are kept apart', () => {
  const owners = { 'user_id:u': known('1', 'u'), 'anonymous_id:a': anonymous('2') }
  const apart = (rule: KeptApart['rule']): KeptApart => ({ profiles: ['2', '1'], rule })

  test('are not merged by the same kind of evidence; the message is its user’s', () => {
    const decision = decide([claim('u', 'a'), claim(null, 'a')], owners, [apart('same_message')])
    expect(mergesOf(decision)).toEqual([])
    expect(decision.profiles).toEqual(['1', '2'])
  })

  test('are merged by another kind', () => {
    expect(mergesOf(decide([claim('u', 'a')], owners, [apart('alias')]))).toEqual([
      '2 → 1 (same_message)',
    ])
    expect(mergesOf(decide([claim('u', null, 'a')], owners, [apart('same_message')]))).toEqual([
      '2 → 1 (alias)',
    ])
  })

  test('an alias that was said to be wrong links nothing either', () => {
    const decision = decide([claim('u', null, 'a')], owners, [apart('alias')])
    expect([mergesOf(decision), linksOf(decision)]).toEqual([[], []])
  })

  test('stay so within a batch in which either merges into somebody else', () => {
    const decision = decide(
      [claim('w', null, 'u'), claim('w', 'a')],
      { ...owners, 'user_id:w': known('3', 'w'), 'anonymous_id:u': known('1', 'u') },
      [apart('same_message')],
    )
    expect(mergesOf(decision)).toEqual(['1 → 3 (alias)'])
  })
})

test('what a message brings stays with whose identifiers it names, whoever that was merged into', () => {
  const merged: KnownProfile = { id: '1', userId: 'u', ownId: '2' }
  const decision = decide([claim(null, 'a'), claim('v', 'b'), claim('u', 'a')], {
    'user_id:u': known('1', 'u'),
    'anonymous_id:a': merged,
    'user_id:v': merged,
  })
  expect(decision.profiles).toEqual(['1', '1', '1'])
  expect(decision.own).toEqual(['2', '2', '1'])
  expect(linksOf(decision)).toEqual(['anonymous_id:b → 2 (same_message)'])
})

test('identifiersOf() names each identifier once, a previous id as both kinds', () => {
  expect(
    identifiersOf([claim('u', 'a'), claim('u', null, 'p'), claim(null, 'a'), claim(null, null)]),
  ).toEqual([
    { type: 'user_id', value: 'u' },
    { type: 'anonymous_id', value: 'a' },
    { type: 'user_id', value: 'p' },
    { type: 'anonymous_id', value: 'p' },
  ])
})

// The store in miniature: applies decisions batch by batch, as the database would.
function createWorld() {
  const merges: IdentityDecision['merges'][number][] = []
  const apart: KeptApart[] = []
  const owners = new Map<string, string>()
  const users = new Map<string, string | null>()
  const into = new Map<string, string>()
  let made = 0

  const rootOf = (id: string): string => {
    const next = into.get(id)
    return next === undefined ? id : rootOf(next)
  }
  const profileOf = (key: string): KnownProfile | undefined => {
    const owner = owners.get(key)
    if (owner === undefined) return undefined
    const id = rootOf(owner)
    return { id, userId: users.get(id) ?? null, ownId: owner }
  }

  function apply(claims: readonly IdentityClaim[]) {
    const found = identifiersOf(claims).flatMap((identifier) => {
      const profile = profileOf(keyOf(identifier))
      return profile ? [[keyOf(identifier), profile] as const] : []
    })
    const decision = decideIdentity(
      claims,
      new Map(found),
      apart.map(({ profiles: [one, other], rule }) => ({
        profiles: [rootOf(one), rootOf(other)] as const,
        rule,
      })),
    )
    const ids = new Map(
      decision.created.map(({ placeholder, userId }) => {
        const id = `p${made++}`
        users.set(id, userId)
        return [placeholder, id] as const
      }),
    )
    const idOf = (profile: string) => ids.get(profile) ?? profile
    for (const link of decision.links) {
      if (owners.has(keyOf(link))) throw new Error(`${keyOf(link)} has an owner already`)
      owners.set(keyOf(link), idOf(link.profile))
    }
    for (const { profile, userId } of decision.identified) {
      if (users.get(profile) !== null) throw new Error(`${profile} was identified already`)
      users.set(profile, userId)
    }
    for (const merge of decision.merges) {
      if (into.has(idOf(merge.from))) throw new Error(`${merge.from} was merged already`)
      into.set(idOf(merge.from), idOf(merge.into))
      const own = { from: idOf(merge.own.from), into: idOf(merge.own.into) }
      merges.push({ ...merge, from: idOf(merge.from), into: idOf(merge.into), own })
    }
    return decision
  }

  const roots = (standing: readonly { readonly own: { from: string; into: string } }[]) =>
    rootsOf(
      [...users.keys()],
      standing.map(({ own }) => own),
    )

  /** As the store undoes a merge: whoever the others that hold lead to. */
  function undo(merge: IdentityDecision['merges'][number]): void {
    merges.splice(merges.indexOf(merge), 1)
    into.clear()
    for (const [id, root] of roots(merges)) if (id !== root) into.set(id, root)
    apart.push({ profiles: [merge.own.from, merge.own.into], rule: merge.rule })
  }

  /** Who shares a profile: the identifiers of each, sorted. */
  function people(): string[][] {
    const groups = new Map<string, string[]>()
    for (const [key, owner] of owners) {
      const root = rootOf(owner)
      groups.set(root, [...(groups.get(root) ?? []), key])
    }
    return [...groups.values()].map((keys) => keys.sort()).sort()
  }

  return {
    apply,
    undo,
    merges,
    roots: () => roots(merges),
    rootOfProfile: rootOf,
    profiles: () => [...users.keys()],
    people,
    owners,
    userOf: (key: string) => profileOf(key)?.userId ?? null,
    rootOf: (key: string) => profileOf(key)?.id,
  }
}

const id = (letters: string) => fc.option(fc.constantFrom(...letters), { nil: null })
const anyClaim = fc
  .tuple(id('uvwx'), id('abcx'), fc.option(id('uvabx'), { nil: null, freq: 4 }))
  .map(([userId, anonymousId, previousId]) => claim(userId, anonymousId, previousId))
const batches = fc.array(fc.array(anyClaim, { maxLength: 4 }), { maxLength: 8 })

function split<Item>(items: readonly Item[], sizes: readonly number[]): Item[][] {
  const parts: Item[][] = []
  let rest = [...items]
  for (const size of sizes) {
    parts.push(rest.slice(0, size))
    rest = rest.slice(size)
  }
  return [...parts, rest]
}

describe('any sequence of batches', () => {
  test('gives every identifier named exactly one owner', () => {
    fc.assert(
      fc.property(batches, (sequence) => {
        const world = createWorld()
        for (const batch of sequence) world.apply(batch)
        const named = sequence
          .flat()
          .flatMap(({ userId, anonymousId }) => [
            userId === null ? [] : [keyOf({ type: 'user_id', value: userId })],
            anonymousId === null ? [] : [keyOf({ type: 'anonymous_id', value: anonymousId })],
          ])
          .flat()
        const owned = world.people().flat()
        expect(new Set(owned).size).toBe(owned.length)
        expect(owned).toEqual(expect.arrayContaining([...new Set(named)]))
      }),
      { seed: 51, numRuns: 500 },
    )
  })

  test('gives every message the profile of its user, or else of its visitor', () => {
    fc.assert(
      fc.property(batches, (sequence) => {
        const world = createWorld()
        for (const batch of sequence) {
          const { profiles } = world.apply(batch)
          expect(profiles).toHaveLength(batch.length)
          batch.forEach(({ userId, anonymousId }, at) => {
            expect(profiles[at] === null).toBe(userId === null && anonymousId === null)
          })
        }
      }),
      { seed: 52, numRuns: 300 },
    )
  })

  test('never merges two users without an alias', () => {
    const withoutAlias = batches.map((sequence) =>
      sequence.map((batch) => batch.map((each) => ({ ...each, previousId: null }))),
    )
    fc.assert(
      fc.property(withoutAlias, (sequence) => {
        const world = createWorld()
        for (const batch of sequence) world.apply(batch)
        for (const person of world.people()) {
          expect(person.filter((key) => key.startsWith('user_id')).length).toBeLessThan(2)
        }
        for (const user of 'uvwx') {
          const key = keyOf({ type: 'user_id', value: user })
          if (world.owners.has(key)) expect(world.userOf(key)).toBe(user)
        }
      }),
      { seed: 53, numRuns: 500 },
    )
  })

  test('ends the same however it is split into batches and repeated', () => {
    fc.assert(
      fc.property(
        fc.array(anyClaim, { maxLength: 12 }),
        fc.array(fc.nat(4), { maxLength: 6 }),
        (claims, sizes) => {
          const [whole, parts] = [createWorld(), createWorld()]
          whole.apply(claims)
          for (const part of split(claims, sizes)) parts.apply(part)
          expect(parts.people()).toEqual(whole.people())
          parts.apply(claims)
          expect(parts.people()).toEqual(whole.people())
        },
      ),
      { seed: 54, numRuns: 500 },
    )
  })

  // A device that two users share belongs to the first one seen, so the order matters there, and only there.
  test('ends the same in any order when no device is shared', () => {
    const own = fc.constantFrom('u', 'v', 'w').chain((user) => {
      const earlier = `${user}0`
      return fc.oneof(
        fc.record({
          userId: fc.constantFrom(user, null),
          anonymousId: fc.constantFrom(`${user}1`, `${user}2`, null),
          previousId: fc.constantFrom(earlier, `${user}1`, `${user}2`, null, null, null),
          messageId: fc.constant('m'),
        }),
        fc.record({
          userId: fc.constantFrom(earlier, null),
          anonymousId: fc.constantFrom(`${user}3`, null),
          previousId: fc.constant(null),
          messageId: fc.constant('m'),
        }),
      )
    })
    fc.assert(
      fc.property(
        fc
          .array(own, { maxLength: 10 })
          .chain((claims) =>
            fc.tuple(
              fc.constant(claims),
              fc.shuffledSubarray(claims, { minLength: claims.length }),
            ),
          ),
        ([claims, shuffled]) => {
          const [straight, turned] = [createWorld(), createWorld()]
          for (const each of claims) straight.apply([each])
          for (const each of shuffled) turned.apply([each])
          expect(turned.people()).toEqual(straight.people())
        },
      ),
      { seed: 55, numRuns: 500 },
    )
  })
})

describe('undoing any merge of any sequence', () => {
  const history = fc.tuple(batches, fc.nat(20))
  function worldOf(sequence: readonly (readonly IdentityClaim[])[]) {
    const world = createWorld()
    for (const batch of sequence) world.apply(batch)
    return world
  }

  test('the merges that hold lead where the pointers lead', () => {
    fc.assert(
      fc.property(batches, (sequence) => {
        const world = worldOf(sequence)
        for (const [id, root] of world.roots()) expect(world.rootOfProfile(id)).toBe(root)
      }),
      { seed: 56, numRuns: 500 },
    )
  })

  test('leaves two people of one, everybody else as they are, and whoever it was as the one', () => {
    fc.assert(
      fc.property(history, ([sequence, which]) => {
        const world = worldOf(sequence)
        const merge = world.merges[which % Math.max(1, world.merges.length)]
        if (!merge) return
        const before = new Map(world.profiles().map((id) => [id, world.rootOfProfile(id)]))
        const root = before.get(merge.own.from) ?? ''
        world.undo(merge)
        const sides = new Set<string>()
        for (const [id, was] of before) {
          if (was === root) sides.add(world.rootOfProfile(id))
          else expect(world.rootOfProfile(id)).toBe(was)
        }
        expect(sides.size).toBe(2)
        expect(world.rootOfProfile(root)).toBe(root)
        expect(world.rootOfProfile(merge.own.from)).not.toBe(world.rootOfProfile(merge.own.into))
      }),
      { seed: 57, numRuns: 500 },
    )
  })

  test('holds, whatever is said again, until somebody is aliased', () => {
    fc.assert(
      fc.property(history, ([sequence, which]) => {
        const world = worldOf(sequence)
        const merge = world.merges[which % Math.max(1, world.merges.length)]
        if (!merge) return
        world.undo(merge)
        for (const batch of sequence)
          world.apply(batch.map((each) => ({ ...each, previousId: null })))
        if (merge.rule !== 'same_message') return
        expect(world.rootOfProfile(merge.own.from)).not.toBe(world.rootOfProfile(merge.own.into))
      }),
      { seed: 58, numRuns: 500 },
    )
  })
})
