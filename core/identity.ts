// Who is who (design 3.6), as a pure decision: given what a batch says and who owns its identifiers today, which
// profiles are made, which identifiers are linked and which profiles merge. `user_id` is the key; an anonymous id joins
// a profile when one message carries both; two known users never merge but by an explicit alias.

export type IdentifierType = 'user_id' | 'anonymous_id'

export interface Identifier {
  readonly type: IdentifierType
  readonly value: string
}

/** What one message says about identity. */
export interface IdentityClaim {
  readonly messageId: string
  readonly userId: string | null
  readonly anonymousId: string | null
  /** Of an alias: the id by which the person was known until now. */
  readonly previousId: string | null
}

/** Who an identifier leads to, merges followed: the profile's id, and its user id when the person is known. */
export interface KnownProfile {
  readonly id: string
  readonly userId: string | null
  /** The profile the identifier was linked to, where that one was merged into the other since. */
  readonly ownId?: string
}

/** Two profiles whose merge somebody undid, and the rule by which they are not to merge again. */
export interface KeptApart {
  readonly profiles: readonly [string, string]
  readonly rule: LinkRule
}

export type LinkRule = 'first_seen' | 'same_message' | 'alias'

export interface Link extends Identifier {
  /** Id of a known profile, or the placeholder of a new one. */
  readonly profile: string
  readonly messageId: string
  readonly rule: LinkRule
}

export interface Merge {
  readonly from: string
  readonly into: string
  /** The two profiles that the evidence itself names: each part of the one above, or the same. */
  readonly own: { readonly from: string; readonly into: string }
  readonly messageId: string
  readonly rule: LinkRule
}

export interface IdentityDecision {
  /** By position of the claims: a known id, a placeholder (`new:0`, …), or null without any identifier. */
  readonly profiles: readonly (string | null)[]
  /**
   * The same before any merge: whose identifiers the claim itself names. What a message brings is kept there, so that a
   * merge stays a pointer and can be undone.
   */
  readonly own: readonly (string | null)[]
  /** Placeholders of profiles to make, in order, each with the user id it starts or ends with. */
  readonly created: readonly { readonly placeholder: string; readonly userId: string | null }[]
  /** Known anonymous profiles that now have a user id. */
  readonly identified: readonly { readonly profile: string; readonly userId: string }[]
  readonly links: readonly Link[]
  readonly merges: readonly Merge[]
}

/** The identifiers a batch names, each once: what to look up before deciding. */
export function identifiersOf(claims: readonly IdentityClaim[]): Identifier[] {
  const found = new Map<string, Identifier>()
  const add = (type: IdentifierType, value: string | null) => {
    if (value !== null) found.set(keyOf({ type, value }), { type, value })
  }
  for (const { userId, anonymousId, previousId } of claims) {
    add('user_id', userId)
    add('anonymous_id', anonymousId)
    add('user_id', previousId)
    add('anonymous_id', previousId)
  }
  return [...found.values()]
}

export function keyOf({ type, value }: Identifier): string {
  return `${type}\n${value}`
}

/**
 * @param owners `keyOf(identifier)` → the profile that has it today, merges already followed
 * @param apart by the profiles' ids of today, merges already followed
 */
export function decideIdentity(
  claims: readonly IdentityClaim[],
  owners: ReadonlyMap<string, KnownProfile>,
  apart: readonly KeptApart[] = [],
): IdentityDecision {
  const book = openBook(owners, apart)
  const profiles = claims.map((claim) =>
    claim.previousId === null ? join(book, claim) : alias(book, claim),
  )
  return {
    profiles: profiles.map((profile) => (profile === null ? null : rootOf(profile).id)),
    own: profiles.map((profile) => profile?.id ?? null),
    created: book.created.map(({ id, userId }) => ({ placeholder: id, userId })),
    identified: book.identified,
    links: book.links,
    merges: book.merges,
  }
}

// The state of the decision while the claims of a batch are taken one after the other.
interface Profile {
  readonly id: string
  userId: string | null
  into: Profile | null
}
interface Book {
  readonly owners: Map<string, Profile>
  readonly apart: readonly { readonly pair: readonly [Profile, Profile]; readonly rule: LinkRule }[]
  readonly created: Profile[]
  readonly identified: { profile: string; userId: string }[]
  readonly links: Link[]
  readonly merges: Merge[]
}

function openBook(known: ReadonlyMap<string, KnownProfile>, keptApart: readonly KeptApart[]): Book {
  const byId = new Map<string, Profile>()
  const profileOf = (id: string, userId: string | null, into: Profile | null) => {
    const profile = byId.get(id) ?? { id, userId, into }
    byId.set(id, profile)
    return profile
  }
  const owners = new Map<string, Profile>()
  for (const [key, { id, userId, ownId = id }] of known) {
    const root = profileOf(id, userId, null)
    owners.set(key, ownId === id ? root : profileOf(ownId, userId, root))
  }
  const apart = keptApart.flatMap(({ profiles: [one, other], rule }) => {
    const pair = [byId.get(one), byId.get(other)]
    return pair[0] && pair[1] ? [{ pair: [pair[0], pair[1]] as const, rule }] : []
  })
  return { owners, apart, created: [], identified: [], links: [], merges: [] }
}

