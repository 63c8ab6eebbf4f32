// Who is in which audience of a platform, by the identifiers that were sent. A row is a person: rows that share an identifier
// that tells people apart are one member, and whoever shares one with a row to be removed is removed.
import type { Clock } from '../../core/clock.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { OfferedHash, People } from './people.ts'
import type { RefusedEvent } from './twin.ts'

export type Identifiers = Readonly<Record<string, string>>

export interface TwinMember {
  readonly identifiers: Identifiers
  /** Whether an identifier belongs to one of the twin's people; `null` for a twin that was given none. */
  readonly isMatched: boolean | null
  /** What the platform would find nobody by, and why. */
  readonly notes: readonly string[]
}

export interface TwinAudience {
  readonly id: string
  readonly name: string
  /** What else the request that made it said. */
  readonly attributes: JsonObject
}

/** What a test may ask and do. */
export interface TwinAudiences {
  list(): readonly TwinAudience[]
  members(audienceId: string): readonly TwinMember[]
  /** Whether a member of the audience has this identifier, whatever its kind. */
  has(audienceId: string, identifier: string): boolean
  /** Rows that were not taken, with the reason; a row of a refused request is refused, too. */
  refused(): readonly RefusedEvent[]
  /** Somebody deletes it by hand, members and all. */
  drop(audienceId: string): void
}

export interface AudienceBook extends TwinAudiences {
  create(audience: TwinAudience): void
  find(audienceId: string): TwinAudience | undefined
  add(audienceId: string, identifiers: Identifiers): void
  /** A stranger's removal changes nothing. */
  remove(audienceId: string, identifiers: Identifiers): void
  refuse(reason: string, row: Json): void
}

export interface AudienceBookOptions {
  readonly clock: Clock
  readonly people: People
  /** Identifiers that tell people apart; a city or a first name does not. */
  readonly telling: readonly string[]
  /** Those among them that the twin's people are known by. */
  readonly kinds: Readonly<Record<string, OfferedHash['kind']>>
}

interface Members {
  readonly byKey: Map<string, TwinMember>
  readonly all: Set<TwinMember>
}

export function createAudienceBook(options: AudienceBookOptions): AudienceBook {
  const { clock, people, telling, kinds } = options
  const audiences = new Map<string, TwinAudience & { readonly members: Members }>()
  const refused: RefusedEvent[] = []

  const keysOf = (identifiers: Identifiers) =>
    telling.flatMap((name) =>
      identifiers[name] === undefined ? [] : [`${name} ${identifiers[name]}`],
    )

  const membersOf = (audienceId: string): Members =>
    audiences.get(audienceId)?.members ?? { byKey: new Map(), all: new Set() }

  function take(members: Members, identifiers: Identifiers): TwinMember[] {
    const found = keysOf(identifiers).flatMap((key) => members.byKey.get(key) ?? [])
    for (const member of found) {
      members.all.delete(member)
      for (const key of keysOf(member.identifiers)) members.byKey.delete(key)
    }
    return found
  }

  function add(audienceId: string, identifiers: Identifiers) {
    const members = membersOf(audienceId)
    const known = take(members, identifiers)
    const merged = Object.assign({}, ...known.map((member) => member.identifiers), identifiers)
    const offered = Object.entries(kinds).flatMap(([field, kind]) =>
      merged[field] === undefined ? [] : [{ field, kind, hash: merged[field] }],
    )
    const member: TwinMember = { identifiers: merged, ...people.match(offered) }
    members.all.add(member)
    for (const key of keysOf(merged)) members.byKey.set(key, member)
  }

  return {
    create: (audience) =>
      void audiences.set(audience.id, {
        ...audience,
        members: { byKey: new Map(), all: new Set() },
      }),
    find: (id) => audiences.get(id),
    list: () =>
      [...audiences.values()].map(({ id, name, attributes }) => ({ id, name, attributes })),
    members: (id) => [...membersOf(id).all],
    has: (id, identifier) =>
      [...membersOf(id).all].some(({ identifiers }) =>
        Object.values(identifiers).includes(identifier),
      ),
    add,
    remove: (id, identifiers) => void take(membersOf(id), identifiers),
    drop: (id) => void audiences.delete(id),
    refuse: (reason, event) => void refused.push({ at: clock.now(), reason, event }),
    refused: () => [...refused],
  }
}
