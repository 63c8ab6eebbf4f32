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

/** A profile that exists: its id, and its user id when the person is known. */
export interface KnownProfile {
  readonly id: string
  readonly userId: string | null
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
  readonly messageId: string
  readonly rule: LinkRule
}

export interface IdentityDecision {
  /** By position of the claims: a known id, a placeholder (`new:0`, …), or null without any identifier. */
  readonly profiles: readonly (string | null)[]
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

/** @param owners `keyOf(identifier)` → the profile that has it today, merges already followed */
export function decideIdentity(
  claims: readonly IdentityClaim[],
  owners: ReadonlyMap<string, KnownProfile>,
): IdentityDecision {
  const book = openBook(owners)
  const profiles = claims.map((claim) =>
    claim.previousId === null ? join(book, claim) : alias(book, claim),
  )
  return {
    profiles: profiles.map((profile) => (profile === null ? null : rootOf(profile).id)),
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
  readonly created: Profile[]
  readonly identified: { profile: string; userId: string }[]
  readonly links: Link[]
  readonly merges: Merge[]
}

function openBook(known: ReadonlyMap<string, KnownProfile>): Book {
  const byId = new Map<string, Profile>()
  const owners = new Map<string, Profile>()
  for (const [key, { id, userId }] of known) {
    const profile = byId.get(id) ?? { id, userId, into: null }
    byId.set(id, profile)
    owners.set(key, profile)
  }
  return { owners, created: [], identified: [], links: [], merges: [] }
}

function join(book: Book, claim: IdentityClaim): Profile | null {
  const { userId, anonymousId } = claim
  if (userId === null && anonymousId === null) return null
  const user = ownerOf(book, 'user_id', userId)
  const visitor = ownerOf(book, 'anonymous_id', anonymousId)
  if (userId === null) return visitor ?? start(book, claim, 'anonymous_id', anonymousId)
  if (user && visitor && user !== visitor && visitor.userId === null) {
    merge(book, visitor, user, claim, 'same_message')
  }
  // An anonymous id that belongs to another known user stays there: a shared device is no proof of identity.
  if (!user && visitor && visitor.userId === null) {
    return link(book, visitor, 'user_id', userId, claim, 'same_message')
  }
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
  const root = rootOf(profile)
  for (const type of ['user_id', 'anonymous_id'] as const) {
    const previous = ownerOf(book, type, previousId)
    if (!previous) link(book, root, type, previousId, claim, 'alias')
    else if (previous !== root) merge(book, previous, root, claim, 'alias')
  }
  return root
}

function ownerOf(book: Book, type: IdentifierType, value: string | null): Profile | null {
  if (value === null) return null
  const owner = book.owners.get(keyOf({ type, value }))
  return owner ? rootOf(owner) : null
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

function merge(
  book: Book,
  from: Profile,
  into: Profile,
  { messageId }: IdentityClaim,
  rule: LinkRule,
): void {
  from.into = into
  book.merges.push({ from: from.id, into: into.id, messageId, rule })
}