function join(book: Book, claim: IdentityClaim): Profile | null {
  const { userId, anonymousId } = claim
  if (userId === null && anonymousId === null) return null
  const user = ownerOf(book, 'user_id', userId)
  const visitor = ownerOf(book, 'anonymous_id', anonymousId)
  if (userId === null) return visitor ?? start(book, claim, 'anonymous_id', anonymousId)
  const isUnknown = visitor !== null && rootOf(visitor).userId === null
  if (user && isUnknown) merge(book, visitor, user, claim, 'same_message')
  // An anonymous id that belongs to another known user stays there: a shared device is no proof of identity.
  if (!user && isUnknown) return link(book, visitor, 'user_id', userId, claim, 'same_message')
  const profile = user ?? start(book, claim, 'user_id', userId)
  if (!visitor && anonymousId !== null)
    link(book, profile, 'anonymous_id', anonymousId, claim, 'same_message')
  return profile
}

// `previousId` may be an anonymous id or an earlier user id; either way the sender says both are one person. It is kept
// as both: an alias may arrive before the first message of the id it names.
function alias(book: Book, claim: IdentityClaim): Profile | null {
  const { userId, previousId } = claim
  const profile = join(book, { ...claim, previousId: null })
  if (profile === null || userId === null || previousId === null || previousId === userId)
    return profile
  const types = ['user_id', 'anonymous_id'] as const
  const merged = types.map((type) => {
    const previous = ownerOf(book, type, previousId)
    return previous === null || merge(book, previous, profile, claim, 'alias')
  })
  // An alias that people have said to be wrong links nothing either.
  if (merged.includes(false)) return profile
  for (const type of types) {
    if (ownerOf(book, type, previousId) === null)
      link(book, profile, type, previousId, claim, 'alias')
  }
  return profile
}

function ownerOf(book: Book, type: IdentifierType, value: string | null): Profile | null {
  return value === null ? null : (book.owners.get(keyOf({ type, value })) ?? null)
}

function rootOf(profile: Profile): Profile {
  let root = profile
  while (root.into) root = root.into
  return root
}

function start(
  book: Book,
  claim: IdentityClaim,
  type: IdentifierType,
  value: string | null,
): Profile {
  const profile: Profile = { id: `new:${book.created.length}`, userId: null, into: null }
  book.created.push(profile)
  return link(book, profile, type, value as string, claim, 'first_seen')
}

function link(
  book: Book,
  profile: Profile,
  type: IdentifierType,
  value: string,
  { messageId }: IdentityClaim,
  rule: LinkRule,
): Profile {
  book.owners.set(keyOf({ type, value }), profile)
  book.links.push({ type, value, profile: profile.id, messageId, rule })
  if (type === 'user_id' && profile.userId === null) {
    profile.userId = value
    if (!book.created.includes(profile))
      book.identified.push({ profile: profile.id, userId: value })
  }
  return profile
}

/** False when the two are kept apart; true when they are one now, or were before. */
function merge(
  book: Book,
  from: Profile,
  into: Profile,
  { messageId }: IdentityClaim,
  rule: LinkRule,
): boolean {
  const [gone, root] = [rootOf(from), rootOf(into)]
  if (gone === root) return true
  if (isKeptApart(book, gone, root, rule)) return false
  gone.into = root
  const own = { from: from.id, into: into.id }
  book.merges.push({ from: gone.id, into: root.id, own, messageId, rule })
  return true
}

function isKeptApart({ apart }: Book, one: Profile, other: Profile, rule: LinkRule): boolean {
  return apart.some(({ pair, rule: refused }) => {
    const roots = pair.map(rootOf)
    return refused === rule && roots.includes(one) && roots.includes(other)
  })
}

/** A merge that holds, by the profiles its evidence names. */
export interface StandingMerge {
  readonly from: string
  readonly into: string
}

/**
 * Profile → the one it leads to when these merges alone have happened, in this order. Merges only ever join two people, so
 * that without one of them exactly two are left.
 */
export function rootsOf(
  profiles: readonly string[],
  merges: readonly StandingMerge[],
): Map<string, string> {
  const people = new Map(profiles.map((id) => [id, { root: id, members: [id] }]))
  for (const { from, into } of merges) {
    const [gone, person] = [people.get(from), people.get(into)]
    if (!gone || !person || gone === person) continue
    for (const member of gone.members) people.set(member, person)
    person.members.push(...gone.members)
  }
  return new Map([...people].map(([id, { root }]) => [id, root]))
}
